/**
 * A real Syncthing, on loopback or on a host of a test's network: started, told what to share, asked how it is, restarted, ended.
 *
 * On loopback it never looks for others; nowhere has it relays, port mapping or reports. It is spoken to through a socket in
 * its home, which no network separates from the test. Its log is kept in memory and goes into the message of a failed wait.
 * @module
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { skippedHere } from './missing.ts';
import { freePort } from './ports.ts';
import { Program, until, type Exit, type Memory } from './process.ts';
import { callRest, type RestMethod } from './rest.ts';
import type {
  Completion,
  Connection,
  FolderConfig,
  FolderStatus,
  ItemError,
  PathError,
  SyncthingFolder,
  SyncthingOptions,
  SyncthingPeer,
  SyncthingVersion,
  WaitOptions,
} from './syncthing-types.ts';

const API_KEY = 'lanfold-test-key';

/** Where Syncthing listens by default, and others look for it. */
const LAN_PORT = 22_000;

/** Nobody listens there, so a peer with this address is only waited for, never dialled. */
const NOWHERE = 'tcp://127.0.0.1:9';

export class Syncthing {
  readonly version: SyncthingVersion;
  /** Where it listens for other devices, as `HOST:PORT`. The same after each restart. */
  readonly address: string;
  /** Its configuration, keys and database. */
  readonly home: string;
  readonly #binary: string;
  readonly #namespace: string | undefined;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #program: Program | undefined;
  #deviceId = '';

  private constructor(options: SyncthingOptions, binary: string, port: number) {
    this.version = options.version;
    this.address = `${options.host?.address ?? '127.0.0.1'}:${port}`;
    this.home = mkdtempSync(join(tmpdir(), `lanfold-syncthing-${options.version}-`));
    this.#binary = binary;
    this.#namespace = options.host?.namespace;
    this.#env = options.env ?? {};
    writeFileSync(join(this.home, 'config.xml'), configXml(this.address, this.#socketPath, options));
  }

  /** Where that version's program is, undefined when it is not installed (`.ci/setup` installs both). */
  static find(version: SyncthingVersion): string | undefined {
    const unpacked = process.env['LANFOLD_TEST_TOOLS'] ?? '/opt/lanfold-test';
    const installed = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'syncthing'));
    const own = join(unpacked, `syncthing-${version}`, 'usr', 'bin', 'syncthing');
    return (version === '1.19.2' ? [own, ...installed] : [own]).find((path) => existsSync(path));
  }

  /** For `test(title, { skip: Syncthing.availability(version) }, …)`: why it must be skipped. Under CI it throws instead. */
  static availability(version: SyncthingVersion): string | undefined {
    const isThere = Syncthing.find(version) !== undefined;
    return skippedHere(`test with Syncthing ${version}`, isThere ? undefined : 'it is not installed, run .ci/setup');
  }

  /** Starts a node with a new identity and returns when it answers, with its peers and folders set. */
  static async start(options: SyncthingOptions): Promise<Syncthing> {
    const binary = Syncthing.find(options.version);
    if (binary === undefined) throw new Error(`Syncthing ${options.version} is not installed: run .ci/setup`);
    const node = new Syncthing(options, binary, options.host === undefined ? await freePort() : LAN_PORT);
    try {
      await node.up();
      for (const peer of options.peers ?? []) await node.addPeer(peer);
      for (const folder of options.folders ?? []) await node.shareFolder(folder);
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  /** As others write it: eight groups of seven letters. */
  get deviceId(): string {
    return this.#deviceId;
  }

  /** The address in the form that {@link Syncthing.addPeer} of another node takes. */
  get asPeer(): SyncthingPeer {
    return { deviceId: this.#deviceId, address: this.address, name: `syncthing-${this.version}` };
  }

  get #socketPath(): string {
    return join(this.home, 'rest.sock');
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** Starts the program again after {@link down} or {@link kill}; returns when its REST interface answers. */
  async up(): Promise<void> {
    const flags = ['--no-browser', '--no-restart', '--no-upgrade', '--no-default-folder', '--logfile=-'];
    const words = ['serve', `--home=${this.home}`, ...flags];
    const inside = this.#namespace === undefined ? [] : ['ip', 'netns', 'exec', this.#namespace];
    const [first = '', ...rest] = [...inside, this.#binary, ...words];
    const program = await Program.start(first, rest, {
      env: {
        // Without the hash benchmark at the start, and as one process instead of a monitor and its child.
        STHASHING: 'standard',
        STMONITORED: 'yes',
        STNOUPGRADE: '1',
        ...this.#env,
      },
    });
    this.#program = program;
    await this.#until('its REST interface answers', async () => {
      if (!program.running) throw new Error(`Syncthing ${this.version} ended at its start\n${program.tail()}`);
      return await this.rest('GET', 'system/ping').then(
        () => true,
        () => undefined,
      );
    });
    const status = (await this.rest('GET', 'system/status')) as { myID: string };
    this.#deviceId = status.myID;
  }

  /** Ends the program as a user would and keeps its home, so that {@link up} goes on from there. */
  async down(): Promise<Exit> {
    return await this.#running().end();
  }

  /** Ends it at once, as a power cut does to a process. {@link up} goes on from there. */
  async kill(): Promise<Exit> {
    return await this.#running().kill('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.down();
    await this.up();
  }

  /** Ends the program and removes its home (never the folders that it shares). May be called again. */
  async stop(): Promise<void> {
    await this.#program?.end();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Any call of Syncthing's REST interface: `rest('GET', 'db/file?folder=a&file=b')`. See {@link callRest}. */
  async rest(method: RestMethod, path: string, body?: unknown): Promise<unknown> {
    return await callRest({ socketPath: this.#socketPath, apiKey: API_KEY }, method, path, body);
  }

  /** Trusts a device. Without an address it is waited for, never dialled. */
  async addPeer(peer: SyncthingPeer): Promise<void> {
    await this.rest('POST', 'config/devices', {
      deviceID: peer.deviceId,
      name: peer.name ?? 'lanfold',
      addresses: [urlOf(peer.address)],
      compression: peer.compression ?? 'metadata',
    });
  }

  /** Shares a folder, which is made when it is missing, with the given devices; the known ones stay. */
  async shareFolder(folder: SyncthingFolder): Promise<void> {
    mkdirSync(folder.path, { recursive: true });
    const known = ((await this.rest('GET', 'config/folders')) as FolderConfig[]).find(({ id }) => id === folder.id);
    const devices = [...(known?.devices ?? []), ...folder.peers.map((deviceID) => ({ deviceID }))];
    // POST, unlike a folder in config.xml, fills all that is not said with Syncthing's defaults.
    await this.rest('POST', 'config/folders', {
      ...known,
      id: folder.id,
      label: folder.id,
      path: folder.path,
      fsWatcherDelayS: 1,
      pullerPauseS: 1,
      minDiskFree: { value: 0, unit: '' },
      ...folder.settings,
      devices,
    });
  }

  /** Has it look at the folder now, or at one name in it; returns when it has. */
  async scan(folder: string, name?: string): Promise<void> {
    await this.rest('POST', `db/scan?${query({ folder, ...(name === undefined ? {} : { sub: name }) })}`);
  }

  async setIgnores(folder: string, lines: readonly string[]): Promise<void> {
    await this.rest('POST', `db/ignores?${query({ folder })}`, { ignore: lines });
  }

  async status(folder: string): Promise<FolderStatus> {
    return (await this.rest('GET', `db/status?${query({ folder })}`)) as FolderStatus;
  }

  /** What a device still lacks of a folder, as this node knows it. */
  async completion(folder: string, device: string): Promise<Completion> {
    return (await this.rest('GET', `db/completion?${query({ folder, device })}`)) as Completion;
  }

  async connection(device: string): Promise<Connection | undefined> {
    const answer = (await this.rest('GET', 'system/connections')) as { connections: Record<string, Connection> };
    return answer.connections[device];
  }

  /** The files that it could not bring up to date, and why. */
  async errors(folder: string): Promise<PathError[]> {
    const answer = (await this.rest('GET', `folder/errors?${query({ folder })}`)) as { errors: PathError[] | null };
    return answer.errors ?? [];
  }

  /** What it would show to its user in a red box, but its dislike of running as root. */
  async systemErrors(): Promise<ItemError[]> {
    const answer = (await this.rest('GET', 'system/error')) as { errors: ItemError[] | null };
    return (answer.errors ?? []).filter(({ message }) => !message.includes('privileged or system user'));
  }

  async waitConnected(device: string, options: WaitOptions = {}): Promise<void> {
    const ask = async (): Promise<true | undefined> => (await this.connection(device))?.connected || undefined;
    await this.#until(`it is connected to ${device}`, ask, options);
  }

  /**
   * Waits until it has all that it knows of, and the given peers too as far as it knows. It cannot know of what a peer
   * has not told yet: give `files` (regular files of the whole folder), or compare the trees and wait again.
   */
  async waitInSync(
    folder: string,
    options: WaitOptions & { files?: number; peers?: readonly string[] } = {},
  ): Promise<void> {
    let last = '';
    await this.#until(
      `folder "${folder}" is in sync`,
      async () => {
        const status = await this.status(folder);
        const peers = await Promise.all((options.peers ?? []).map((device) => this.completion(folder, device)));
        last = JSON.stringify({ status, peers });
        if (status.state !== 'idle' || status.needTotalItems > 0 || status.errors > 0) return undefined;
        if (options.files !== undefined && status.globalFiles !== options.files) return undefined;
        return peers.every(isComplete) || undefined;
      },
      options,
      () => last,
    );
  }

  /** The kernel's account of its process. */
  memory(): Memory {
    return this.#running().memory();
  }

  /** The lines of its log since its last start. */
  get log(): readonly string[] {
    return this.#running().stdout;
  }

  #running(): Program {
    if (this.#program === undefined) throw new Error('This Syncthing was never started');
    return this.#program;
  }

  async #until(
    what: string,
    ask: () => Promise<true | undefined>,
    options: WaitOptions = {},
    state = (): string => '',
  ): Promise<void> {
    const detail = (): string => `${state()}\n${this.#running().tail()}`;
    await until(`Syncthing ${this.version}: ${what}`, ask, { timeoutMs: 60_000, ...options, detail });
  }
}

function isComplete(completion: Completion): boolean {
  return completion.completion === 100 && completion.needItems === 0 && completion.needDeletes === 0;
}

function urlOf(address: SyncthingPeer['address']): string {
  if (address === undefined) return NOWHERE;
  return address === 'dynamic' ? address : `tcp://${address}`;
}

function query(parts: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parts).toString();
}

/** Folders and devices come later by REST: what is left out here gets its default, what is left out of a folder does not. */
function configXml(
  address: string,
  socketPath: string,
  { host, options: changes }: Pick<SyncthingOptions, 'host' | 'options'>,
): string {
  const options = {
    listenAddress: `tcp://${address}`,
    globalAnnounceEnabled: false,
    localAnnounceEnabled: host !== undefined,
    relaysEnabled: false,
    natEnabled: false,
    stunServer: '',
    reconnectionIntervalS: 5,
    startBrowser: false,
    urAccepted: -1,
    urSeen: 3,
    crashReportingEnabled: false,
    autoUpgradeIntervalH: 0,
    minHomeDiskFree: 0,
    setLowPriority: false,
    ...changes,
  };
  const lines = Object.entries(options).map(([name, value]) => `    <${name}>${value}</${name}>`);
  return `<configuration version="36">
  <gui enabled="true" tls="false"><address>${socketPath}</address><apikey>${API_KEY}</apikey></gui>
  <options>
${lines.join('\n')}
  </options>
</configuration>
`;
}
