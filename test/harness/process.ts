/**
 * A real program as a child of the test: its lines as they come, its end as a promise, and nothing of it left behind.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** How a program ended: by its own code, or by a signal. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** What a program keeps in memory, from the kernel: now, and at most so far. */
export type Memory = { readonly residentBytes: number; readonly residentBytesMax: number };

export type ProgramOptions = {
  readonly cwd?: string;
  /** Added to this process's environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

type Source = 'stdout' | 'stderr';
type ProgramEvents = { line: [line: string, source: Source]; end: [exit: Exit] };

/** A running program. Whoever starts one calls {@link Program.end} in the same test, best by `context.after`. */
export class Program {
  readonly pid: number;
  /** Resolves when the program has ended and all its output was read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** All lines so far. */
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter<ProgramEvents>();
  readonly #label: string;
  #exit: Exit | undefined;

  private constructor(label: string, child: ChildProcess, pid: number) {
    this.#label = label;
    this.#child = child;
    this.pid = pid;
    for (const source of ['stdout', 'stderr'] as const) {
      const input = child[source];
      if (input === null) continue;
      createInterface({ input }).on('line', (line) => {
        this[source].push(line);
        this.#events.emit('line', line, source);
      });
    }
    // A test that crashes must not leave programs behind, which would hold ports and folders.
    const killNow = (): void => void child.kill('SIGKILL');
    process.once('exit', killNow);
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        process.off('exit', killNow);
        this.#exit = { code, signal };
        this.#events.emit('end', this.#exit);
        resolve(this.#exit);
      });
    });
  }

  /** Starts `file` (a path, or a name to be found). Rejects when it cannot be started at all. */
  static async start(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<Program> {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid !== undefined) return new Program([file, ...args].join(' '), child, pid);
    const [error] = await EventEmitter.once(child, 'error');
    throw new Error(`Cannot start "${file}"`, { cause: error });
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.#child.kill(signal);
    return await this.exited;
  }

  /** Asks the program to end (SIGTERM), and kills it when it has not after `graceMs`. May be called again. */
  async end(graceMs = 10_000): Promise<Exit> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => void this.#child.kill('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The first line that `wanted` accepts, among those that were printed already and those to come.
   * Rejects, with the program's last lines, when the program ends or `timeoutMs` pass before there is one.
   */
  async waitForLine(wanted: (line: string) => boolean, timeoutMs = 10_000, source: Source = 'stdout'): Promise<string> {
    const there = this[source].find(wanted);
    if (there !== undefined) return there;
    return await new Promise((resolve, reject) => {
      const onLine = (line: string, from: Source): void => {
        if (from === source && wanted(line)) settle(() => resolve(line));
      };
      const onEnd = (): void => settle(() => reject(this.#trouble('it ended before it printed the line')));
      const onTimeout = (): void => settle(() => reject(this.#trouble(`no such line within ${timeoutMs} ms`)));
      const timer = setTimeout(onTimeout, timeoutMs);
      const settle = (answer: () => void): void => {
        clearTimeout(timer);
        this.#events.off('line', onLine).off('end', onEnd);
        answer();
      };
      this.#events.on('line', onLine).on('end', onEnd);
      if (!this.running) onEnd();
    });
  }

  /** The first line of JSON that `wanted` accepts; lines that are not JSON are passed over. As {@link waitForLine}. */
  async waitForJson(wanted: (value: unknown) => boolean, timeoutMs = 10_000): Promise<unknown> {
    return parseJson(await this.waitForLine((line) => isJson(line) && wanted(parseJson(line)), timeoutMs));
  }

  /** Reads the kernel's account of this process (Linux). Throws when the program has ended. */
  memory(): Memory {
    return memoryOf(this.pid);
  }

  /** Its last lines of both kinds, for the message of a failed test. */
  tail(lines = 20): string {
    return [...this.stdout.slice(-lines), ...this.stderr.slice(-lines)].join('\n');
  }

  #trouble(what: string): Error {
    const end = this.#exit === undefined ? 'still running' : `ended: ${this.#exit.code ?? this.#exit.signal}`;
    return new Error(`"${this.#label}": ${what} (${end})\n${this.tail()}`);
  }
}

/** The kernel's account of a process (Linux). Throws when it has ended. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytesOf = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
  return { residentBytes: bytesOf('VmRSS'), residentBytesMax: bytesOf('VmHWM') };
}

/** Runs a program to its end and returns all that it printed. */
export async function run(
  file: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const program = await Program.start(file, args, options);
  const exit = await program.exited;
  return { ...exit, stdout: program.stdout.join('\n'), stderr: program.stderr.join('\n') };
}

export type UntilOptions = { readonly timeoutMs?: number; readonly everyMs?: number; readonly detail?: () => string };

/**
 * Asks again and again until the answer is not undefined, and returns it. For what cannot be awaited, such as another
 * program's state. Rejects after `timeoutMs` (30 s), saying what was waited for, with `detail()`.
 */
export async function until<Value>(
  what: string,
  ask: () => Value | undefined | Promise<Value | undefined>,
  options: UntilOptions = {},
): Promise<Value> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (performance.now() > endMs)
      throw new Error(`Waited ${timeoutMs} ms in vain until ${what}\n${options.detail?.() ?? ''}`);
    await delay(options.everyMs ?? 50);
  }
}

function isJson(line: string): boolean {
  try {
    parseJson(line);
    return true;
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  return JSON.parse(text);
}
