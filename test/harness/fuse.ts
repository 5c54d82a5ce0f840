/**
 * Disks as Windows and cameras have them, for tests of what a disk of Linux would never do: through FUSE, since few kernels have
 * them all. Needs root, Linux and the packages ntfs-3g, exfat-fuse and exfatprogs.
 * @module
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skippedHere } from './missing.ts';
import { until } from './process.ts';

/**
 * `exfat` takes no case for a difference and keeps what a name was made with, rounds times down to seconds, and has neither
 * permissions nor links. `ntfs` refuses the names that Windows refuses.
 */
export type FuseKind = 'exfat' | 'ntfs';

const PROGRAMS = ['lowntfs-3g', 'mkntfs', 'mount.exfat-fuse', 'mkfs.exfat'];
const SIZE_MIB = 64;

/** Why there are no such disks here, or undefined if there are. Under CI that is an error: nothing may be skipped there. */
export function fuseMissing(): string | undefined {
  return skippedHere('test with FUSE', whyMissing());
}

function whyMissing(): string | undefined {
  if (process.platform !== 'linux') return 'it exists on Linux only';
  if (process.getuid?.() !== 0) return 'mounting needs root';
  const missing = PROGRAMS.find((program) => spawnSync('which', [program]).status !== 0);
  return missing === undefined ? undefined : `"${missing}" is missing`;
}

/** A mounted disk of its own, served by a program. Disposing of it removes it, whoever still uses it. */
export class FuseDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #parent: string;
  #server: ChildProcess | undefined;
  #loopDevice: string | undefined;

  private constructor() {
    this.#parent = mkdtempSync(join(tmpdir(), 'lanfold-fuse-'));
    this.path = join(this.#parent, 'disk');
    mkdirSync(this.path);
  }

  static async open(kind: FuseKind): Promise<FuseDisk> {
    const disk = new FuseDisk();
    try {
      await disk.#mount(kind);
      return disk;
    } catch (error) {
      await disk[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #mount(kind: FuseKind): Promise<void> {
    const image = join(this.#parent, 'image');
    writeFileSync(image, '');
    truncateSync(image, SIZE_MIB << 20);
    if (kind === 'ntfs') {
      run('mkntfs', '-Q', '-F', '-q', image);
      this.#serve('lowntfs-3g', '-o', 'no_detach,windows_names', image, this.path);
    } else {
      run('mkfs.exfat', image);
      // It takes nothing but block devices.
      this.#loopDevice = run('losetup', '--find', '--show', image).trim();
      this.#serve('mount.exfat-fuse', '-d', this.#loopDevice, this.path);
    }
    await until(`${kind} is mounted`, () => (isMounted(this.path) ? true : undefined), { everyMs: 10 });
  }

  #serve(program: string, ...parameters: string[]): void {
    this.#server = spawn(program, parameters, { stdio: 'ignore' });
  }

  /** Ends the program that serves it: from now on each call on it fails, until it is unmounted. */
  async hangUp(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const over = once(server, 'exit');
    server.kill('SIGKILL');
    await over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (isMounted(this.path)) run('umount', '--lazy', this.path);
    await this.hangUp();
    if (this.#loopDevice !== undefined) run('losetup', '--detach', this.#loopDevice);
    rmSync(this.#parent, { recursive: true, force: true });
  }
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(` ${path} `);
}

function run(program: string, ...parameters: string[]): string {
  return execFileSync(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}
