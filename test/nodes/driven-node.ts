/**
 * A node in a process of its own (node-process.ts), as a test holds it: asks it, ends it, kills it, starts it again.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DiscoveryChoice } from '../../src/index.ts';
import type { Methods } from './node-process.ts';

const SCRIPT = fileURLToPath(new URL('node-process.ts', import.meta.url));

/** As the library's, as far as JSON carries them. */
export type DrivenOptions = {
  readonly home: string;
  readonly listen?: string;
  readonly discovery?: DiscoveryChoice;
  readonly virtualInterfaces?: boolean;
  readonly name?: string;
};

export type Failure = { readonly code: string; readonly message: string };

/** Starts a program of Node's; a host of a test's network is such a place. */
export type Starter = (file: string, ...parameters: string[]) => ChildProcess;

type Answer = {
  readonly call?: number;
  readonly result?: unknown;
  readonly error?: Failure;
  readonly ready?: { readonly id: string; readonly listening: string };
  readonly failed?: Failure;
  readonly warning?: Failure;
};
type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };
type MethodName = keyof Methods;

/** A node that could not be opened, with the code that the library gave. */
export class OpenFailure extends Error {
  readonly code: string;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
  }
}

export class DrivenNode {
  readonly options: DrivenOptions;
  /** What the library warned of, over all runs. */
  readonly warnings: Failure[] = [];
  #start: Starter;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #calls = new Map<number, Waiting>();
  #lastCall = 0;
  #id = '';
  #listening = '';

  private constructor(options: DrivenOptions, start: Starter) {
    this.options = options;
    this.#start = start;
  }

  /** Starts one. Whoever does calls {@link end} in the same test. @throws OpenFailure. */
  static async open(options: DrivenOptions, start: Starter = startHere): Promise<DrivenNode> {
    const node = new DrivenNode(options, start);
    await node.up();
    return node;
  }

  get id(): string {
    return this.#id;
  }

  /** Of the running process; what {@link Starter} starts must become the node. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('This node was never started');
    return pid;
  }

  /** Whether its process lives. */
  get isAlive(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** `host:port`. */
  get listening(): string {
    return this.#listening;
  }

  /** Starts it (again) with the same options; resolves when it is open. From now on it is started by `start`, if given. */
  async up(start = this.#start): Promise<void> {
    this.#start = start;
    const child = start(SCRIPT, JSON.stringify(this.options));
    this.#child = child;
    const killNow = (): void => void child.kill('SIGKILL');
    process.once('exit', killNow);
    const calls = new Map<number, Waiting>();
    this.#calls = calls;
    await new Promise<void>((resolve, reject) => {
      this.#ended = new Promise((ended) => {
        child.once('close', (code, signal) => {
          process.off('exit', killNow);
          const error = new Error(`The node ended: ${code ?? signal}`);
          reject(error);
          for (const waiting of calls.values()) waiting.reject(error);
          ended();
        });
      });
      if (child.stdout === null) throw new Error('A driven node needs pipes');
      child.stdin?.on('error', () => {}); // it was killed while we spoke
      createInterface({ input: child.stdout }).on('line', (line) => {
        const answer = JSON.parse(line) as Answer;
        if (answer.ready !== undefined) {
          this.#id = answer.ready.id;
          this.#listening = answer.ready.listening;
          resolve();
        }
        if (answer.failed !== undefined) reject(new OpenFailure(answer.failed));
        if (answer.warning !== undefined) this.warnings.push(answer.warning);
        if (answer.call !== undefined) settle(calls, answer.call, answer);
      });
    });
  }

  /** Calls a method of node-process.ts. Rejects with the library's error code in its message, or when the node ends. */
  async ask<Name extends MethodName>(
    method: Name,
    ...parameters: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) throw new Error('The node does not run');
    const call = (this.#lastCall += 1);
    const answer = new Promise<unknown>((resolve, reject) => this.#calls.set(call, { resolve, reject }));
    this.#child?.stdin?.write(`${JSON.stringify({ call, method, parameters })}\n`);
    return (await answer) as Awaited<ReturnType<Methods[Name]>>;
  }

  /** Ends it as a user does, and waits. May be called again. */
  async end(): Promise<void> {
    this.#child?.stdin?.end();
    const timer = setTimeout(() => void this.#child?.kill('SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Kills it, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  async restart(): Promise<void> {
    await this.end();
    await this.up();
  }
}

function settle(calls: Map<number, Waiting>, call: number, answer: Answer): void {
  const waiting = calls.get(call);
  calls.delete(call);
  if (answer.error === undefined) waiting?.resolve(answer.result);
  else waiting?.reject(new Error(`${answer.error.code}: ${answer.error.message}`));
}

/** Starts a program of Node's on this machine, behind others (`['nice', '-n', '10']`) that become it. */
export function startBehind(...words: readonly string[]): Starter {
  return (file, ...parameters) => {
    const [program = '', ...rest] = [...words, process.execPath, file, ...parameters];
    return spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  };
}

function startHere(file: string, ...parameters: string[]): ChildProcess {
  return spawn(process.execPath, [file, ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] });
}
