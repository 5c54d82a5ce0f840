/**
 * One inotify instance and the directories that it watches: arms them, reads its events, makes news of them.
 *
 * Invariant: a directory is watched *before* it is listed, and a new one is told only *after* everything below it is
 * armed. So whoever looks below it when told sees what came before the watch, and the watch reports what came after.
 * @module
 */
import { readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { OWN_DIRECTORY, joinName } from '../../core/model/folder-path.ts';
import { WatchUnavailable, unavailableBecause } from './watcher-back-end.ts';
import type { NewsBatch } from './watcher-batch.ts';
import { canaryDirectory, directoryIdentity, touchCanary } from './watcher-canary.ts';
import { WatchedDirectory } from './watcher-directories.ts';
import { IN, type InotifyEvent, type InotifySystem, inotifyEvents } from './watcher-inotify-system.ts';

/** Room for a whole queue of the usual length: 16,384 events of 32 or 48 bytes. Unused pages cost nothing. */
const READ_BYTES = 1_048_576;

export interface InotifyTreeOptions {
  readonly root: string;
  /** Watches to use at most; beyond it, it is as if the system had no more. */
  readonly watchesMax: number;
  /** Asked now and then in long walks. */
  readonly mustStop: () => boolean;
  readonly batch: NewsBatch;
  readonly onAlive: () => void;
  readonly onRootGone: () => void;
}

type Directory = WatchedDirectory<number>;

export class InotifyTree {
  readonly #system: InotifySystem;
  readonly #options: InotifyTreeOptions;
  readonly #bytes = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #directories = new Map<number, Directory>();
  #instance = -1;
  #root: Directory = new WatchedDirectory('', -1);
  #identity: string | undefined;
  #canaryWatch = -1;
  /** Directories that got no watch because of the limit. */
  unwatched = 0;

  constructor(system: InotifySystem, options: InotifyTreeOptions) {
    this.#system = system;
    this.#options = options;
  }

  get instance(): number {
    return this.#instance;
  }

  get watched(): number {
    return this.#directories.size;
  }

  /** Watches the whole tree with a fresh instance; may be called again. @throws WatchUnavailable if the root cannot be watched. */
  arm(): void {
    this.close();
    this.#directories.clear();
    this.#canaryWatch = -1;
    this.unwatched = 0;
    try {
      this.#instance = this.#system.createInstance();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new WatchUnavailable(unavailableBecause(code), message);
    }
    this.#identity = directoryIdentity(this.#options.root);
    const watch = this.#addWatch(this.#options.root);
    if (typeof watch === 'string') {
      throw new WatchUnavailable(unavailableBecause(watch), `Cannot watch "${this.#options.root}": ${watch}`);
    }
    this.#root = new WatchedDirectory('', watch);
    this.#directories.set(watch, this.#root);
    this.#armBelow(this.#root);
  }

  /** Takes what the kernel has; call it when the instance is readable. */
  read(): void {
    const length = readSync(this.#instance, this.#bytes);
    for (const event of inotifyEvents(this.#bytes.subarray(0, length))) {
      if ((event.mask & IN.Q_OVERFLOW) === 0) {
        this.#take(event);
        continue;
      }
      // New directories may be among what was lost, so every watch is in doubt. The rest of these bytes is of the past.
      this.arm();
      this.#options.batch.lose('');
      return;
    }
  }

  /** See {@link WatchBackEnd.probe}. */
  probe(): void {
    const { root, onAlive, onRootGone } = this.#options;
    if (directoryIdentity(root) !== this.#identity) {
      onRootGone();
      return;
    }
    const directory = canaryDirectory(root);
    const watch = directory === undefined ? '' : this.#system.addWatch(this.#instance, directory);
    if (directory === undefined || typeof watch === 'string' || !touchCanary(directory)) onAlive();
    else this.#canaryWatch = watch;
  }

  close(): void {
    if (this.#instance >= 0) this.#system.closeInstance(this.#instance);
    this.#instance = -1;
  }

  #take({ watch, mask, base }: InotifyEvent): void {
    if (watch === this.#canaryWatch) {
      this.#options.onAlive();
      return;
    }
    const directory = this.#directories.get(watch);
    if (directory === undefined) {
      // Of a directory that we let go of. Should its watch still be there, this ends it.
      if ((mask & IN.IGNORED) === 0) this.#system.removeWatch(this.#instance, watch);
    } else if (base === '') {
      this.#takeOwn(directory, mask);
    } else if (base === undefined) {
      // Only a listing of the directory shows a name that is not UTF-8, or that it is gone.
      if (mask & (IN.CREATE | IN.MOVED_TO | IN.DELETE | IN.MOVED_FROM)) this.#options.batch.lose(directory.name);
    } else if (directory !== this.#root || base !== OWN_DIRECTORY) {
      this.#takeEntry(directory, base, mask);
    }
  }

  /** What happened to a watched directory itself. Its parent tells most of it too, but the root has none. */
  #takeOwn(directory: Directory, mask: number): void {
    const isRoot = directory === this.#root;
    if (isRoot && mask & (IN.DELETE_SELF | IN.MOVE_SELF | IN.UNMOUNT | IN.IGNORED)) this.#options.onRootGone();
    else if (mask & IN.UNMOUNT) this.#options.batch.lose(directory.parent?.name ?? '');
    else if (mask & IN.IGNORED) this.#drop(directory);
    else if (mask & IN.ATTRIB) this.#options.batch.add(directory.name, 'written');
  }

  #takeEntry(directory: Directory, base: string, mask: number): void {
    const { batch } = this.#options;
    const name = joinName(directory.name, base);
    const isDirectory = (mask & IN.ISDIR) !== 0;
    if (mask & (IN.CREATE | IN.MOVED_TO)) {
      if (!isDirectory) {
        this.#dropEntry(directory, base);
        batch.add(name, 'appeared');
      } else if (this.#armEntry(directory, base) !== 'known') {
        batch.add(name, 'appeared-directory');
      }
    } else if (mask & (IN.DELETE | IN.MOVED_FROM)) {
      this.#dropEntry(directory, base);
      batch.add(name, 'vanished');
    } else if (mask & IN.CLOSE_WRITE) {
      batch.add(name, 'closed');
    } else {
      batch.add(name, 'written');
      // A directory that we may read only from now on (chmod) is as good as new.
      if (isDirectory && directory.child(base) === undefined && this.#armEntry(directory, base) === 'armed') {
        batch.add(name, 'appeared-directory');
      }
    }
  }

  /** `known`: this very directory is watched under this very name, by a walk that was told as a whole. */
  #armEntry(parent: Directory, base: string): 'armed' | 'known' | 'not' {
    const before = parent.child(base);
    const directory = this.#watchEntry(parent, base);
    if (directory === 'limit') this.unwatched++;
    if (directory === 'limit' || directory === undefined) return 'not';
    if (directory === before) return 'known';
    this.#armBelow(directory);
    return 'armed';
  }

  #armBelow(start: Directory): void {
    const { root, mustStop } = this.#options;
    const stack = [start];
    for (let directory = stack.pop(); directory !== undefined && !mustStop(); directory = stack.pop()) {
      for (const base of subdirectories(join(root, directory.name))) {
        if (directory === this.#root && base === OWN_DIRECTORY) continue;
        const child = this.#watchEntry(directory, base);
        if (child === 'limit') this.unwatched += 1 + countDirectories(join(root, directory.name, base), mustStop);
        else if (child !== undefined) stack.push(child);
      }
    }
  }

  /** Watches one directory, and puts the tree right where it thought otherwise of it. Undefined if there is nothing to watch. */
  #watchEntry(parent: Directory, base: string): Directory | 'limit' | undefined {
    // RACE: a parent may be replaced by a symlink just now. Then we watch, for a moment, names that are not ours; news are
    // only a reason to look, and the looking does not follow symlinks.
    const watch = this.#addWatch(join(this.#options.root, parent.name, base));
    if (watch === 'ENOSPC') return 'limit';
    if (typeof watch === 'string') return undefined; // gone again, or not readable: an event will come when that changes
    const sameInode = this.#directories.get(watch);
    const sameName = parent.child(base);
    if (sameInode !== undefined) {
      if (sameInode === sameName) return sameInode;
      if (sameInode.isAtOrAbove(parent)) return undefined; // a mount of a directory inside itself
      // It was renamed and we meet it early. What is below it keeps its watches: the walk finds the same numbers again.
      for (const handle of sameInode.takeOut()) this.#directories.delete(handle);
    }
    if (sameName !== undefined) this.#drop(sameName);
    const directory = parent.add(base, watch);
    this.#directories.set(watch, directory);
    return directory;
  }

  #addWatch(path: string): number | string {
    if (this.#directories.size >= this.#options.watchesMax) return 'ENOSPC';
    return this.#system.addWatch(this.#instance, path);
  }

  #dropEntry(parent: Directory, base: string): void {
    const directory = parent.child(base);
    if (directory !== undefined) this.#drop(directory);
  }

  #drop(directory: Directory): void {
    for (const watch of directory.takeOut()) {
      this.#directories.delete(watch);
      this.#system.removeWatch(this.#instance, watch);
    }
  }
}

/** Names of the directories in a directory; none if it is gone, or not ours to read. A name not in UTF-8 leads nowhere here. */
function subdirectories(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** All directories below a path that has no watch: so many more watches are wanted. */
function countDirectories(path: string, mustStop: () => boolean): number {
  let count = 0;
  const stack = [path];
  for (let at = stack.pop(); at !== undefined && !mustStop(); at = stack.pop()) {
    for (const base of subdirectories(at)) {
      count++;
      stack.push(join(at, base));
    }
  }
  return count;
}
