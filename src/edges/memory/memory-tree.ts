/**
 * A folder on a {@link MemoryDisk}, as the node sees it.
 *
 * Each call takes simulated time, before, after and at times between the items of its batch, so that users, peers and
 * crashes come in between; each single item happens whole. {@link MemoryTree.apply} flushes as the real one does: the staged bytes before the first
 * change, the names after the last (R1).
 * @module
 */
import { blockBytes, blockSizeAfter, blocksIn } from '../../core/model/block.ts';
import { HASH_BYTES } from '../../core/model/file-record.ts';
import { byName, nameFault, OWN_DIRECTORY } from '../../core/model/folder-path.ts';
import { fromUtf8 } from '../../core/text.ts';
import type {
  Applied,
  Change,
  FileTree,
  Hashed,
  HashJob,
  HistoryEntry,
  PruneLimits,
  Listing,
  Looked,
  ReadJob,
  ResumeJob,
  RootState,
  Space,
  Staged,
  StageJob,
  Trouble,
  Writers,
} from '../../ports/file-tree.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Life } from './life.ts';
import { DiskFault } from './disk-fault.ts';
import { type Inode, lookOf, type MemoryDisk } from './memory-disk.ts';
import { guarded, MemoryFolder, nameTrouble, sha256, STAGING, trouble } from './memory-folder.ts';
import { historyBelow, historyOf, keptIn, pruneHistory } from './memory-history.ts';
import { place } from './memory-place.ts';
import { read, removeUnfinished, resume, stage, stageCopy, unstage } from './memory-staging.ts';
import type { SeededChance } from './seeded-chance.ts';

export interface MemoryTreeOptions {
  readonly disk: MemoryDisk;
  /** Path of the folder on the disk. */
  readonly root: string;
  readonly life: Life;
  readonly clock: Clock;
  /** How long calls take. */
  readonly chance: SeededChance;
  /** The longest that one step of a call takes. Default: 2 ms. */
  readonly stepMsMax?: number;
  /** Told of names that lead out of the folder or into its own directory; the call refuses them. */
  readonly onNameRefused?: (name: string) => void;
  /** What the disk says of a name instead of an answer, while something is wrong with it. */
  readonly troubleOf?: (name: string) => Trouble | undefined;
}

const KEY = `${OWN_DIRECTORY}/key`;
/** How often another event comes between two items of a batch. */
const PAUSE = 0.3;

export class MemoryTree implements FileTree {
  readonly #options: MemoryTreeOptions;
  readonly #folder: MemoryFolder;
  #closed = false;

  constructor(options: MemoryTreeOptions) {
    this.#options = options;
    this.#folder = new MemoryFolder(options.disk, options.root);
  }

  check(folderKey: string): Promise<RootState> {
    return this.#call(() => {
      const { root } = this.#folder;
      if (root === undefined) return 'missing';
      if (root.type !== 'directory') return 'not-a-directory';
      const key = this.#folder.find(KEY);
      if (key === undefined) return 'unmarked';
      return fromUtf8(key.content) === folderKey ? 'ok' : 'other-folder';
    });
  }

  mark(folderKey: string): Promise<void> {
    return this.#call(() => {
      this.#folder.ensure(OWN_DIRECTORY);
      const { disk } = this.#folder;
      const key = this.#folder.find(KEY) ?? disk.createFile(this.#folder.path(KEY), 0o600);
      disk.write(key, Buffer.from(folderKey));
      disk.flush(key);
    });
  }

  list(directory: string): Promise<Listing | Trouble | undefined> {
    return this.#call(() => {
      const refused = directory === '' ? undefined : this.#refused(directory);
      if (refused !== undefined) return refused;
      const inode = this.#folder.find(directory);
      if (inode?.type !== 'directory') return undefined;
      const entries = [...inode.children]
        .filter(([base]) => directory !== '' || base !== OWN_DIRECTORY)
        .map(([base, child]) => ({
          base,
          look: lookOf(child),
          ...(this.#folder.disk.isMount(child) ? ({ isMount: true } as const) : {}),
        }))
        .sort((a, b) => byName(a.base, b.base));
      return { entries, unusable: [] };
    });
  }

  look(names: readonly string[]): Promise<Looked[]> {
    return this.#each(names, (name) => {
      const inode = this.#folder.find(name);
      const refused = name === '' ? undefined : this.#refused(name);
      return refused ?? (inode === undefined ? undefined : lookOf(inode));
    });
  }

  mounted(names: readonly string[]): Promise<boolean[]> {
    return this.#each(names, (name) => {
      const inode = this.#refused(name) === undefined ? this.#folder.find(name) : undefined;
      return inode !== undefined && this.#folder.disk.isMount(inode);
    });
  }

  hash(jobs: readonly HashJob[]): Promise<Hashed[]> {
    return this.#each(jobs, (job) => this.#hash(job));
  }

  read(jobs: readonly ReadJob[]): Promise<(Uint8Array | Trouble)[]> {
    return this.#each(jobs, (job) => this.#refused(job.name) ?? read(this.#folder, job));
  }

  writers(names: readonly string[]): Promise<Writers[]> {
    return this.#each(names, (name) => {
      const isRefused = this.#refused(name) !== undefined;
      if (isRefused) return nameFault(name) === undefined ? 'untold' : 'unknown';
      const inode = this.#folder.find(name);
      if (inode?.type !== 'file') return 'unknown';
      return inode.writers > 0 ? 'some' : 'none';
    });
  }

  normalize(directory: string, rawName: Uint8Array, wanted: string): Promise<boolean | Trouble> {
    return this.#call(() => {
      const base = fromUtf8(rawName);
      for (const name of [base, wanted]) {
        if (nameFault(name) !== undefined || name.includes('/')) throw new DiskFault('EINVAL', name);
      }
      const prefix = directory === '' ? '' : `${directory}/`;
      const refused = this.#refused(`${prefix}${base}`);
      if (refused !== undefined) return refused;
      const there = this.#folder.find(`${prefix}${wanted}`);
      if (there !== undefined) return there === this.#folder.find(`${prefix}${base}`);
      return guarded(() => {
        this.#folder.disk.rename(this.#folder.path(`${prefix}${base}`), this.#folder.path(`${prefix}${wanted}`));
        return true;
      });
    });
  }

  stage(jobs: readonly StageJob[]): Promise<Staged[]> {
    return this.#each(jobs, (job) => guarded(() => stage(this.#folder, job)));
  }

  resume(jobs: readonly ResumeJob[]): Promise<Uint8Array[]> {
    return this.#each(jobs, (job) => resume(this.#folder, job));
  }

  unstage(stages: readonly string[] | { keep: ReadonlySet<string> }): Promise<void> {
    return this.#call(() => unstage(this.#folder, stages));
  }

  removeUnfinished(names: readonly string[], beforeMs: number): Promise<void> {
    return this.#call(() => removeUnfinished(this.#folder, names, beforeMs));
  }

  async apply(changes: readonly Change[]): Promise<Applied[]> {
    this.#checkOpen();
    for (const change of changes) if (change.change === 'file') await this.#flushStaged(change.stage);
    const applied = await this.#each(changes, (change) => this.#place(change));
    this.#folder.disk.flushNames();
    return applied;
  }

  history(name: string): Promise<HistoryEntry[]> {
    return this.#call(() => this.#history(name));
  }

  histories(names: readonly string[]): Promise<Map<string, HistoryEntry[]>> {
    return this.#call(() => new Map(names.map((name) => [name, this.#history(name)])));
  }

  historyBelow(directory: string): Promise<string[]> {
    return this.#call(() => {
      const refused = directory === '' ? undefined : this.#refused(directory);
      return refused === undefined ? historyBelow(this.#folder, directory) : [];
    });
  }

  stageFromHistory(entry: HistoryEntry, name: string): Promise<Staged> {
    return this.#call(() => {
      const refused = this.#refused(entry.name);
      if (refused !== undefined) return refused;
      const kept = keptIn(this.#folder, entry.slot, entry.name);
      if (kept === undefined) return trouble('absent', 'the history no longer has it');
      return guarded(() => stageCopy(this.#folder, kept, name));
    });
  }

  pruneHistory(limits: PruneLimits): Promise<number> {
    return this.#call(() => pruneHistory(this.#folder, limits));
  }

  space(): Promise<Space> {
    return this.#call(() => {
      const { freeBytes, totalBytes } = this.#folder.disk;
      return { freeBytes, totalBytes };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pause();
  }

  #history(name: string): HistoryEntry[] {
    return this.#refused(name) === undefined ? historyOf(this.#folder, name) : [];
  }

  async #hash(job: HashJob): Promise<Hashed> {
    const refused = this.#refused(job.name);
    if (refused !== undefined) return refused;
    const inode = this.#folder.find(job.name);
    if (inode === undefined) return trouble('absent', 'there is no such file');
    if (inode.type !== 'file') return trouble('not-a-file', 'it is not a regular file');
    const before = lookOf(inode);
    const blockSize = blockSizeAfter(before.size, job.blockSizeBefore);
    const blocks = new Uint8Array(blocksIn(before.size, blockSize) * HASH_BYTES);
    for (let index = 0; index * HASH_BYTES < blocks.length; index += 1) {
      const bytes = await this.#readTorn(inode, index * blockSize, blockBytes(before.size, blockSize, index));
      blocks.set(sha256(bytes), index * HASH_BYTES);
    }
    const there = this.#folder.find(job.name);
    return there === undefined
      ? trouble('absent', 'it went away meanwhile')
      : { before, after: lookOf(there), blockSize, blocks };
  }

  /** Reads in two halves, between which a writer can come. */
  async #readTorn(inode: Inode, offset: number, bytes: number): Promise<Uint8Array> {
    const half = offset + this.#options.chance.below(bytes + 1);
    const first = inode.content.subarray(offset, half);
    await this.#maybePause();
    return Buffer.concat([first, inode.content.subarray(half, offset + bytes)]);
  }

  #place(change: Change): Applied {
    const names = change.change === 'move' ? [change.name, change.from] : [change.name];
    // All of them are asked, so that the world hears of each name that is not allowed.
    const refused = names.map((name) => this.#refused(name)).find((trouble) => trouble !== undefined);
    return refused ?? guarded(() => place(this.#folder, change, this.#options.clock.nowMs()));
  }

  async #flushStaged(stage: string): Promise<void> {
    const staged = this.#folder.find(`${STAGING}/${stage}`);
    if (staged === undefined) return;
    await this.#maybePause();
    this.#folder.disk.flush(staged);
  }

  #refused(name: string): Trouble | undefined {
    const refused = nameTrouble(name);
    if (refused !== undefined) this.#options.onNameRefused?.(name);
    return refused ?? this.#options.troubleOf?.(name);
  }

  async #call<T>(run: () => T): Promise<T> {
    this.#checkOpen();
    await this.#pause();
    const result = run();
    await this.#pause();
    return result;
  }

  async #each<T, R>(items: readonly T[], run: (item: T) => R | Promise<R>): Promise<R[]> {
    this.#checkOpen();
    await this.#pause();
    const results: R[] = [];
    for (const item of items) {
      await this.#maybePause();
      results.push(await run(item));
    }
    await this.#pause();
    return results;
  }

  #pause(): Promise<void> {
    const { life, chance, stepMsMax = 2 } = this.#options;
    return life.wait(chance.fraction() * stepMsMax);
  }

  async #maybePause(): Promise<void> {
    if (this.#options.chance.happens(PAUSE)) await this.#pause();
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error('the folder is closed');
  }
}
