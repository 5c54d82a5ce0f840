/**
 * A node's engine: folders, peers, and the conversations between them, on whatever edges it is given.
 *
 * What goes where: a folder never sees a peer, only records and {@link Sources}; a conversation never sees the disk, only
 * folders; the engine joins them and owns the lifetimes.
 */
import type { Hint, MissingPeer } from '../core/discovery/candidates.ts';
import type { Found } from '../core/discovery/layers.ts';
import { LanfoldError } from '../core/errors.ts';
import { haveSameMembers, isMember, memberOf, NO_MEMBERS, type MemberSet } from '../core/members/member-set.ts';
import { deviceIdText, shortId } from '../core/model/device-id.ts';
import { Stamps } from '../core/session/rivals.ts';
import { readHeld } from '../core/wire/held.ts';
import type { ClusterConfig, Ping } from '../core/wire/messages.ts';
import type { Listener, PairingStream, Stream } from '../ports/network.ts';
import { Arrivals } from './peer/arrivals.ts';
import { Conversation } from './peer/conversation.ts';
import type { ConversationHost } from './peer/conversation-host.ts';
import type { Greeting } from './peer/greeting.ts';
import type { Edges } from './edges.ts';
import type { EngineOptions, FolderSetup, PeerSetup } from './engine-options.ts';
import { keyOf } from './discovery/layer.ts';
import type { WaitingHost } from './discovery/waiting-search.ts';
import { Finder } from './discovery/finder.ts';
import { HISTORY_LIMITS } from './folder/folder-options.ts';
import { newInFlight } from './folder/fetcher.ts';
import { Folder } from './folder/folder.ts';
import type { Shared } from './folder/shared.ts';
import { Hearsay } from './peer/hearsay.ts';
import { endsOf, farewell, farewellsTo, ownConfig, withWords, type ConfigDraft, type Ends } from './peer/own-config.ts';
import { Pairing } from './pairing/pairing.ts';
import { newPaces } from './peer/pace.ts';
import { Peer } from './peer/peer.ts';
import type { Source, Sources } from './peer/sources.ts';
import { Twins } from './peer/twins.ts';

export class Engine implements ConversationHost<Conversation>, Sources {
  readonly edges: Edges;
  readonly pairing: Pairing | undefined;
  readonly name: string;
  /** Short ID of this device. */
  readonly short: bigint;
  readonly twins: Twins;
  readonly hearsay: Hearsay;
  readonly stamps = new Stamps();
  readonly paces = newPaces();
  readonly #options: EngineOptions;
  readonly #id: string;
  readonly #folders = new Map<string, Shared>();
  readonly #peers = new Map<string, Peer>();
  readonly #inFlight = newInFlight();
  readonly #finder: Finder;
  readonly #arrivals = new Arrivals();
  #listener: Listener | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(edges: Edges, options: EngineOptions) {
    this.edges = edges;
    this.#options = options;
    this.name = options.name;
    this.twins = new Twins(edges, (warning) => options.events?.warning?.(warning));
    this.short = shortId(edges.device);
    this.pairing = options.pairing && new Pairing(edges, options.pairing, options.name);
    this.#id = deviceIdText(edges.device);
    this.#finder = new Finder({
      edges,
      discovery: options.discovery,
      missing: () => this.#missing(),
      listenPort: () => this.#listener?.port ?? 0,
      connected: (stream, found) => this.#accept(stream, found),
      heard: (device, hints) => this.#announced(device, hints),
      isTrusted: (device) => this.#peers.has(keyOf(device)),
      addressesGone: (addresses) => this.#arrivals.closeFrom(addresses, this.#peers.values()),
      ...(this.pairing === undefined ? {} : { pairing: this.pairing }),
    });
    this.hearsay = new Hearsay({
      events: options.events,
      peersOf: (folderId) => this.peersOf(folderId),
      isHere: (folderId) => this.#folders.has(folderId),
      look: () => this.#finder.look(),
    });
  }

  /** Listens, and starts to look for peers. @throws LanfoldError `E_PORT_IN_USE`. */
  async start(): Promise<void> {
    this.#listener = await this.edges.network.listen({
      ...this.#options.listen,
      accepts: (device) => this.#peers.has(keyOf(device)),
      onStream: (stream) => this.#accept(stream, this.#finder.incoming(stream.device)),
      onStranger: (device, from) => this.#options.events?.stranger?.(device, from),
      ...(this.pairing === undefined ? {} : { pairing: this.pairing }),
    });
    await this.#finder.start();
  }

  /** Ends everything, in the reverse order. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.pairing?.close();
    await this.#finder.close();
    for (const peer of this.#peers.values())
      for (const conversation of peer.conversations) conversation.close('shutting down');
    await this.#listener?.close();
    await Promise.all([...this.#folders.values()].map(({ folder }) => folder.close()));
  }

  /** Where this node listens; undefined before {@link start}. */
  get listener(): Listener | undefined {
    return this.#listener;
  }

  /** Trusts a device from now on; known addresses are replaced by those given. */
  trustPeer(setup: PeerSetup): void {
    const key = keyOf(setup.device);
    const peer = this.#peers.get(key) ?? new Peer(setup.device, setup.name, setup.addresses);
    this.#peers.set(key, peer);
    peer.configure(setup.addresses);
    peer.hint(setup.hints ?? []);
    peer.name = setup.name ?? peer.name;
    const isNews = setup.introducer === true && !peer.isIntroducer;
    peer.isIntroducer = setup.introducer ?? false;
    if (isNews) this.hearsay.hearAgain(peer);
    this.#finder.look();
  }

  /** Pairing was opened or closed: the link hears of it. */
  pairingChanged(): void {
    this.#finder.look();
  }

  /** Tells of each host on the link that waits to be paired. @returns ends the search. */
  searchWaiting(found: (host: WaitingHost) => void): () => void {
    return this.#finder.searchWaiting(found);
  }

  /** Another connection with a host that waits, for the next try with its code. @throws LanfoldError E_PEER_UNREACHABLE. */
  reachWaiting(host: WaitingHost, signal: AbortSignal): Promise<PairingStream> {
    return this.#finder.reachWaiting(host, signal);
  }

  /** Ends all trust: conversations close now, what the device said is forgotten. No file is touched. */
  forgetPeer(device: Uint8Array): void {
    const peer = this.#peers.get(keyOf(device));
    if (peer === undefined) return;
    this.#peers.delete(keyOf(device));
    this.#finder.forget(device);
    for (const conversation of peer.conversations) conversation.close('not trusted any more');
    for (const { folder } of this.#folders.values()) folder.records.dropRemote(peer.short);
  }

  /** Opens a folder, or changes whom it is shared with. @throws LanfoldError when its root is unusable. */
  async addFolder(setup: FolderSetup): Promise<Folder> {
    const peers = new Set(setup.peers.map(keyOf));
    const members = setup.members ?? NO_MEMBERS;
    const known = this.#folders.get(setup.id);
    if (known?.isStopped === false) {
      this.#share(known, { ...known, peers, members });
      return known.folder;
    }
    const folder = new Folder({
      id: setup.id,
      root: setup.root,
      edges: this.edges,
      device: this.short,
      sources: this,
      inFlight: this.#inFlight,
      historyLimits: setup.historyLimits ?? HISTORY_LIMITS,
      isHeld: setup.isHeld ?? false,
      waits: setup.waits ?? false,
      onSaved: (saved) => {
        this.#announce(setup.id);
        this.#options.events?.saved?.(setup.id, saved);
      },
      onRenewed: () => this.renewed(setup.id),
      onTold: () => this.#options.events?.told?.(setup.id),
      onState: () => {
        this.#announce(setup.id); // a first scan that ends lets the first index out
        this.#options.events?.folder?.(folder);
      },
    });
    await (setup.stopped === undefined ? folder.open() : folder.close(setup.stopped));
    if (this.#closed) {
      await folder.close();
      throw new LanfoldError('E_CLOSED', { subject: 'the node' });
    }
    this.#folders.set(setup.id, { folder, peers, members, isStopped: setup.stopped !== undefined });
    this.#reconfigure();
    for (const peer of this.peersOf(setup.id)) this.hearsay.hearAgain(peer);
    return folder;
  }

  /** This device is a member no longer: tells the others, if they are connected, and stops. No file is touched. */
  async stopFolder(id: string, members: MemberSet, reason?: LanfoldError): Promise<void> {
    const known = this.#folders.get(id);
    if (known === undefined) return;
    try {
      this.#share(known, { folder: known.folder, peers: new Set(), members, isStopped: true });
    } finally {
      await known.folder.close(reason);
    }
  }

  /** Stops syncing a folder, and drops its records. No file is touched. */
  async removeFolder(id: string): Promise<void> {
    const known = this.#folders.get(id);
    if (known === undefined) return;
    this.#folders.delete(id);
    this.#reconfigure();
    await known.folder.close();
    this.edges.store.dropFolder(id);
  }

  /** True for a folder that is being synced, also while it waits for its root. */
  isOpen(id: string): boolean {
    return this.#folders.get(id)?.isStopped === false;
  }

  folder(id: string): Folder | undefined {
    return this.#folders.get(id)?.folder;
  }

  get folders(): readonly Folder[] {
    return [...this.#folders.values()].map(({ folder }) => folder);
  }

  get peers(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  /** Peers that a folder is shared with. */
  peersOf(folderId: string): Peer[] {
    return this.peers.filter(({ device }) => this.#folders.get(folderId)?.peers.has(keyOf(device)));
  }

  // --- Sources: whom a folder can ask for blocks

  of(folderId: string): readonly Source[] {
    return this.peersOf(folderId).flatMap((peer) => (peer.active?.serves(folderId) ? [peer.active] : []));
  }

  // --- ConversationHost: what a conversation needs of its node

  foldersFor(device: Uint8Array): Folder[] {
    return this.#sharedWith(device).map(({ folder }) => folder);
  }

  greeted(conversation: Conversation, greeting: Greeting): boolean {
    const peer = this.#peers.get(keyOf(conversation.device));
    if (peer === undefined) {
      conversation.close('not trusted');
      return false;
    }
    peer.kind = greeting.clientName === 'lanfold' ? 'lanfold' : 'syncthing';
    peer.name ??= greeting.deviceName === '' ? undefined : greeting.deviceName;
    if (this.twins.turnsAway(peer, conversation, this.foldersFor(peer.device))) return false;
    const surplus = peer.surplus(conversation, this.edges.device, this.edges.clock.monotonicMs());
    for (const other of surplus) other.close('replaced by another connection');
    // Syncthing keeps a further connection for requests alone, and would take our folders for a wish to move the index there.
    return peer.kind === 'lanfold' || !peer.isGreetedBeside(conversation);
  }

  configFor({ device, isLanfold }: Conversation): ConfigDraft {
    const ends = this.#endsTo(device);
    const config = ownConfig(this.#sharedWith(device), ends, isLanfold);
    return isLanfold ? withWords(config, farewellsTo([...this.#folders.values()], ends)) : config;
  }

  configured(conversation: Conversation, config: ClusterConfig): void {
    const peer = this.#peers.get(keyOf(conversation.device));
    if (peer === undefined) return;
    const fault = this.hearsay.hear(peer, conversation, config);
    if (fault !== undefined) conversation.close(fault);
    else this.#options.events?.configured?.(peer, config);
    if (fault !== undefined || peer.active === conversation) return;
    peer.agreed();
    const wasConnected = peer.isConnected;
    peer.active?.stopIndexes();
    peer.active = conversation;
    peer.held = []; // it tells what it holds, and nothing while it holds nothing
    if (!wasConnected) {
      peer.sinceMs = this.edges.clock.nowMs();
      this.edges.log.info({ peer: peer.id, address: conversation.remote }, 'connected');
    }
    peer.address = conversation.remote;
    peer.found = this.#arrivals.foundOf(conversation);
    this.#finder.reached(peer.device, this.#arrivals.placeOf(peer, conversation, this.edges.clock.nowMs()));
    this.#finder.look(); // if it was the last that was missing, the layers may rest
    this.#options.events?.peer?.(peer);
    if (!wasConnected) this.#options.events?.connected?.(peer);
  }

  pinged({ device, isLanfold }: Conversation, { held }: Ping): void {
    const peer = this.#peers.get(keyOf(device));
    if (peer === undefined || !isLanfold || !held.told) return;
    peer.held = readHeld(held);
    for (const { folder } of this.#sharedWith(device)) this.#options.events?.folder?.(folder);
  }

  renewed(folderId: string, teller?: Conversation): void {
    for (const { active } of this.peersOf(folderId)) if (active !== teller) active?.retell(folderId);
  }

  ended(conversation: Conversation, reason: string): void {
    const peer = this.#peers.get(keyOf(conversation.device));
    peer?.conversations.delete(conversation);
    if (peer === undefined || this.#closed) return;
    this.edges.log.info({ peer: peer.id, reason }, 'conversation ended');
    if (peer.active === conversation) {
      peer.lost(this.edges.clock.nowMs());
      // Another conversation that is open may carry on; it has to tell and be told everything anew.
      for (const other of peer.conversations) other.sendClusterConfig();
      this.#options.events?.peer?.(peer);
    }
    if (conversation.isDialled && !conversation.isConfigured) {
      this.edges.clock.after(peer.refused(this.edges.clock.monotonicMs()), () => this.#finder.look());
    }
    if (peer.conversations.size === 0) this.#finder.look();
  }

  #accept(stream: Stream, found: Found): void {
    const peer = this.#peers.get(keyOf(stream.device));
    if (peer === undefined || this.#closed) {
      stream.destroy('not trusted');
      return;
    }
    // Several addresses of one peer are dialled at the same time; the first that answers is enough.
    if (stream.dialled && peer.conversations.size > 0) {
      stream.destroy('connected already');
      return;
    }
    peer.makeRoom();
    const conversation = new Conversation(stream, this);
    this.#arrivals.note(conversation, found, stream.local);
    peer.conversations.add(conversation);
  }

  #announced(device: Uint8Array, hints: readonly Hint[]): void {
    const peer = this.#peers.get(keyOf(device));
    const news = peer?.announced(hints, this.edges.clock.nowMs());
    if (peer?.isConnected === false && news !== undefined) this.#options.events?.seen?.(peer, news);
  }

  #missing(): MissingPeer[] {
    const { clock } = this.edges;
    return this.peers
      .filter((peer) => peer.conversations.size === 0 && peer.mayBeDialled(clock.monotonicMs()))
      .map((peer) => ({ device: peer.device, addresses: peer.addresses(clock.nowMs()) }));
  }

  #sharedWith(device: Uint8Array): Shared[] {
    return [...this.#folders.values()].filter(({ peers }) => peers.has(keyOf(device)));
  }

  #announce(folderId: string): void {
    for (const peer of this.peersOf(folderId)) peer.active?.announce(folderId);
  }

  /** Whom a folder is shared with changes. Who is out of it hears so first, and what it said is forgotten. */
  #share(before: Shared, after: Shared): void {
    const { folder, members } = after;
    this.#folders.set(folder.id, after);
    // Names and dates are told along with the next news: a cluster config has the indexes compared anew.
    const isSame = before.peers.size === after.peers.size && [...after.peers].every((key) => before.peers.has(key));
    if (!isSame || !haveSameMembers(before.members, members)) this.#tellShared(before, after);
    // Last, for records that fail must not keep the others from hearing of it.
    const told = new Set(folder.records.remotes());
    for (const [key, { short }] of this.#peers)
      if (told.has(short) && !after.peers.has(key)) folder.records.dropRemote(short);
  }

  #tellShared(before: Shared, { folder, members, peers }: Shared): void {
    for (const [key, peer] of this.#peers) {
      if (!before.peers.has(key) || peers.has(key)) continue;
      const subject = isMember(members, this.#id) ? peer.id : this.#id;
      if (memberOf(members, subject)?.removed !== true) continue;
      const word = farewell(folder.id, subject, members, this.#endsTo(peer.device));
      for (const conversation of peer.conversations) conversation.sendFarewell(word);
    }
    this.#reconfigure();
    for (const [key, peer] of this.#peers) if (peers.has(key) && !before.peers.has(key)) this.hearsay.hearAgain(peer);
    folder.pullSoon();
  }

  #endsTo(device: Uint8Array): Ends {
    const own = { device: this.edges.device, name: this.name, at: [this.#listener ?? []].flat() };
    return endsOf(own, device, this.peers, this.edges.clock.nowMs());
  }

  /** What is shared has changed: everybody connected hears of it, also who has only been greeted by now. */
  #reconfigure(): void {
    for (const peer of this.#peers.values()) {
      for (const conversation of peer.conversations) if (!conversation.isSecondary) conversation.sendClusterConfig();
    }
  }
}
