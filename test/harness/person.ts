/**
 * A person at a terminal: a pseudo-terminal (made by `script`, which every Debian has) in which a program runs, read and typed into
 * as a person would.
 * @module
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { skippedHere } from './missing.ts';
import { until } from './process.ts';

/** What the command line sends to draw a line over. */
const ERASED = '\r\u001b[K';

export interface PersonOptions {
  /** Words of the command line. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Network namespace in which it runs. */
  readonly namespace?: string;
}

/** Why there is no terminal to be had, or undefined. Under CI that is an error. */
export function terminalsMissing(): string | undefined {
  const { status } = spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' });
  return skippedHere('test terminals', status === 0 ? undefined : '"script" (util-linux) is missing');
}

export class Person implements AsyncDisposable {
  readonly startedMs = performance.now();
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #seen = '';
  #read = 0;

  constructor({ command, cwd, env = {}, namespace }: PersonOptions) {
    const words = ['script', '-qfec', `stty cols 100; exec ${command.map(quoted).join(' ')}`, '/dev/null'];
    const [program = '', ...rest] = namespace === undefined ? words : ['ip', 'netns', 'exec', namespace, ...words];
    this.#child = spawn(program, rest, {
      cwd,
      env: { ...process.env, COLUMNS: '100', TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (piece: string) => (this.#seen += piece));
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
    });
  }

  /** All that was on the screen, without colours and without lines that were drawn over. */
  get transcript(): string {
    const lines = this.#seen.split('\n').map((line) => line.split(ERASED).at(-1) ?? '');
    return stripVTControlCharacters(lines.join('\n')).replaceAll('\r', '');
  }

  /** Waits for something on the screen, behind what was waited for before. */
  async sees(what: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    return await until(
      `the terminal shows ${String(what)}`,
      () => {
        const found = what.exec(this.transcript.slice(this.#read));
        if (found === null) return undefined;
        this.#read += found.index + found[0].length;
        return found;
      },
      { timeoutMs, everyMs: 2, detail: () => this.transcript },
    );
  }

  types(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Types Ctrl-C. @returns the exit code. */
  async interrupts(): Promise<number> {
    this.types('\u0003');
    return await this.#ended;
  }

  /** Resolves with the exit code. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.types('\u0003');
      const killer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
      await this.#ended;
      clearTimeout(killer);
    }
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
