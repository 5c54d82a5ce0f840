/**
 * Watching by Node's own `fs.watch`: one watch per directory on Linux where koffi is missing, one recursive watch for the
 * whole tree where the system has that (macOS, Windows). Never Node's recursive mode on Linux, which goes blind in a
 * directory that is removed and made again.
 *
 * Weaker than inotify in two ways. It never says `closed`. And it swallows a queue overflow: but libuv delivers a whole
 * queue in one turn of the event loop, so that very many events in one turn mean that some were lost (R5).
 *
 * An event says only that something is new about a name. So the name is looked at, by one loop that also does all the
 * arming; nothing else changes the tree.
 * @module
 */
import { type FSWatcher, type Stats, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { basename, join, sep } from 'node:path';

import { OWN_DIRECTORY, baseName, isBelow, joinName, parentOf } from '../../core/model/folder-path.ts';
import { type BackEndEvents, type WatchBackEnd, WatchUnavailable, unavailableBecause } from './watcher-back-end.ts';
import { NewsBatch } from './watcher-batch.ts';
import { CANARY_DIRECTORY, canaryDirectory, directoryIdentity, touchCanary } from './watcher-canary.ts';
import { WatchedDirectory } from './watcher-directories.ts';
import { inotifyLimit } from './watcher-limits.ts';

/** Looks and listings under way at once: enough to keep the thread pool busy. */
const LOOKS_AT_ONCE = 32;

export interface FsWatchOptions {
  readonly watchesMax: number;
  /** The system watches below a directory by itself. */
  readonly isRecursive: boolean;
}

type Directory = WatchedDirectory<FSWatcher>;

export class FsWatchBackEnd implements WatchBackEnd {
  readonly #root: string;
  readonly #options: FsWatchOptions;
  readonly #batch = new NewsBatch();
  /** Half of the queue: it also holds events of watches that ended meanwhile, which we never see. */
  readonly #eventsPerTurnMax = (inotifyLimit('max_queued_events') ?? Infinity) / 2;
  readonly #toLook = new Set<string>();
  /** Directories that we may not read yet. */
  readonly #unreadable = new Set<string>();
  #events: BackEndEvents | undefined;
  #tree: Directory | undefined;
  #canary: FSWatcher | undefined;
  #identity: string | undefined;
  #watched = 0;
  #unwatched = 0;
  #isLimitReported = false;
  #eventsThisTurn = 0;
  #mustArmAll = false;
  #isWorking = false;
  #isClosed = false;

  constructor(root: string, options: FsWatchOptions) {
    this.#root = root;
    this.#options = options;
  }

  async start(events: BackEndEvents): Promise<void> {
    this.#events = events;
    this.#isWorking = true;
    try {
      await this.#armAll();
    } finally {
      this.#isWorking = false;
    }
    this.#countEvent(); // of events that came meanwhile, if any
  }

  probe(): void {
    if (directoryIdentity(this.#root) !== this.#identity) {
      this.#events?.rootGone();
      return;
    }
    const directory = canaryDirectory(this.#root);
    if (directory === undefined || !this.#watchCanary(directory) || !touchCanary(directory)) this.#events?.alive();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#letGo();
  }

  #letGo(): void {
    this.#canary?.close();
    this.#canary = undefined;
    if (this.#tree !== undefined) this.#drop(this.#tree);
    this.#tree = undefined;
  }

  /** Does what is to be done, one thing after the other, until nothing is left. @throws WatchUnavailable */
  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      while (!this.#isClosed && (this.#mustArmAll || this.#toLook.size > 0)) {
        if (this.#mustArmAll) await this.#armAll();
        else await this.#lookAtSome();
        this.#flush();
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #armAll(): Promise<void> {
    this.#mustArmAll = false;
    const isFirst = this.#identity === undefined;
    this.#letGo();
    this.#toLook.clear();
    this.#identity = directoryIdentity(this.#root);
    try {
      if (this.#identity === undefined) throw Object.assign(new Error('No directory is there'), { code: 'ENOENT' });
      this.#tree = new WatchedDirectory('', this.#watch(''));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new WatchUnavailable(unavailableBecause(code), message);
    }
    await this.#armBelow(this.#tree);
    if (!isFirst) this.#batch.lose('');
  }

  #watch(name: string): FSWatcher {
    if (this.#watched >= this.#options.watchesMax) throw Object.assign(new Error('No watch left'), { code: 'ENOSPC' });
    const options = { persistent: false, encoding: 'buffer', recursive: this.#options.isRecursive } as const;
    const handle = watch(join(this.#root, name), options, (type, base) => this.#onEvent(name, type, base));
    this.#watched++;
    handle.on('error', () => this.#mustLook(name)); // it ends itself; Windows says so when the directory goes
    return handle;
  }

  /** Watched before it is listed: what is new in it meanwhile is heard of, twice at worst. */
  async #armBelow(start: Directory): Promise<void> {
    if (this.#options.isRecursive) return;
    // A directory that got no watch is walked all the same: how many are missing decides what to advise.
    const toList: { readonly name: string; readonly watched: Directory | undefined }[] = [
      { name: start.name, watched: start },
    ];
    while (toList.length > 0 && !this.#isClosed) {
      const some = toList.splice(-LOOKS_AT_ONCE);
      const listings = await Promise.all(some.map(({ name }) => this.#subdirectories(name)));
      for (const [index, { name, watched }] of some.entries()) {
        for (const base of listings[index] ?? []) {
          const child = watched === undefined ? 'limit' : this.#watchEntry(watched, base);
          if (child === 'limit') this.#unwatched++;
          if (child !== undefined)
            toList.push({ name: joinName(name, base), watched: child === 'limit' ? undefined : child });
        }
      }
    }
    if (this.#unwatched > 0 && !this.#isLimitReported && !this.#isClosed) {
      this.#isLimitReported = true;
      this.#events?.limited(this.#watched, this.#unwatched);
    }
  }

  #watchEntry(parent: Directory, base: string): Directory | 'limit' | undefined {
    const name = joinName(parent.name, base);
    if (this.#isClosed || name === OWN_DIRECTORY) return undefined;
    try {
      // RACE: a symlink may have taken the directory's place since it was looked at, and fs.watch follows it. Then we report
      // names that are not ours, until the event of the exchange ends that; the looking does not follow symlinks.
      const handle = this.#watch(name);
      this.#unreadable.delete(name);
      return parent.add(base, handle);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC') return 'limit';
      if (code === 'EACCES') this.#unreadable.add(name);
      return undefined; // else it is gone again, of which an event comes
    }
  }

  #watchCanary(directory: string): boolean {
    if (this.#options.isRecursive) return true; // heard of as everything else
    this.#canary?.close(); // its directory may be another one by now
    try {
      this.#canary = watch(directory, { persistent: false });
    } catch {
      return false;
    }
    this.#canary.on('change', () => this.#events?.alive());
    this.#canary.on('error', () => {});
    return true;
  }

  #onEvent(directory: string, type: string, rawBase: Buffer | string | null): void {
    if (this.#isClosed) return;
    this.#countEvent();
    if (rawBase === null) {
      this.#batch.lose(directory); // Windows says so when its buffer was too small
      return;
    }
    const bytes = Buffer.from(rawBase);
    if (!isUtf8(bytes)) {
      // Only a listing of the directory shows a name that is not UTF-8, or that it is gone.
      if (type === 'rename') this.#batch.lose(directory);
      return;
    }
    const base = sep === '/' ? bytes.toString() : bytes.toString().replaceAll(sep, '/');
    const name = joinName(directory, base);
    if (base === this.#ownBase(directory)) this.#batch.add(directory, 'written');
    if (name === OWN_DIRECTORY || isBelow(name, OWN_DIRECTORY)) {
      if (isBelow(name, CANARY_DIRECTORY)) this.#events?.alive();
    } else if (type === 'rename' || this.#unreadable.has(name)) {
      this.#toLook.add(name);
    } else {
      this.#batch.add(name, 'written');
    }
  }

  /** Of itself a directory speaks as of an entry of its own name, and nobody can tell which of the two is meant. */
  #ownBase(directory: string): string {
    return directory === '' ? basename(this.#root) : baseName(directory);
  }

  #mustLook(name: string): void {
    if (this.#isClosed) return;
    this.#countEvent();
    this.#toLook.add(name);
  }

  #countEvent(): void {
    if (this.#eventsThisTurn++ === 0) setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    if (this.#eventsThisTurn >= this.#eventsPerTurnMax) this.#mustArmAll = true; // new directories may be among what was lost
    this.#eventsThisTurn = 0;
    if (this.#isClosed) return;
    this.#flush();
    this.#work().catch((error: unknown) => this.#fail(error as Error));
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    if (error instanceof WatchUnavailable && error.because === 'root') this.#events?.rootGone();
    else this.#events?.failed(error);
  }

  #flush(): void {
    if (this.#batch.isEmpty || this.#isClosed) return;
    const { news, lost } = this.#batch.take();
    if (news.length > 0) this.#events?.touched(news);
    for (const directory of lost) this.#events?.lost(directory);
  }

  async #lookAtSome(): Promise<void> {
    const names = [...this.#toLook].slice(0, LOOKS_AT_ONCE);
    for (const name of names) this.#toLook.delete(name);
    const looks = await Promise.all(names.map((name) => lstat(join(this.#root, name)).catch(() => undefined)));
    for (const [index, name] of names.entries()) await this.#settle(name, looks[index]);
  }

  async #settle(name: string, look: Stats | undefined): Promise<void> {
    if (this.#isClosed) return;
    // What is there may be another directory under the old name, so a watch from before is worth nothing.
    const before = this.#tree?.find(name);
    if (before !== undefined && before !== this.#tree) this.#drop(before);
    if (look === undefined) {
      this.#batch.add(name, 'vanished');
      const isOfRoot = name === '' || name === this.#ownBase('');
      if (isOfRoot && directoryIdentity(this.#root) !== this.#identity) this.#events?.rootGone();
    } else if (!look.isDirectory()) {
      this.#batch.add(name, 'appeared');
    } else {
      const parent = this.#tree?.find(parentOf(name));
      const directory = parent === undefined || name === '' ? undefined : this.#watchEntry(parent, baseName(name));
      if (directory === 'limit') this.#unwatched++;
      else if (directory !== undefined) await this.#armBelow(directory);
      this.#batch.add(name, 'appeared-directory');
    }
  }

  #drop(directory: Directory): void {
    for (const handle of directory.takeOut()) {
      handle.close();
      this.#watched--;
    }
  }

  async #subdirectories(name: string): Promise<string[]> {
    try {
      const entries = await readdir(join(this.#root, name), { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    } catch {
      return []; // gone, or not ours to read
    }
  }
}
