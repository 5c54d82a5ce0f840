/**
 * System calls that fail or are slow, for one running program, as the kernel or a disk may make them: strace comes between.
 * Needs strace, and the right to trace (root).
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf, skippedHere } from './missing.ts';
import { Program } from './process.ts';

/** Why nothing can be traced here, or undefined if it can. Under CI that is an error: nothing may be skipped there. */
export function straceMissing(): string | undefined {
  return skippedHere('trace system calls', whyMissing());
}

function whyMissing(): string | undefined {
  if (process.platform !== 'linux') return 'strace exists on Linux only';
  const words = ['-qq', '-e', 'trace=getpid', '-e', 'inject=getpid:signal=SIGKILL:when=9', 'true'];
  return failureOf('"strace true"', () => execFileSync('strace', words, { stdio: 'pipe' }));
}

/** What is to happen to some calls. */
export type Fault = {
  /** Names of system calls: `['pread64', 'read']`. */
  readonly calls: readonly string[];
  /** As strace says it: `error=EIO`, `retval=0:when=1`, `delay_enter=2000000`. */
  readonly is: string;
  /** Only calls on open files at these paths; default: all. */
  readonly paths?: readonly string[];
};

/** A fault that is there until it is ended. */
export class Injection implements AsyncDisposable {
  readonly #program: Program;
  readonly #directory: string;

  private constructor(program: Program, directory: string) {
    this.#program = program;
    this.#directory = directory;
  }

  /** From now on calls of this process, in all its threads, fail so. */
  static async into(pid: number, { calls, is, paths = [] }: Fault): Promise<Injection> {
    const directory = mkdtempSync(join(tmpdir(), 'lanfold-strace-'));
    const names = calls.join(',');
    const only = paths.flatMap((path) => ['-P', path]);
    const what = ['-e', `trace=${names}`, '-e', `inject=${names}:${is}`, ...only];
    const program = await Program.start('strace', [
      '-f',
      '-y',
      '-o',
      join(directory, 'log'),
      ...what,
      '-p',
      String(pid),
    ]);
    await program.waitForLine((line) => line.includes(`Process ${pid} attached`), 10_000, 'stderr');
    return new Injection(program, directory);
  }

  get log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8');
  }
  /** How many calls it has met so far. */
  get hits(): number {
    return this.lines.filter((line) => line.endsWith('(INJECTED)') || line.endsWith('(DELAYED)')).length;
  }

  /** The calls so far, as strace writes them, with the paths of open files. */
  get lines(): string[] {
    return readFileSync(join(this.#directory, 'log'), 'utf8').split('\n');
  }

  /** All calls work again. May be called again. */
  async end(): Promise<void> {
    await this.#program.kill('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
