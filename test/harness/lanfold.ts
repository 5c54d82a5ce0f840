/**
 * lanfold's own command line as a child process, driven by the contract that it keeps for automation (`--home`,
 * `status --json`, `peers trust`, `folders add`).
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askRunning, UNREACHABLE } from '../../src/cli/control-client.ts';
import { homeOf } from '../../src/cli/usage.ts';
import { freePort } from './ports.ts';
import { Program, run, until, type Exit, type Memory, type UntilOptions } from './process.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

/** A device that a node is told to trust. */
export type LanfoldPeer = { readonly deviceId: string; readonly address?: string; readonly folders: readonly string[] };

export type LanfoldOptions = {
  /** Further options of `lanfold run`, such as `['--json']`. */
  readonly args?: readonly string[];
  /** Added to the environment of every command. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The command line's entry file; default: the source. A benchmark gives the built one. */
  readonly main?: string;
  /** Options of Node itself, before the entry file: `['--cpu-prof']`. */
  readonly nodeArgs?: readonly string[];
};

/** A lanfold node with a home of its own on loopback: no discovery, no page. */
export class Lanfold {
  readonly home: string;
  /** Where it listens, as `127.0.0.1:PORT`. The same after each restart. */
  readonly address: string;
  /** As others write it. */
  readonly deviceId: string;
  readonly #options: LanfoldOptions;
  #program: Program | undefined;

  private constructor(home: string, address: string, deviceId: string, options: LanfoldOptions) {
    this.home = home;
    this.address = address;
    this.deviceId = deviceId;
    this.#options = options;
  }

  /** Makes a home with an identity; the node does not run yet, so folders and peers can be set first. */
  static async create(options: LanfoldOptions = {}): Promise<Lanfold> {
    const home = mkdtempSync(join(tmpdir(), 'lanfold-node-'));
    try {
      const { stdout } = await lanfold(['id', '--home', home], options);
      return new Lanfold(home, `127.0.0.1:${await freePort()}`, stdout.trim(), options);
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  get pid(): number {
    return this.program.pid;
  }

  /** The running command, for its lines, its signals and its end. */
  get program(): Program {
    if (this.#program === undefined) throw new Error('This lanfold node was never started');
    return this.#program;
  }

  /** Starts the node; returns when it tells its status. */
  async up(): Promise<void> {
    const { args = [], env = {}, nodeArgs = [] } = this.#options;
    const fixed = ['--home', this.home, '--listen', this.address, '--discovery', 'off', '--web', 'off'];
    const program = await Program.start(
      process.execPath,
      [...nodeArgs, this.#options.main ?? MAIN, 'run', ...fixed, ...args],
      { env },
    );
    this.#program = program;
    const ask = async (): Promise<unknown> => {
      if (!program.running) throw new Error(`lanfold ended at its start\n${program.tail()}`);
      return await this.statusBySocket();
    };
    await until('lanfold tells its status', ask, { everyMs: 10, detail: () => program.tail() });
  }

  /** Ends it as a user does. It has a second for that, by its contract; after ten it is killed. */
  async down(): Promise<Exit> {
    return await this.program.end();
  }

  /** Ends it at once, in the middle of whatever it does. */
  async kill(): Promise<Exit> {
    return await this.program.kill('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.down();
    await this.up();
  }

  /** Ends the node and removes its home (never its folders). May be called again. */
  async stop(): Promise<void> {
    await this.#program?.end();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Shares a folder with devices, before the node runs or while it does. */
  async addFolder(id: string, path: string, peers: readonly string[] = []): Promise<void> {
    const shared = peers.flatMap((peer) => ['--peer', peer]);
    await this.command(['folders', 'add', path, '--folder-id', id, ...shared]);
  }

  async trust(peer: LanfoldPeer): Promise<void> {
    const address = peer.address === undefined ? [] : ['--address', peer.address];
    const folders = peer.folders.flatMap((folder) => ['--folder', folder]);
    await this.command(['peers', 'trust', peer.deviceId, ...address, ...folders]);
  }

  /** The answer of `lanfold status --json`. Rejects when the command fails. */
  async status(): Promise<unknown> {
    const { stdout } = await this.command(['status', '--json']);
    return JSON.parse(stdout);
  }

  /**
   * The same answer, without a process of its own for each question: two cores that start those again and again have little
   * left for what is measured. Undefined while nobody answers.
   */
  async statusBySocket(): Promise<unknown> {
    const status = await askRunning(homeOf({ home: this.home }), 'status', {}).catch(() => UNREACHABLE);
    return status === UNREACHABLE ? undefined : status;
  }

  /** Asks for the status again and again until `wanted` accepts it, and returns that one. */
  async waitForStatus(
    what: string,
    wanted: (status: unknown) => boolean,
    options: UntilOptions = {},
  ): Promise<unknown> {
    let last: unknown;
    const ask = async (): Promise<{ status: unknown } | undefined> => {
      last = await this.status();
      return wanted(last) ? { status: last } : undefined;
    };
    const detail = (): string => `${JSON.stringify(last)}\n${this.program.tail()}`;
    return (await until(`lanfold: ${what}`, ask, { everyMs: 100, detail, ...options })).status;
  }

  /** Runs any other command on this node's home. Rejects when its exit code is not 0. */
  async command(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    return await lanfold([...args, '--home', this.home], this.#options);
  }

  memory(): Memory {
    return this.program.memory();
  }
}

/** Runs `lanfold ARGS` to its end, whatever that is: for tests of the command line itself. */
export async function runLanfold(
  args: readonly string[],
  options: LanfoldOptions = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const { env = {}, nodeArgs = [] } = options;
  return await run(process.execPath, [...nodeArgs, MAIN, ...args], { env });
}

async function lanfold(args: readonly string[], options: LanfoldOptions): Promise<{ stdout: string; stderr: string }> {
  const { code, signal, stdout, stderr } = await runLanfold(args, { ...options, nodeArgs: [] });
  if (code !== 0) throw new Error(`lanfold ${args.join(' ')} ended with ${code ?? signal}\n${stderr}`);
  return { stdout, stderr };
}
