/**
 * Whatever passes over the interface of a host, as tcpdump (Debian's package) records it.
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skippedHere } from './missing.ts';
import { LAN_INTERFACE, type Host } from './namespaces.ts';
import { Program } from './process.ts';

/** Why nothing can be captured here, or undefined if it can. Under CI that is an error: nothing may be skipped there. */
export function captureMissing(): string | undefined {
  const isThere = spawnSync('tcpdump', ['--version'], { stdio: 'ignore' }).status === 0;
  return skippedHere('capture', isThere ? undefined : 'tcpdump is missing, run .ci/setup');
}

export class Capture implements AsyncDisposable {
  readonly #directory: string;
  readonly #program: Program;

  private constructor(directory: string, program: Program) {
    this.#directory = directory;
    this.#program = program;
  }

  /** Resolves when it records. */
  static async begin({ namespace }: Host): Promise<Capture> {
    const directory = mkdtempSync(join(tmpdir(), 'lanfold-capture-'));
    // As root it may write where the test can read; whole packets, each written as soon as it has come.
    const options = ['-i', LAN_INTERFACE, '-Z', 'root', '-s', '0', '-U', '-w', join(directory, 'packets')];
    const program = await Program.start('ip', ['netns', 'exec', namespace, 'tcpdump', ...options]);
    await program.waitForLine((line) => line.includes('listening on'), 10_000, 'stderr');
    return new Capture(directory, program);
  }

  /** Ends it. @returns all packets, one after the other, with the headers of each. */
  async end(): Promise<Buffer> {
    await this.#program.end();
    return readFileSync(join(this.#directory, 'packets'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.end();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
