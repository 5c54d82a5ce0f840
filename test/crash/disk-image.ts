/**
 * A real ext4 or xfs of its own, from which the power can be taken at any moment: the shutdown ioctl makes the kernel drop
 * whatever is not on the disk yet. Needs root, and belongs into a mount namespace of its own (private-mounts.ts).
 * @module
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Koffi from 'koffi';
import { until } from '../harness/process.ts';

export const FILE_SYSTEMS = ['ext4', 'xfs'] as const;
export type FileSystem = (typeof FILE_SYSTEMS)[number];

/** What of the journal (ext4) or log (xfs) still reaches the disk: all of it, or nothing. No file's bytes do in either case. */
export type Flush = 'log' | 'nothing';

const SHUTDOWN = 0x80_04_58_7d; // FS_IOC_SHUTDOWN
const FLAGS: Readonly<Record<Flush, number>> = { log: 1, nothing: 2 };

/** The kernel's own regular flush comes so late that no test meets it. */
const OPTIONS: Readonly<Record<FileSystem, string>> = { ext4: 'loop,commit=60', xfs: 'loop' };
const SIZE_MIB: Readonly<Record<FileSystem, number>> = { ext4: 128, xfs: 320 };
const MAKE: Readonly<Record<FileSystem, readonly string[]>> = {
  ext4: ['mkfs.ext4', '-q', '-F', '-m', '0'],
  xfs: ['mkfs.xfs', '-q', '-f'],
};
/** Both only look, and end with another code than 0 at the smallest fault. */
const CHECK: Readonly<Record<FileSystem, readonly string[]>> = {
  ext4: ['fsck.ext4', '-f', '-n'],
  xfs: ['xfs_repair', '-n'],
};

export class DiskImage implements Disposable {
  readonly fileSystem: FileSystem;
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;
  #isMounted = false;

  /** @param directory exists; the image and its mount point are made in it. */
  constructor(fileSystem: FileSystem, directory: string) {
    this.fileSystem = fileSystem;
    this.#image = join(directory, `${fileSystem}.image`);
    this.path = join(directory, `${fileSystem} disk`);
    mkdirSync(this.path, { recursive: true });
    writeFileSync(this.#image, '');
    truncateSync(this.#image, SIZE_MIB[fileSystem] << 20);
    command([...MAKE[fileSystem], this.#image]);
    this.#mount();
  }

  /** From now on nothing reaches the disk. Programs that use it get errors. */
  cut(flush: Flush): void {
    shutDown(this.path, FLAGS[flush]);
  }

  /**
   * As the next start of the machine: mounts it, which replays the journal. Nobody may use the disk any more.
   * @returns what the file system's own check says is wrong with it, if anything.
   */
  async powerOn(): Promise<string[]> {
    await this.#unmount();
    this.#mount();
    await this.#unmount();
    const faults = this.#check();
    this.#mount();
    return faults;
  }

  [Symbol.dispose](): void {
    if (this.#isMounted) execFileSync('umount', ['--lazy', this.path], { stdio: 'pipe' });
    rmSync(this.#image, { force: true });
  }

  #check(): string[] {
    try {
      command([...CHECK[this.fileSystem], this.#image]);
      return [];
    } catch (error) {
      return [`the file system is damaged: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  #mount(): void {
    command(['mount', '-t', this.fileSystem, '-o', OPTIONS[this.fileSystem], this.#image, this.path]);
    this.#isMounted = true;
  }

  /** Who was killed lets go of its files a moment later. */
  async #unmount(): Promise<void> {
    const tryOnce = (): true | undefined => {
      try {
        command(['umount', this.path]);
        return true;
      } catch {
        return undefined;
      }
    };
    await until(`"${this.path}" can be unmounted`, tryOnce, { everyMs: 10 });
    this.#isMounted = false;
  }
}

function command([file = '', ...parameters]: readonly string[]): void {
  execFileSync(file, parameters, { stdio: 'pipe' });
}

function shutDown(path: string, flag: number): void {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const ioctl = koffi.load(null).func('int ioctl(int handle, unsigned long request, const void *flag)') as (
    ...parameters: unknown[]
  ) => number;
  const handle = openSync(path, 'r');
  try {
    if (ioctl(handle, SHUTDOWN, new Uint32Array([flag])) !== 0)
      throw new Error(`Cannot shut down "${path}": error ${koffi.errno()}`);
  } finally {
    closeSync(handle);
  }
}
