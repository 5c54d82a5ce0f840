/**
 * Small disks of their own, for tests that fill one or take it away. Needs root and Linux.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf, skippedHere } from './missing.ts';

/** Why nothing can be mounted here, or undefined if it can. Under CI that is an error: nothing may be skipped there. */
export function mountsMissing(): string | undefined {
  return skippedHere('test with disks', whyMissing());
}

function whyMissing(): string | undefined {
  if (process.platform !== 'linux') return 'disks in memory are made on Linux only';
  if (process.getuid?.() !== 0) return 'mounting needs root';
  return failureOf('mounting', () => new MemoryDisk(1)[Symbol.dispose]());
}

/** A disk of so many MiB, in memory. Disposing of it removes it, whoever still uses it. */
export class MemoryDisk implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'lanfold-disk-'));

  /** `names`: how many files and directories it holds at most; default: as many as the system gives it. */
  constructor(sizeMiB: number, names?: number) {
    mount(
      '-t',
      'tmpfs',
      '-o',
      `size=${sizeMiB}m${names === undefined ? '' : `,nr_inodes=${names}`}`,
      'tmpfs',
      this.path,
    );
  }

  /** Makes it larger (or smaller, while there is room). */
  resize(sizeMiB: number, names?: number): void {
    mount('-o', `remount,size=${sizeMiB}m${names === undefined ? '' : `,nr_inodes=${names}`}`, this.path);
  }

  /** Fills all that is left with one file, whose path it gives. */
  fill(name = 'filler'): string {
    const path = join(this.path, name);
    const handle = openSync(path, 'w');
    try {
      const piece = Buffer.alloc(1 << 20, 1);
      for (let left = piece.length; left > 0; left >>= 1) {
        try {
          for (;;) if (writeSync(handle, piece, 0, left) < left) break;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    } finally {
      closeSync(handle);
    }
    return path;
  }

  [Symbol.dispose](): void {
    unmount(this.path);
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface Ext4Disk extends Disposable {
  readonly path: string;
  /** Takes it away and brings it back: then it has what had reached the disk. */
  remount(): void;
}

/**
 * A small ext4, on which directories take room, too; undefined where none can be made.
 * @param place where its image lies, of which no more exists than was written.
 * @param inodeBytes with 128 it keeps times in whole seconds.
 */
export function openExt4Disk(sizeMiB: number, place = tmpdir(), inodeBytes = 256): Ext4Disk | undefined {
  const parent = mkdtempSync(join(place, 'lanfold-ext4-'));
  const [image, path] = [join(parent, 'image'), join(parent, 'disk')];
  const remove = (): void => rmSync(parent, { recursive: true, force: true });
  try {
    execFileSync('truncate', ['-s', `${sizeMiB}M`, image], { stdio: 'pipe' });
    execFileSync('mkfs.ext4', ['-q', '-m', '0', '-I', `${inodeBytes}`, '-O', '^has_journal', image], { stdio: 'pipe' });
    mkdirSync(path);
    mount('-o', 'loop', image, path);
  } catch {
    remove();
    return undefined;
  }
  return {
    path,
    remount: () => {
      execFileSync('umount', [path], { stdio: 'pipe' }); // not lazily: it has to be gone
      mount('-o', 'loop', image, path);
    },
    [Symbol.dispose]: () => {
      unmount(path);
      remove();
    },
  };
}

/** A directory that is there only while it is plugged in. */
export class Removable implements Disposable {
  /** Where it is seen when plugged in; an empty directory when not. */
  readonly path: string;
  readonly #parent: string = mkdtempSync(join(tmpdir(), 'lanfold-removable-'));
  readonly #disk: string;
  #isPlugged = false;

  constructor() {
    this.path = join(this.#parent, 'mount point');
    this.#disk = join(this.#parent, 'disk');
    for (const directory of [this.path, this.#disk]) mkdirSync(directory);
    this.plug();
  }

  plug(): void {
    mount('--bind', this.#disk, this.path);
    this.#isPlugged = true;
  }

  /** Takes it away at once, also from programs that use it. */
  unplug(): void {
    unmount(this.path);
    this.#isPlugged = false;
  }

  [Symbol.dispose](): void {
    if (this.#isPlugged) this.unplug();
    rmSync(this.#parent, { recursive: true, force: true });
  }
}

function mount(...parameters: string[]): void {
  execFileSync('mount', parameters, { stdio: 'pipe' });
}

function unmount(path: string): void {
  execFileSync('umount', ['--lazy', path], { stdio: 'pipe' });
}
