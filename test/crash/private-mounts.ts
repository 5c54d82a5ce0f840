/**
 * Runs a program in a mount namespace of its own: what it mounts is seen by nobody else and is gone with it, however it ends.
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf, skippedHere } from '../harness/missing.ts';
import { Program } from '../harness/process.ts';

const INSIDE = 'LANFOLD_PRIVATE_MOUNTS';
const UNSHARE = ['--mount', '--propagation', 'private', '--fork', '--kill-child'];

/** Why no power can be cut here, or undefined if it can. Under CI that is an error: nothing may be skipped there. */
export function powerCutsMissing(): string | undefined {
  return skippedHere('cut the power', whyMissing());
}

function whyMissing(): string | undefined {
  if (process.platform !== 'linux') return 'ext4 and xfs are mounted on Linux only';
  if (process.getuid?.() !== 0) return 'mounting needs root';
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices';
  return failureOf('one of its programs', () => {
    execFileSync('unshare', [...UNSHARE, 'true'], { stdio: 'pipe' });
    for (const program of ['mkfs.ext4', 'mkfs.xfs']) execFileSync(program, ['-V'], { stdio: 'pipe' });
  });
}

export function hasPrivateMounts(): boolean {
  return process.env[INSIDE] === 'yes';
}

/** Starts this Node with `file` in a mount namespace of its own. */
export async function startWithPrivateMounts(file: string, args: readonly string[]): Promise<Program> {
  return await Program.start('unshare', [...UNSHARE, process.execPath, file, ...args], { env: { [INSIDE]: 'yes' } });
}

/** A directory in memory for disk images, to be made where {@link hasPrivateMounts}: a real disk would be slower, and no truer. */
export class ImageRoom implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'lanfold-images-'));

  constructor() {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', this.path], { stdio: 'pipe' });
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path], { stdio: 'pipe' });
    execFileSync('rmdir', [this.path], { stdio: 'pipe' });
  }
}
