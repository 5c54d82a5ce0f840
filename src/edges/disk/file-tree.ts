/**
 * The FileTree port on a real disk: sends each batch to the disk threads.
 *
 * Guarantees and limits beyond the port:
 * - If the root itself cannot be opened, every call rejects with the system's code (ENOENT, EACCES …).
 * - lanfold's own directory is never listed, and no name below it can be looked at, read or changed.
 * - A call that fails because of one name says so in that name's result; a call that rejects has a reason that concerns all.
 * @module
 */
import { resolve } from 'node:path';
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
import type { CallName, CallResult, CallValues } from './calls.ts';
import { compactChange, compactReadJob, compactStageJobs, ownBytes } from './compact.ts';
import { createDiskPool, type DiskPool } from './pool.ts';

export interface FileTreeOptions {
  /** Threads to share with other folders; whoever made the pool closes it. Default: threads of its own. */
  readonly pool?: DiskPool;
  /** Milliseconds since 1970, for the history. Default: the system's clock. */
  readonly nowMs?: () => number;
}

/** Jobs per message: small enough to spread a scan over the threads, large enough to make messages cheap. */
const HASH_JOBS_PER_CALL = 32;

/** @param root the folder on disk. It need not exist yet: {@link FileTree.check} says. */
export function openFileTree(root: string, options: FileTreeOptions = {}): FileTree {
  return new DiskFileTree(resolve(root), options);
}

class DiskFileTree implements FileTree {
  readonly #root: string;
  readonly #pool: DiskPool;
  readonly #ownsPool: boolean;
  readonly #nowMs: () => number;
  readonly #changing = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(root: string, options: FileTreeOptions) {
    this.#root = root;
    this.#pool = options.pool ?? createDiskPool();
    this.#ownsPool = options.pool === undefined;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  check(folderKey: string): Promise<RootState> {
    return this.#call('check', [folderKey]);
  }

  mark(folderKey: string): Promise<void> {
    return this.#change('mark', [folderKey]);
  }

  list(directory: string): Promise<Listing | Trouble | undefined> {
    return this.#call('list', [directory]);
  }

  look(names: readonly string[]): Promise<Looked[]> {
    return this.#call('look', [names]);
  }

  mounted(names: readonly string[]): Promise<boolean[]> {
    return this.#call('mounted', [names]);
  }

  hash(jobs: readonly HashJob[]): Promise<Hashed[]> {
    return this.#inParts(jobs, HASH_JOBS_PER_CALL, (part) => this.#call('hash', [part]));
  }

  read(jobs: readonly ReadJob[]): Promise<(Uint8Array | Trouble)[]> {
    return this.#call('read', [jobs.map(compactReadJob)]);
  }

  writers(names: readonly string[]): Promise<Writers[]> {
    return this.#call('writers', [names]);
  }

  normalize(directory: string, rawName: Uint8Array, wanted: string): Promise<boolean | Trouble> {
    return this.#change('normalize', [directory, ownBytes(rawName), wanted]);
  }

  stage(jobs: readonly StageJob[]): Promise<Staged[]> {
    const { compact, transfer } = compactStageJobs(jobs);
    return this.#change('stage', [compact], transfer);
  }

  resume(jobs: readonly ResumeJob[]): Promise<Uint8Array[]> {
    return this.#inParts(jobs, 1, (part) =>
      this.#call('resume', [part.map((job) => ({ ...job, blocks: ownBytes(job.blocks) }))]),
    );
  }

  unstage(stages: readonly string[] | { keep: ReadonlySet<string> }): Promise<void> {
    return this.#change('unstage', [stages]);
  }

  removeUnfinished(names: readonly string[], beforeMs: number): Promise<void> {
    return this.#change('removeUnfinished', [names, beforeMs]);
  }

  apply(changes: readonly Change[]): Promise<Applied[]> {
    return this.#change('apply', [changes.map(compactChange), this.#nowMs()]);
  }

  history(name: string): Promise<HistoryEntry[]> {
    return this.#call('history', [name]);
  }

  histories(names: readonly string[]): Promise<Map<string, HistoryEntry[]>> {
    return this.#call('histories', [names]);
  }

  historyBelow(directory: string): Promise<string[]> {
    return this.#call('historyBelow', [directory]);
  }

  stageFromHistory(entry: HistoryEntry, stage: string): Promise<Staged> {
    return this.#change('stageFromHistory', [entry, stage]);
  }

  pruneHistory(limits: PruneLimits): Promise<number> {
    return this.#change('pruneHistory', [limits]);
  }

  space(): Promise<Space> {
    return this.#call('space', []);
  }

  /** Lets changes in progress end. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#changing);
    if (this.#ownsPool) await this.#pool.close();
  }

  async #call<Name extends CallName>(
    name: Name,
    values: CallValues<Name>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<CallResult<Name>> {
    if (this.#isClosed) throw new Error(`Cannot ${name} in "${this.#root}": the folder is closed`);
    return this.#pool.call(name, this.#root, values, transfer);
  }

  #change<Name extends CallName>(
    name: Name,
    values: CallValues<Name>,
    transfer?: readonly ArrayBuffer[],
  ): Promise<CallResult<Name>> {
    const call = this.#call(name, values, transfer);
    this.#changing.add(call);
    return call.finally(() => this.#changing.delete(call));
  }

  /** Sends jobs in parts, so that threads share them, and joins the results in order. */
  async #inParts<Job, Result>(
    jobs: readonly Job[],
    perCall: number,
    call: (part: readonly Job[]) => Promise<Result[]>,
  ): Promise<Result[]> {
    const parts: Promise<Result[]>[] = [];
    for (let at = 0; at < jobs.length; at += perCall) parts.push(call(jobs.slice(at, at + perCall)));
    return (await Promise.all(parts)).flat();
  }
}
