/**
 * A node: one device's identity, configuration, records, folders and peers.
 * @module
 */
import { EventEmitter } from 'node:events';
import { hostname } from 'node:os';
import { LanfoldError } from '../core/errors.ts';
import { isMember } from '../core/members/member-set.ts';
import { deviceIdText } from '../core/model/device-id.ts';
import { sleep } from '../ports/clock.ts';
import { parseAddress, printAddress } from './address.ts';
import type { CodeOffer } from './pairing/code-offer.ts';
import type { Configuration } from './configuration.ts';
import { demandDevice, readDeviceId } from './device.ts';
import { Engine } from './engine.ts';
import { chosenFolder, type ChosenFolder } from './folder-directory.ts';
import type { FolderHandle } from './folder-handle.ts';
import { FolderHandles } from './folder-handles.ts';
import { FolderOffers, type FolderOffer } from './peer/folder-offers.ts';
import { verifyAtRest } from './folder/health.ts';
import type { VerifyOptions, VerifyReport } from './folder/verifier.ts';
import type { Joining } from './pairing/joining.ts';
import { Follower } from './members/follower.ts';
import { openMachine, type Home, type Machine } from './machine.ts';
import {
  withDeparture,
  withFolder,
  withName,
  withoutFolder,
  withoutPeer,
  withPeer,
  withReleased,
} from './members/membership.ts';
import type { NodeEvents } from './node-events.ts';
import { listenOf, type AddFolderOptions, type NodeOptions } from './node-options.ts';
import { NodePairing, type PairOptions } from './pairing/node-pairing.ts';
import type { Peer } from './peer/peer.ts';
import { peerStatus, type PeerStatus } from './peer-status.ts';
import { Roster } from './members/roster.ts';
import { Warnings } from './warnings.ts';

export class Node extends EventEmitter<NodeEvents> {
  /** This device's ID. */
  readonly id: string;
  readonly home: Home;
  readonly #engine: Engine;
  readonly #machine: Machine;
  readonly #isOffline: boolean;
  readonly #roster: Roster;
  readonly #follower: Follower;
  readonly #pairing: NodePairing;
  readonly #offers: FolderOffers;
  readonly #warnings = new Warnings((warning) => this.emit('warning', warning));
  readonly #closed = new AbortController();
  readonly #handles = new FolderHandles(this.#closed.signal);
  #closing: Promise<void> | undefined;

  /**
   * Opens a node: its identity is made on the first start; its folders start to sync.
   * @throws LanfoldError `E_STATE_LOCKED`, `E_STATE_TOO_NEW`, `E_STATE_BROKEN`, `E_IDENTITY_BROKEN`, `E_PORT_IN_USE`, `E_USAGE`.
   */
  static async open(options: NodeOptions = {}): Promise<Node> {
    return await Node.at(await openMachine(options), options);
  }

  /** Opens a node on a machine that is open, and closes with it. @throws LanfoldError `E_PORT_IN_USE`, `E_USAGE`. */
  static async at(machine: Machine, options: NodeOptions = {}): Promise<Node> {
    const node = new Node(options, machine);
    for (const warning of machine.warnings) node.#warnings.tell(warning);
    try {
      await node.#start();
    } catch (cause) {
      await node.close();
      throw cause;
    }
    machine.edges.clock.after(0, () => node.#warnings.flush());
    return node;
  }

  private constructor(options: NodeOptions, machine: Machine) {
    super();
    const { home, edges, configuration, discovery, pairing } = machine;
    this.home = home;
    this.id = deviceIdText(edges.device);
    this.#machine = machine;
    this.#isOffline = options.offline ?? false;
    this.#engine = new Engine(edges, {
      name: options.name ?? configuration.name ?? hostname(),
      listen: listenOf(options.listen),
      ...(pairing === undefined ? {} : { pairing }),
      ...(discovery === undefined ? {} : { discovery }),
      events: {
        peer: (peer) => {
          if (!peer.isConnected) this.#offers.lost(peer);
          this.emit('peer', this.#statusOf(peer));
          this.#handles.notifyAll();
        },
        connected: (peer) => this.emit('connected', this.#statusOf(peer)),
        seen: ({ id, name }, hint) => this.emit('seen', { id, name, address: printAddress(hint), via: hint.via }),
        folder: (folder) => {
          this.#handles.notify(folder.id);
          const handle = this.#handles.get(folder.id);
          if (handle !== undefined) this.emit('folder', handle);
          if (folder.error !== undefined) this.#warnings.tell(folder.error);
        },
        saved: (folderId) => this.#handles.notify(folderId),
        told: (folderId) => this.#handles.notify(folderId),
        warning: (warning) => this.#warnings.tell(warning),
        stranger: (device, from) => {
          const request = this.#pairing.request(device, from);
          this.emit('stranger', { id: request.id, address: request.address });
          this.emit('pair-request', request);
        },
        configured: (peer, config) => this.#offers.configured(peer, config),
        members: (peer, folderId, told) =>
          this.#follower.follow(`${peer.id} ${folderId}`, () => this.#roster.hear(peer.id, folderId, told)),
        listed: (peer, listed) => this.#follower.follow(peer.id, () => this.#roster.hearList(peer.id, listed)),
      },
    });
    this.#roster = new Roster({
      own: this.id,
      configuration,
      engine: this.#engine,
      nowMs: () => edges.clock.nowMs(),
      write: (next) => this.#write(next),
      onMember: (news) => this.emit('member', news),
      onNotInForce: () => this.#follower.follow('', () => this.#roster.putInForce()),
    });
    this.#follower = new Follower({
      clock: edges.clock,
      isClosed: () => this.#closing !== undefined,
      onFailure: (cause) => {
        const because = 'what another member said could not be written; it is tried again';
        this.#warnings.tell(new LanfoldError('E_STATE_BROKEN', { subject: machine.configurationPath, because, cause }));
      },
    });
    this.#pairing = new NodePairing(this, this.#engine);
    this.#offers = new FolderOffers({
      own: edges.device,
      isKnown: (folderId) => this.configuration.folders.some(({ id }) => id === folderId),
      onOffer: (offer) => this.emit('offer', offer),
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
    return this.#handles.all();
  }

  /** Folders that peers shared with this device when they were connected last, and that are not here. */
  offers(): FolderOffer[] {
    return this.#engine.peers.flatMap((peer) => this.#offers.of(peer));
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
      const id = readDeviceId(deviceId);
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
   * @param options.held if it is new here: look and listen, but bring and tell nothing before {@link Node.release}.
   * @returns undefined when the node is offline.
   * @throws LanfoldError `E_FOLDER_MISSING`, `E_FOLDER_NOT_A_DIRECTORY`, `E_FOLDER_UNREADABLE`, `E_FOLDER_NESTED`, …
   */
  folder(path: string, options: AddFolderOptions = {}): Promise<FolderHandle | undefined> {
    return this.#roster.inTurn(async () => {
      const before = this.configuration;
      const { id, path: directory, isKnown } = this.checkFolder(path, options.id);
      const peers = (options.peers ?? []).map((peer) => this.#roster.demandPeer(peer));
      const held = options.held === true && !isKnown ? { held: true } : {};
      const members = before.folders.find((folder) => folder.id === id)?.members ?? [];
      // Of those that it is shared with, where this device takes no part yet.
      const sharing = this.#engine.peers.filter((peer) => peers.includes(peer.id) || isMember(members, peer.id));
      const words = isMember(members, this.id) ? [] : this.#engine.hearsay.wordsOn(sharing, id, this.id);
      const added = { id, path: directory, peers, ...held };
      await this.#roster.configure(withFolder(before, added, this.#roster.act(), words));
      try {
        return await this.#openConfigured(id);
      } catch (cause) {
        if (!isKnown) await this.#roster.configure(before);
        throw cause;
      }
    });
  }

  /** May this directory be added under this ID? @returns as what. @throws as {@link Node.folder}. */
  checkFolder(path: string, id?: string): ChosenFolder {
    const { edges, directories } = this.#machine;
    return chosenFolder(path, id, this.configuration.folders, directories, edges.chance);
  }

  /** A held folder may join: from now on it is synced. @throws LanfoldError `E_FOLDER_UNKNOWN`. */
  release(folderId: string): Promise<void> {
    return this.#roster.inTurn(async () => {
      this.#roster.demandFolder(folderId);
      await this.#roster.configure(withReleased(this.configuration, folderId));
      this.#engine.folder(folderId)?.release();
    });
  }

  /**
   * Shows a code, at which another device joins; one that is shown already is closed first.
   * @throws LanfoldError `E_FOLDER_UNKNOWN`; `E_CLOSED` when the node is offline.
   */
  pair(options: PairOptions = {}): CodeOffer {
    return this.#pairing.pair(options);
  }

  /** Looks for devices that show a code, until it is closed or has joined one. @throws LanfoldError `E_CLOSED` when offline. */
  join(): Joining {
    return this.#pairing.join();
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

  /**
   * As {@link FolderHandle.verify}, also when this node is offline: then the disk is held against the records, and what is
   * damaged is listed for the next run. @throws LanfoldError `E_FOLDER_UNKNOWN`, `E_FOLDER_MISSING`, `E_FOLDER_SWAPPED`, …
   */
  async verify(folderId: string, options: VerifyOptions = {}): Promise<VerifyReport> {
    const handle = this.#handles.get(folderId);
    if (handle !== undefined) return await handle.verify(options);
    const { id, path: root } = this.#roster.demandFolder(folderId);
    return await verifyAtRest(this.#engine.edges, { id, root }, options);
  }

  /**
   * Holds the records against themselves: is their file whole, do counts, lists of blocks and sequence numbers agree?
   * @returns what is wrong, a sentence each. It goes on with them, and the next start sets them aside and rebuilds them from
   * disk and peers. @throws the signal's reason when it is aborted.
   */
  async checkRecords(options: { readonly signal?: AbortSignal } = {}): Promise<readonly string[]> {
    const signal = AbortSignal.any([this.#closed.signal, ...[options.signal ?? []].flat()]);
    const { clock, store } = this.#engine.edges;
    return await store.check(() => sleep(clock, 0, signal));
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
        await this.#roster.inTurn(() => this.#openConfigured(folder.id, true));
      } catch (cause) {
        if (!(cause instanceof LanfoldError)) throw cause;
        this.#warnings.tell(cause); // one folder that cannot be opened does not stop the others
      }
    }
  }

  async #close(): Promise<void> {
    this.#closed.abort(new LanfoldError('E_CLOSED', { subject: 'the node' }));
    this.#handles.notifyAll();
    this.#pairing.close();
    await this.#engine.close();
    await this.#machine.close();
  }

  async #write(configuration: Configuration): Promise<void> {
    if (this.#closing !== undefined) throw new LanfoldError('E_CLOSED', { subject: 'the node' });
    await this.#machine.write(configuration);
  }

  /** Forgets a folder here. */
  async #drop(folderId: string): Promise<void> {
    await this.#roster.configure(withoutFolder(this.configuration, folderId));
    this.#handles.drop(folderId);
    await this.#engine.removeFolder(folderId);
    this.#engine.edges.store.dropFolder(folderId); // the engine does not know a folder that could not be opened, nor any when offline
  }

  /** @param waits it was configured before this run. */
  async #openConfigured(id: string, waits = false): Promise<FolderHandle | undefined> {
    const setup = this.configuration.folders.find((folder) => folder.id === id);
    if (setup === undefined || this.#isOffline) return undefined;
    const { path, peers, members = [] } = setup;
    const folder = await this.#engine.addFolder({
      id,
      root: path,
      peers: peers.map(demandDevice),
      members,
      stopped: this.#roster.stopReason(setup),
      isHeld: setup.held ?? false,
      waits,
    });
    return this.#handles.of(folder, this.#engine);
  }

  #statusOf(peer: Peer): PeerStatus {
    const configured = this.configuration.peers.find(({ id }) => id === peer.id);
    return peerStatus(peer, configured, (device) => this.#roster.nameOf(device));
  }
}
