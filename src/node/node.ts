/**
 * A node: one device's identity, configuration, records, folders and peers, on the real world's edges. The only module that
 * names concrete edges.
 * @module
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { LanfoldError } from '../core/errors.ts';
import { deviceIdText, parseDeviceId } from '../core/model/device-id.ts';
import { checkFolderChoice } from '../core/model/folder-choice.ts';
import { openFileTree } from '../edges/disk/file-tree.ts';
import { createDiskPool, type DiskPool } from '../edges/disk/pool.ts';
import { createWatcher } from '../edges/disk/watcher.ts';
import { UdpBeacons } from '../edges/net/beacon.ts';
import { loadIdentity } from '../edges/net/identity.ts';
import { systemInterfaces } from '../edges/net/interfaces.ts';
import { SystemNeighbourTable } from '../edges/net/neighbours.ts';
import { TlsNetwork } from '../edges/net/tls-network.ts';
import { openRecordStore } from '../edges/store/record-store.ts';
import { systemChance } from '../edges/system/chance.ts';
import { systemClock } from '../edges/system/clock.ts';
import { defaultHome, homeIn, type Home } from '../edges/system/home.ts';
import { readTextFile, replaceTextFile } from '../edges/system/text-file.ts';
import { SILENT_LOG, type Log } from '../ports/log.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { parseAddress, printAddress } from './address.ts';
import {
  EMPTY_CONFIGURATION,
  parseConfiguration,
  printConfiguration,
  withFolder,
  withoutFolder,
  withoutPeer,
  withPeer,
  type Configuration,
} from './configuration.ts';
import { Engine } from './engine.ts';
import type { DiscoveryEdges } from './finder.ts';
import { FolderHandle } from './folder-handle.ts';
import type { PeerKind } from './peer.ts';

export interface NodeOptions {
  /** Directory that holds identity, configuration and records. Default: the system's own places. */
  readonly home?: string;
  /** `host:port`; a port that is taken is an error then. Default: all interfaces, port 1111, or the next free of 1113–1119. */
  readonly listen?: string;
  /** `lan`: look for peers on the local network. `off`: dial known addresses only. Default `lan`. */
  readonly discovery?: 'lan' | 'off';
  /** Also look on the interfaces of containers and tunnels. Default false. */
  readonly virtualInterfaces?: boolean;
  /** What peers see. Default: the configured name, or the host's. */
  readonly name?: string;
  /** Default: silence. */
  readonly log?: Log;
  /** Open the home to read and change the configuration, and nothing more: no folder, no network. Default false. */
  readonly offline?: boolean;
}

export interface PeerStatus {
  readonly id: string;
  readonly name: string | undefined;
  readonly kind: PeerKind;
  readonly connected: boolean;
  /** When that began, milliseconds since 1970. */
  readonly sinceMs: number | undefined;
  readonly address: string | undefined;
  readonly addresses: readonly string[];
}

export interface NodeEvents {
  /** A peer connected or was lost. */
  peer: [peer: PeerStatus];
  /** A folder's state changed. */
  folder: [folder: FolderHandle];
  /** Something is less than it should be; the node goes on. */
  warning: [warning: LanfoldError];
  /** A device that is not trusted here tried to connect. */
  stranger: [device: { readonly id: string; readonly address: string }];
}

/** lanfold's port, then the ones that it takes when that is taken (1112 is kept for meeting behind firewalls). */
export const LISTEN_PORTS: readonly number[] = [1111, 1113, 1114, 1115, 1116, 1117, 1118, 1119];

export class Node extends EventEmitter<NodeEvents> {
  /** This device's ID. */
  readonly id: string;
  readonly home: Home;
  readonly #engine: Engine;
  readonly #store: RecordStore;
  readonly #pool: DiskPool;
  readonly #isOffline: boolean;
  readonly #handles = new Map<string, FolderHandle>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #configuration: Configuration;
  #closing: Promise<void> | undefined;

  /**
   * Opens a node: its identity is made on the first start; its folders start to sync.
   * @throws LanfoldError `E_STATE_LOCKED`, `E_STATE_TOO_NEW`, `E_STATE_BROKEN`, `E_IDENTITY_BROKEN`, `E_PORT_IN_USE`.
   */
  static async open(options: NodeOptions = {}): Promise<Node> {
    const home = options.home === undefined ? defaultHome() : homeIn(options.home);
    for (const directory of [home.configuration, home.state]) mkdirSync(directory, { recursive: true, mode: 0o700 });
    const rebuilt: string[] = [];
    const store = openRecordStore(join(home.state, 'records.sqlite'), {
      randomBytes: (length) => systemChance.bytes(length),
      onRebuilt: (reason) => rebuilt.push(reason),
    });
    try {
      const identity = await loadIdentity(home.configuration);
      const path = configurationPath(home);
      const text = await readTextFile(path);
      const configuration = text === undefined ? EMPTY_CONFIGURATION : parseConfiguration(text, path);
      const pool = createDiskPool();
      const network = new TlsNetwork(identity);
      const node = new Node(options, home, configuration, store, pool, identity.device, network);
      for (const reason of rebuilt) {
        node.#warn(
          new LanfoldError('E_STATE_BROKEN', {
            subject: home.state,
            because: `${reason}; it is rebuilt from disk and peers`,
          }),
        );
      }
      await node.#start();
      return node;
    } catch (cause) {
      store.close();
      throw cause;
    }
  }

  private constructor(
    options: NodeOptions,
    home: Home,
    configuration: Configuration,
    store: RecordStore,
    pool: DiskPool,
    device: Uint8Array,
    network: TlsNetwork,
  ) {
    super();
    this.home = home;
    this.id = deviceIdText(device);
    this.#configuration = configuration;
    this.#store = store;
    this.#pool = pool;
    this.#isOffline = options.offline ?? false;
    this.#engine = new Engine(
      {
        clock: systemClock,
        chance: systemChance,
        log: options.log ?? SILENT_LOG,
        network,
        store,
        device,
        digest: (bytes) => createHash('sha256').update(bytes).digest(),
        openTree: (root) => openFileTree(root, { pool }),
        createWatcher: (root) => createWatcher(root),
      },
      {
        name: options.name ?? configuration.name ?? hostname(),
        listen: listenOf(options.listen),
        ...(options.discovery === 'off' ? {} : { discovery: lanDiscovery(options.virtualInterfaces ?? false) }),
        events: {
          peer: (peer) => {
            this.emit('peer', peerStatus(peer));
            for (const id of this.#handles.keys()) this.#notify(id);
          },
          folder: (folder) => {
            this.#notify(folder.id);
            const handle = this.#handles.get(folder.id);
            if (handle !== undefined) this.emit('folder', handle);
            if (folder.error !== undefined) this.#warn(folder.error);
          },
          saved: (folderId) => this.#notify(folderId),
          told: (folderId) => this.#notify(folderId),
          stranger: (stranger, from) =>
            this.emit('stranger', { id: deviceIdText(stranger), address: printAddress(from) }),
        },
      },
    );
  }

  /** Where this node listens, `host:port`; undefined when it is offline. */
  get listening(): string | undefined {
    const listener = this.#engine.listener;
    return listener === undefined ? undefined : printAddress(listener);
  }

  peers(): PeerStatus[] {
    return this.#engine.peers.map(peerStatus);
  }

  folders(): FolderHandle[] {
    return [...this.#handles.values()];
  }

  /** What is configured, also for folders that could not be opened. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /**
   * Trusts a device, from now on and after restarts.
   * @throws LanfoldError `E_DEVICE_ID` that says which group of letters is wrong.
   */
  async trust(deviceId: string, options: { name?: string; addresses?: readonly string[] } = {}): Promise<string> {
    const device = demandDevice(deviceId);
    const id = deviceIdText(device);
    const addresses = (options.addresses ?? []).map((address) => printAddress(parseAddress(address)));
    const { name } = options;
    await this.#configure(withPeer(this.#configuration, { id, addresses, ...(name === undefined ? {} : { name }) }));
    this.#trustConfigured(id);
    return id;
  }

  /** Ends all trust in a device. No file is touched. @throws LanfoldError `E_PEER_UNKNOWN`. */
  async forget(deviceId: string): Promise<void> {
    const device = demandDevice(deviceId);
    const id = deviceIdText(device);
    if (!this.#configuration.peers.some((peer) => peer.id === id))
      throw new LanfoldError('E_PEER_UNKNOWN', { subject: id });
    await this.#configure(withoutPeer(this.#configuration, id));
    this.#engine.forgetPeer(device);
    for (const folder of this.#configuration.folders) await this.#openConfigured(folder.id);
  }

  /**
   * Syncs a directory, from now on and after restarts; for a folder that is known, shares it with more peers.
   * @param options.id what all members call it. Default: made from the directory's name and chance.
   * @param options.peers device IDs to share it with; each is trusted already.
   * @throws LanfoldError `E_FOLDER_MISSING`, `E_FOLDER_NOT_A_DIRECTORY`, `E_FOLDER_UNREADABLE`, `E_FOLDER_NESTED`, …
   */
  async folder(
    path: string,
    options: { id?: string; peers?: readonly string[] } = {},
  ): Promise<FolderHandle | undefined> {
    const directory = demandDirectory(resolve(path));
    const known = this.#configuration.folders.find((folder) => folder.path === directory);
    const id = options.id ?? known?.id ?? freshFolderId(directory);
    checkFolderChoice({ id, path: directory }, this.#configuration.folders, homedir());
    const peers = (options.peers ?? []).map((peer) => this.#demandPeer(peer));
    const before = this.#configuration;
    await this.#configure(withFolder(before, { id, path: directory, peers }));
    try {
      return await this.#openConfigured(id);
    } catch (cause) {
      if (known === undefined) await this.#configure(before);
      throw cause;
    }
  }

  /** Shares a folder that is known here with a peer. */
  async share(folderId: string, deviceId: string): Promise<void> {
    const folder = this.#configuration.folders.find(({ id }) => id === folderId);
    if (folder === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: folderId });
    await this.#configure(withFolder(this.#configuration, { ...folder, peers: [this.#demandPeer(deviceId)] }));
    await this.#openConfigured(folderId);
  }

  /** Stops syncing a folder. No file is touched. */
  async removeFolder(folderId: string): Promise<void> {
    if (!this.#configuration.folders.some(({ id }) => id === folderId)) {
      throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: folderId });
    }
    await this.#configure(withoutFolder(this.#configuration, folderId));
    this.#handles.delete(folderId);
    await this.#engine.removeFolder(folderId);
  }

  /** Ends everything; what is under way is given up and nothing is lost. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    for (const peer of this.#configuration.peers) this.#trustConfigured(peer.id);
    if (this.#isOffline) return;
    await this.#engine.start();
    for (const folder of this.#configuration.folders) {
      try {
        await this.#openConfigured(folder.id);
      } catch (cause) {
        if (!(cause instanceof LanfoldError)) throw cause;
        this.#warn(cause); // one folder that cannot be opened does not stop the others
      }
    }
  }

  async #close(): Promise<void> {
    await this.#engine.close();
    await this.#pool.close();
    this.#store.close();
    for (const id of this.#listeners.keys()) this.#notify(id);
  }

  async #configure(configuration: Configuration): Promise<void> {
    if (this.#closing !== undefined) throw new LanfoldError('E_CLOSED', { subject: 'the node' });
    await replaceTextFile(configurationPath(this.home), printConfiguration(configuration));
    this.#configuration = configuration;
  }

  #trustConfigured(id: string): void {
    const peer = this.#configuration.peers.find((candidate) => candidate.id === id);
    if (peer === undefined) return;
    const { name, addresses } = peer;
    this.#engine.trustPeer({
      device: demandDevice(id),
      ...(name === undefined ? {} : { name }),
      addresses: addresses.map(parseAddress),
    });
  }

  async #openConfigured(id: string): Promise<FolderHandle | undefined> {
    const setup = this.#configuration.folders.find((folder) => folder.id === id);
    if (setup === undefined || this.#isOffline) return undefined;
    const folder = await this.#engine.addFolder({ id, root: setup.path, peers: setup.peers.map(demandDevice) });
    let handle = this.#handles.get(id);
    if (handle === undefined) {
      handle = new FolderHandle(this.#engine, folder, { subscribe: (listener) => this.#subscribe(id, listener) });
      this.#handles.set(id, handle);
    }
    return handle;
  }

  #demandPeer(deviceId: string): string {
    const id = deviceIdText(demandDevice(deviceId));
    if (!this.#configuration.peers.some((peer) => peer.id === id))
      throw new LanfoldError('E_PEER_UNKNOWN', { subject: id });
    return id;
  }

  #subscribe(folderId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(folderId) ?? new Set();
    this.#listeners.set(folderId, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #notify(folderId: string): void {
    for (const listener of [...(this.#listeners.get(folderId) ?? [])]) listener();
  }

  #warn(warning: LanfoldError): void {
    this.emit('warning', warning);
  }
}

function configurationPath(home: Home): string {
  return join(home.configuration, 'config.json');
}

function listenOf(listen: string | undefined): { host?: string; ports: readonly number[] } {
  if (listen === undefined) return { ports: LISTEN_PORTS };
  const { host, port } = parseAddress(listen);
  return { host, ports: [port] };
}

function lanDiscovery(virtualToo: boolean): DiscoveryEdges {
  return {
    interfaces: systemInterfaces,
    neighbours: new SystemNeighbourTable(),
    beacons: new UdpBeacons({ interfaces: systemInterfaces, virtualToo }),
    virtualToo,
  };
}

function demandDevice(text: string): Uint8Array {
  const parsed = parseDeviceId(text);
  if (parsed.ok) return parsed.device;
  throw new LanfoldError('E_DEVICE_ID', { subject: text, because: parsed.message });
}

function demandDirectory(path: string): string {
  try {
    const real = realpathSync(path);
    if (!statSync(real).isDirectory()) throw new LanfoldError('E_FOLDER_NOT_A_DIRECTORY', { subject: path });
    return real;
  } catch (cause) {
    if (cause instanceof LanfoldError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const kind = code === 'EACCES' || code === 'EPERM' ? 'E_FOLDER_UNREADABLE' : 'E_FOLDER_MISSING';
    throw new LanfoldError(kind, { subject: path, cause });
  }
}

/** A name that people recognise, and chance so that two folders of one name are two. */
function freshFolderId(directory: string): string {
  const base = directory.slice(directory.lastIndexOf('/') + 1).toLowerCase();
  const readable = base.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 32);
  const random = [...systemChance.bytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${readable}-${random}`;
}

function peerStatus(peer: Engine['peers'][number]): PeerStatus {
  return {
    id: peer.id,
    name: peer.name,
    kind: peer.kind,
    connected: peer.isConnected,
    sinceMs: peer.sinceMs,
    address: peer.address === undefined ? undefined : printAddress(peer.address),
    addresses: peer.configuredAddresses.map(printAddress),
  };
}
