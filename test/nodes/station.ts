/**
 * A lanfold on a host of a test's network: the command line as it is installed, with a home of its own.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BuiltLanfold } from '../harness/built.ts';
import type { Host } from '../harness/namespaces.ts';
import { memoryOf, run, until, type Memory } from '../harness/process.ts';

/** What `run --json` says of a peer that comes or goes. */
export interface PeerLine {
  readonly type: 'peer';
  readonly id: string;
  readonly connected: boolean;
  readonly address?: string;
  readonly via?: string;
  readonly foundMs?: number;
}

/** In which Linux counts the time of processes. */
const TICK_MS = 10;

/** A device, as far as others have to know it: a station, or a Syncthing. */
export interface Named {
  /** Device ID. */
  readonly id: string;
}

export class Station implements AsyncDisposable {
  readonly host: Host;
  readonly home: string;
  readonly id: string;
  readonly #main: string;
  #child: ChildProcess | undefined;
  #startedMs = 0;
  /** Of this run: each with when it was said, since the start. */
  #peerLines: { readonly line: PeerLine; readonly atMs: number }[] = [];
  #output: string[] = [];
  #listening: string | undefined;
  #listeningMs = Number.NaN;

  private constructor(host: Host, home: string, id: string, main: string) {
    this.host = host;
    this.home = home;
    this.id = id;
    this.#main = main;
  }

  static async create(built: BuiltLanfold, host: Host): Promise<Station> {
    const home = mkdtempSync(join(tmpdir(), 'lanfold-station-'));
    const { stdout } = await run(process.execPath, [built.main, 'id', '--home', home]);
    return new Station(host, home, stdout.trim(), built.main);
  }

  /** Before it runs: trusts others, of which it knows nothing but the ID. */
  async trust(...others: readonly Named[]): Promise<void> {
    for (const { id } of others) await this.#command('peers', 'trust', id);
  }

  /** Before it runs: shares a directory with others that it trusts. */
  async share(folderId: string, path: string, ...others: readonly Named[]): Promise<void> {
    const peers = others.flatMap(({ id }) => ['--peer', id]);
    await this.#command('folders', 'add', path, '--folder-id', folderId, ...peers);
  }

  /** Before it runs: as if it had been connected with another there. */
  remember(other: Station, host = other.host.address): void {
    writeFileSync(join(this.home, 'remembered.json'), JSON.stringify({ [other.id]: [{ host, port: 1111 }] }));
  }

  /** Before it runs: nothing is known of where others were. */
  forgetPlaces(): void {
    rmSync(join(this.home, 'remembered.json'), { force: true });
  }

  start(...options: readonly string[]): void {
    this.#peerLines = [];
    this.#output = [];
    this.#listening = undefined;
    this.#startedMs = performance.now();
    const words = [this.#main, 'run', '--home', this.home, '--json', ...options];
    const inside = ['netns', 'exec', this.host.namespace, process.execPath, ...words];
    const child = spawn('ip', inside, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const source of [child.stdout, child.stderr]) {
      createInterface({ input: source }).on('line', (text) => {
        this.#output.push(text);
        if (text.startsWith('{"type":"listening"')) {
          this.#listening = text;
          this.#listeningMs = performance.now() - this.#startedMs;
        }
        if (!text.startsWith('{"type":"peer"')) return;
        this.#peerLines.push({ line: JSON.parse(text) as PeerLine, atMs: performance.now() - this.#startedMs });
      });
    }
  }

  /** The first time since `afterMs` (of this run) at which another was connected. */
  async connected(other: Named, timeoutMs = 10_000, afterMs = 0): Promise<{ line: PeerLine; atMs: number }> {
    const ask = (): { line: PeerLine; atMs: number } | undefined =>
      this.#peerLines.find(({ line, atMs }) => line.id === other.id && line.connected && atMs >= afterMs);
    const detail = (): string => this.#output.slice(-30).join('\n');
    return await until(`${this.host.address} is connected`, ask, { timeoutMs, everyMs: 5, detail });
  }

  /** What was said of another last. */
  lastOf(other: Named): PeerLine | undefined {
    return this.#peerLines.findLast(({ line }) => line.id === other.id)?.line;
  }

  /** Monotonic; when another was connected for the first time after `sinceMs`. */
  async connectedAt(other: Named, sinceMs: number): Promise<number> {
    const { atMs } = await this.connected(other, 20_000, sinceMs - this.#startedMs);
    return this.#startedMs + atMs;
  }

  /** Since the start of this run. */
  get nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Waits until it listens; gives what it said of that. */
  async listening(): Promise<string> {
    const ask = (): string | undefined => this.#listening;
    return await until(`${this.host.address} listens`, ask, { everyMs: 5, detail: () => this.#output.join('\n') });
  }

  /** How long this run took to start: until it listened. */
  get startMs(): number {
    return this.#listeningMs;
  }

  /** What `lanfold peers` prints meanwhile. */
  async peers(): Promise<string> {
    return await this.#command('peers');
  }

  /** The kernel's account of its process. */
  memory(): Memory {
    return memoryOf(this.#pid);
  }

  /** Processor time that it and the programs that it started have used. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) * TICK_MS;
  }

  get #pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('This station does not run');
    return pid; // "ip netns exec" becomes the program that it starts
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, 'exit');
    child.kill('SIGTERM');
    await over;
  }

  async #command(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(process.execPath, [this.#main, ...words, '--home', this.home]);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}
