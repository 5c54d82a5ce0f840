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
import { deviceIdText } from '../core/model/device-id.ts';
import { checkFolderChoice } from '../core/model/folder-choice.ts';
import { openFileTree } from '../edges/disk/file-tree.ts';
import { createDiskPool, type DiskPool } from '../edges/disk/pool.ts';
import { createWatcher } from '../edges/disk/watcher.ts';
import { loadIdentity } from '../edges/net/identity.ts';
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
import { EMPTY_CONFIGURATION, parseConfiguration, printConfiguration, type Configuration } from './configuration.ts';
import { demandDevice } from './device.ts';
import { Engine } from './engine.ts';
import { demandDirectory, freshFolderId } from './folder-directory.ts';
import { FolderHandle } from './folder-handle.ts';
import { lanDiscovery } from './lan.ts';
import { Listeners } from './listeners.ts';
import { withDeparture, withFolder, withName, withoutFolder, withoutPeer, withPeer } from './membership.ts';
import type { NodeEvents } from './node-events.ts';
import { listenOf, type NodeOptions } from './node-options.ts';
import type { Peer } from './peer.ts';
import { peerStatus, type PeerStatus } from './peer-status.ts';
import { Roster } from './roster.ts';

export class Node extends EventEmitter<NodeEvents> {
  /** This device's ID. */
  readonly id: string;
  readonly home: Home;
  readonly #engine: Engine;
  readonly #store: RecordStore;
  readonly #pool: DiskPool;
  readonly #isOffline: boolean;
  readonly #handles = new Map<string, FolderHandle>();
  readonly #listeners = new Listeners();
  readonly #roster: Roster;
  /** Warnings from before anybody could listen; undefined afterwards. */
  #earlyWarnings: LanfoldError[] | undefined = [];
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  /**
   * Opens a node: its identity is made on the first start; its folders start to sync.
   * @throws LanfoldError `E_STATE_LOCKED`, `E_STATE_TOO_NEW`, `E_STATE_BROKEN`, `E_IDENTITY_BROKEN`, `E_PORT_IN_USE`, `E_USAGE`.
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
    this.#store = store;
    this.#pool = pool;
    this.#isOffline = options.offline ?? false;
    const discovery = lanDiscovery({
      choice: options.discovery ?? 'lan',
      virtualToo: options.virtualInterfaces ?? false,
      notebook: join(home.state, 'remembered.json'),
    });
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
        ...(discovery === undefined ? {} : { discovery }),
        events: {
          peer: (peer) => {
            this.emit('peer', this.#statusOf(peer));
            this.#listeners.notifyAll();
          },
          folder: (folder) => {
            this.#listeners.notify(folder.id);
            const handle = this.#handles.get(folder.id);
            if (handle !== undefined) this.emit('folder', handle);
            if (folder.error !== undefined) this.#warn(folder.error);
          },
          saved: (folderId) => this.#listeners.notify(folderId),
          told: (folderId) => this.#listeners.notify(folderId),
          stranger: (stranger, from) =>
            this.emit('stranger', { id: deviceIdText(stranger), address: printAddress(from) }),
          members: (peer, folderId, told) => this.#follow(this.#roster.hear(peer.id, folderId, told)),
          listed: (peer, listed) => this.#follow(this.#roster.hearList(peer.id, listed)),
        },
      },
    );
    this.#roster = new Roster({
      own: this.id,
      configuration,
      engine: this.#engine,
      nowMs: () => systemClock.nowMs(),
      write: (next) => this.#write(next),
      onMember: (news) => this.emit('member', news),
    });
  }

  /** Where this node listens, `host:port`; undefined when it is offline. */
  get listening(): string | undefined {
    const listener = this.#engine.listener;
    return listener === undefined ? undefined : printAddress(listener);
  }

  peers(): PeerStatus[] {
    return this.#engine.peers.map((peer) => this.#statusOf(peer));
  }

  folders(): FolderHandle[] {
    return [...this.#handles.values()];
  }

  /** What is configured, also for folders that could not be opened. */
  get configuration(): Configuration {
    return this.#roster.configuration;
  }

  /**
   * Trusts a device, from now on and after restarts. One that was removed from a folder is a member of it again.
   * @param options.addresses `host:port` each, where to look for it.
   * @param options.folders IDs of folders that it shares: at once, or as soon as they are added here.
   * @param options.introducer a Syncthing whose lists of devices are followed: who shares a folder there shares it here.
   * @throws LanfoldError `E_DEVICE_ID` that says which group of letters is wrong; `E_USAGE` for a wrong address.
   */
  trust(
    deviceId: string,
    options: { name?: string; addresses?: readonly string[]; folders?: readonly string[]; introducer?: boolean } = {},
  ): Promise<string> {
    return this.#roster.inTurn(async () => {
      const id = deviceIdText(demandDevice(deviceId));
      if (id === this.id) throw new LanfoldError('E_USAGE', { subject: `${id} is the ID of this device itself` });
      const { addresses = [], folders = [], ...given } = options;
      const places = addresses.map((address) => printAddress(parseAddress(address)));
      const peer = { id, addresses: places, folders: [...folders], ...given };
      await this.#roster.configure(withPeer(this.configuration, peer, this.#roster.act()));
      return id;
    });
  }

  /**
   * Ends all trust in a device and removes it from every folder that is shared here, for all members: the removal travels, and
   * no introduction undoes it. No file is touched, here or there. @throws LanfoldError `E_PEER_UNKNOWN`.
   */
  forget(deviceId: string): Promise<void> {
    return this.#roster.inTurn(async () => {
      const id = this.#roster.demandPeer(deviceId);
      await this.#roster.configure(withoutPeer(this.configuration, id, this.#roster.act()));
    });
  }

  /** Calls a device by another name, here alone. @throws LanfoldError `E_PEER_UNKNOWN`, `E_USAGE`. */
  rename(deviceId: string, name: string): Promise<void> {
    return this.#roster.inTurn(async () => {
      const id = this.#roster.demandPeer(deviceId);
      if (name.trim() === '') throw new LanfoldError('E_USAGE', { subject: 'a name needs a letter at least' });
      await this.#roster.configure(withName(this.configuration, id, name));
    });
  }

  /**
   * Syncs a directory, from now on and after restarts; for a folder that is known, shares it with more peers. One from which
   * this device was removed is shared again, with those who agree.
   * @param options.id what all members call it. Default: made from the directory's name and chance.
   * @param options.peers device IDs to share it with; each is trusted already.
   * @returns undefined when the node is offline.
   * @throws LanfoldError `E_FOLDER_MISSING`, `E_FOLDER_NOT_A_DIRECTORY`, `E_FOLDER_UNREADABLE`, `E_FOLDER_NESTED`, …
   */
  folder(path: string, options: { id?: string; peers?: readonly string[] } = {}): Promise<FolderHandle | undefined> {
    return this.#roster.inTurn(async () => {
      const directory = demandDirectory(resolve(path));
      const before = this.configuration;
      const known = before.folders.find((folder) => folder.path === directory);
      const id = options.id ?? known?.id ?? freshFolderId(directory, systemChance);
      checkFolderChoice({ id, path: directory }, before.folders, homedir());
      const peers = (options.peers ?? []).map((peer) => this.#roster.demandPeer(peer));
      await this.#roster.configure(withFolder(before, { id, path: directory, peers }, this.#roster.act()));
      try {
        return await this.#openConfigured(id);
      } catch (cause) {
        if (known === undefined) await this.#roster.configure(before);
        throw cause;
      }
    });
  }

  /** Shares a folder that is known here with a peer. @throws LanfoldError `E_FOLDER_UNKNOWN`, `E_PEER_UNKNOWN`. */
  share(folderId: string, deviceId: string): Promise<void> {
    return this.#roster.inTurn(async () => {
      const folder = { ...this.#roster.demandFolder(folderId), peers: [this.#roster.demandPeer(deviceId)] };
      await this.#roster.configure(withFolder(this.configuration, folder, this.#roster.act()));
      await this.#openConfigured(folderId);
    });
  }

  /**
   * Leaves a folder: tells the members that are connected, and through them the others, that this device is none any more,
   * and stops syncing it. No file is touched. @throws LanfoldError `E_FOLDER_UNKNOWN`.
   */
  leave(folderId: string): Promise<void> {
    return this.#roster.inTurn(async () => {
      this.#roster.demandFolder(folderId);
      await this.#roster.configure(withDeparture(this.configuration, folderId, this.#roster.act()));
      await this.#drop(folderId);
    });
  }

  /** Stops syncing a folder; the others still count on this device. No file is touched. @throws LanfoldError `E_FOLDER_UNKNOWN`. */
  removeFolder(folderId: string): Promise<void> {
    return this.#roster.inTurn(async () => {
      this.#roster.demandFolder(folderId);
      await this.#drop(folderId);
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
    if (this.#isOffline) return;
    await this.#engine.start();
    for (const folder of this.configuration.folders) {
      try {
        await this.#roster.inTurn(() => this.#openConfigured(folder.id));
      } catch (cause) {
        if (!(cause instanceof LanfoldError)) throw cause;
        this.#warn(cause); // one folder that cannot be opened does not stop the others
      }
    }
  }

  async #close(): Promise<void> {
    this.#closed.abort(new LanfoldError('E_CLOSED', { subject: 'the node' }));
    this.#listeners.notifyAll();
    await this.#engine.close();
    await this.#pool.close();
    this.#store.close();
  }

  async #write(configuration: Configuration): Promise<void> {
    if (this.#closing !== undefined) throw new LanfoldError('E_CLOSED', { subject: 'the node' });
    await replaceTextFile(configurationPath(this.home), printConfiguration(configuration));
  }

  /** Forgets a folder here. */
  async #drop(folderId: string): Promise<void> {
    await this.#roster.configure(withoutFolder(this.configuration, folderId));
    this.#handles.delete(folderId);
    await this.#engine.removeFolder(folderId);
    this.#store.dropFolder(folderId); // the engine does not know a folder that could not be opened, nor any when offline
  }

  async #openConfigured(id: string): Promise<FolderHandle | undefined> {
    const setup = this.configuration.folders.find((folder) => folder.id === id);
    if (setup === undefined || this.#isOffline) return undefined;
    const { path, peers, members = [] } = setup;
    const before = this.#engine.folder(id);
    const folder = await this.#engine.addFolder({
      id,
      root: path,
      peers: peers.map(demandDevice),
      members,
      stopped: this.#roster.stopReason(setup),
    });
    let handle = this.#handles.get(id);
    if (handle === undefined || folder !== before) {
      handle = new FolderHandle(this.#engine, folder, {
        subscribe: (listener) => this.#listeners.subscribe(id, listener),
        closed: this.#closed.signal,
      });
      this.#handles.set(id, handle);
    }
    return handle;
  }

  #statusOf(peer: Peer): PeerStatus {
    const configured = this.configuration.peers.find(({ id }) => id === peer.id);
    return peerStatus(peer, configured, (device) => this.#roster.nameOf(device));
  }

  /** What others said is being taken over: when that fails, nothing has changed, and they will say it again. */
  #follow(change: Promise<void>): void {
    change.catch((cause: unknown) => {
      if (this.#closing !== undefined) return;
      const subject = configurationPath(this.home);
      this.#warn(
        new LanfoldError('E_STATE_BROKEN', {
          subject,
          because: 'what another member said could not be written',
          cause,
        }),
      );
    });
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
