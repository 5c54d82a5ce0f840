/**
 * A node: one device's identity, configuration, records, folders and peers, on the real world's edges. The only module that
 * names concrete edges.
 * @module
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
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
import { pairingCrypto } from '../edges/net/pairing-crypto.ts';
import { TlsNetwork } from '../edges/net/tls-network.ts';
import { openRecordStore } from '../edges/store/record-store.ts';
import { systemChance } from '../edges/system/chance.ts';
import { systemClock } from '../edges/system/clock.ts';
import { defaultHome, homeIn, type Home } from '../edges/system/home.ts';
import { readTextFile, replaceTextFile } from '../edges/system/text-file.ts';
import { SILENT_LOG } from '../ports/log.ts';
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
  type ConfiguredFolder,
} from './configuration.ts';
import { Engine } from './engine.ts';
import type { DiscoveryEdges } from './finder.ts';
import { demandDirectory, freshFolderId } from './folder-directory.ts';
import { FolderHandle } from './folder-handle.ts';
import { listenOf, type NodeOptions } from './node-options.ts';
import { peerStatus, type PeerStatus } from './peer-status.ts';

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
  /** The last change of the configuration; see {@link Node.#inTurn}. */
  #lastChange: Promise<unknown> = Promise.resolve();
  /** Warnings from before anybody could listen; undefined afterwards. */
  #earlyWarnings: LanfoldError[] | undefined = [];
  readonly #closed = new AbortController();
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
      visit: options.offline ?? false,
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
      try {
        await node.#start();
      } catch (cause) {
        await node.close();
        throw cause;
      }
      systemClock.after(0, () => node.#tellEarlyWarnings());
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
        pairing: pairingCrypto,
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
   * @param options.addresses `host:port` each, where to look for it.
   * @param options.folders IDs of folders that it shares: at once, or as soon as they are added here.
   * @throws LanfoldError `E_DEVICE_ID` that says which group of letters is wrong; `E_USAGE` for a wrong address.
   */
  trust(
    deviceId: string,
    options: { name?: string; addresses?: readonly string[]; folders?: readonly string[] } = {},
  ): Promise<string> {
    return this.#inTurn(async () => {
      const id = deviceIdText(demandDevice(deviceId));
      if (id === this.id) throw new LanfoldError('E_USAGE', { subject: `${id} is the ID of this device itself` });
      const addresses = (options.addresses ?? []).map((address) => printAddress(parseAddress(address)));
      const { name, folders = [] } = options;
      const peer = { id, addresses, folders: [...folders], ...(name === undefined ? {} : { name }) };
      await this.#configure(withPeer(this.#configuration, peer));
      this.#trustConfigured(id);
      for (const folder of folders) await this.#openConfigured(folder);
      return id;
    });
  }

  /** Ends all trust in a device. No file is touched. @throws LanfoldError `E_PEER_UNKNOWN`. */
  forget(deviceId: string): Promise<void> {
    return this.#inTurn(async () => {
      const id = this.#demandPeer(deviceId);
      await this.#configure(withoutPeer(this.#configuration, id));
      this.#engine.forgetPeer(demandDevice(id));
      for (const folder of this.#configuration.folders) await this.#openConfigured(folder.id);
    });
  }

  /**
   * Syncs a directory, from now on and after restarts; for a folder that is known, shares it with more peers.
   * @param options.id what all members call it. Default: made from the directory's name and chance.
   * @param options.peers device IDs to share it with; each is trusted already.
   * @returns undefined when the node is offline.
   * @throws LanfoldError `E_FOLDER_MISSING`, `E_FOLDER_NOT_A_DIRECTORY`, `E_FOLDER_UNREADABLE`, `E_FOLDER_NESTED`, …
   */
  folder(path: string, options: { id?: string; peers?: readonly string[] } = {}): Promise<FolderHandle | undefined> {
    return this.#inTurn(async () => {
      const directory = demandDirectory(resolve(path));
      const known = this.#configuration.folders.find((folder) => folder.path === directory);
      const id = options.id ?? known?.id ?? freshFolderId(directory, systemChance);
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
    });
  }

  /** Shares a folder that is known here with a peer. @throws LanfoldError `E_FOLDER_UNKNOWN`, `E_PEER_UNKNOWN`. */
  share(folderId: string, deviceId: string): Promise<void> {
    return this.#inTurn(async () => {
      const folder = this.#demandFolder(folderId);
      await this.#configure(withFolder(this.#configuration, { ...folder, peers: [this.#demandPeer(deviceId)] }));
      await this.#openConfigured(folderId);
    });
  }

  /** Stops syncing a folder. No file is touched. @throws LanfoldError `E_FOLDER_UNKNOWN`. */
  removeFolder(folderId: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#demandFolder(folderId);
      await this.#configure(withoutFolder(this.#configuration, folderId));
      this.#handles.delete(folderId);
      await this.#engine.removeFolder(folderId);
      this.#store.dropFolder(folderId); // the engine does not know a folder that could not be opened, nor any when offline
    });
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
    this.#closed.abort(new LanfoldError('E_CLOSED', { subject: 'the node' }));
    for (const id of this.#listeners.keys()) this.#notify(id);
    await this.#engine.close();
    await this.#pool.close();
    this.#store.close();
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
      handle = new FolderHandle(this.#engine, folder, {
        subscribe: (listener) => this.#subscribe(id, listener),
        closed: this.#closed.signal,
      });
      this.#handles.set(id, handle);
    }
    return handle;
  }

  /** One change of the configuration after the other: each begins with what the one before has left. */
  #inTurn<Value>(change: () => Promise<Value>): Promise<Value> {
    const turn = this.#lastChange.then(change, change);
    this.#lastChange = turn;
    return turn;
  }

  #demandFolder(folderId: string): ConfiguredFolder {
    const folder = this.#configuration.folders.find(({ id }) => id === folderId);
    if (folder === undefined) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: folderId });
    return folder;
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
    if (this.#earlyWarnings === undefined) this.emit('warning', warning);
    else this.#earlyWarnings.push(warning);
  }

  #tellEarlyWarnings(): void {
    const warnings = this.#earlyWarnings ?? [];
    this.#earlyWarnings = undefined;
    for (const warning of warnings) this.emit('warning', warning);
  }
}

function configurationPath(home: Home): string {
  return join(home.configuration, 'config.json');
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
