/**
 * Keeps looking for peers that are missing, and for hosts that wait to be paired: joins the layers of discovery, and dials what
 * they find (seed: findOpenPorts; what to dial and when is core/discovery/candidates.ts).
 *
 *   look()   who is missing, where may it be → Search → dials; neighbours → knocks, meetings
 *   all layers begin when somebody is looked for, when the network changes and when the machine wakes up; all rest when nobody is
 * @module
 */
import {
  neighbourHosts,
  Search,
  type Dial,
  type Hint,
  type MissingPeer,
  type SeenNeighbour,
} from '../../core/discovery/candidates.ts';
import type { Found, LayerName, Via } from '../../core/discovery/layers.ts';
import { staysOnLink, usableLinks, type InterfaceAddress } from '../../core/discovery/prefix.ts';
import { lookWaitMs } from '../../core/discovery/schedules.ts';
import { tryResultOf } from '../../core/discovery/try-result.ts';
import { Vigil, VIGIL_MS } from '../../core/discovery/vigil.ts';
import { LanfoldError } from '../../core/errors.ts';
import type { Timer } from '../../ports/clock.ts';
import type { Address, PairingStream, Stream } from '../../ports/network.ts';
import { AddressBook } from './address-book.ts';
import { Announcer, tagOf } from './announcer.ts';
import { keyOf, type DiscoveryEdges, type Layer, type Scene } from './layer.ts';
import { MeetingPoint, type SilentHosts } from './meeting-point.ts';
import { Sweeper } from './sweeper.ts';
import { WaitingSearch, type WaitingHost } from './waiting-search.ts';
import type { Edges } from '../edges.ts';

export interface FinderOptions {
  readonly edges: Edges;
  readonly discovery: DiscoveryEdges | undefined;
  /** Trusted devices without a conversation, and where they may be, as configured and as announced. */
  missing(): readonly MissingPeer[];
  /** Port that this node listens on. */
  listenPort(): number;
  connected(stream: Stream, found: Found): void;
  /** A trusted device said where it is. */
  heard(device: Uint8Array, hints: readonly Hint[]): void;
  isTrusted(device: Uint8Array): boolean;
  /** Own addresses are gone; what was connected from there is dead. */
  addressesGone(addresses: readonly string[]): void;
  /** This device waits to be paired; and somebody who came to join, though no firewall lets anybody in. */
  readonly pairing?: { isOpen(): boolean; onStream(stream: PairingStream): void };
}

export class Finder {
  readonly #options: FinderOptions;
  readonly #search = new Search();
  readonly #closing = new AbortController();
  readonly #layers: Layer[] = [];
  readonly #waiting: WaitingSearch | undefined;
  #book: AddressBook | undefined;
  #announcer: Announcer | undefined;
  #sweeper: Sweeper | undefined;
  #meetingPoint: MeetingPoint | undefined;
  #vigil: Vigil | undefined;
  #vigilTimer: Timer | undefined;
  #lookTimer: Timer | undefined;
  #looking = false;
  #lookAgain = false;
  #isSeeking = false;
  /** Pairing was open at the last look. */
  #wasOpen = false;
  /** When the search for somebody began; monotonic. */
  #beganMs = 0;
  /** Since when each peer is missing. */
  #missingSince = new Map<string, number>();
  #neighbourHosts: ReadonlySet<string> = new Set();

  constructor(options: FinderOptions) {
    this.#options = options;
    const { discovery } = options;
    if (discovery === undefined) return;
    const scene = this.#scene(discovery);
    const isOn = (layer: LayerName): boolean => discovery.layers.on.has(layer);
    this.#waiting = new WaitingSearch(scene);
    if (isOn('remembered')) this.#book = new AddressBook(scene);
    if (isOn('announce')) this.#announcer = new Announcer(scene, this.#hearing(), () => options.listenPort());
    if (isOn('prime')) this.#sweeper = new Sweeper(scene, () => this.#rememberedHosts());
    if (isOn('meet')) this.#meetingPoint = new MeetingPoint(scene, this.#meetingResults());
    for (const layer of [this.#announcer, this.#sweeper, this.#meetingPoint])
      if (layer !== undefined) this.#layers.push(layer);
  }

  /** Begins to look. What takes long to open (announcing) joins in when it is ready; nobody waits for it. */
  async start(): Promise<void> {
    const { discovery, edges } = this.#options;
    if (discovery !== undefined) {
      this.#vigil = new Vigil(this.#own(), edges.clock.nowMs());
      this.#watch();
      await this.#book?.open();
      void this.#announcer?.open();
    }
    this.look();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('The node closes'));
    this.#lookTimer?.cancel();
    this.#vigilTimer?.cancel();
    this.#waiting?.close();
    await Promise.all([this.#book?.close(), ...this.#layers.map((layer) => layer.close())]);
  }

  /** Somebody is missing or not any more, pairing was opened or closed, or something is new: look now. */
  look(): void {
    if (this.#closing.signal.aborted) return;
    this.#lookTimer?.cancel();
    this.#lookTimer = undefined;
    if (this.#looking) this.#lookAgain = true;
    else void this.#lookOnce();
  }

  /** Tells of each host that waits to be paired, trusted or not. @returns ends it. */
  searchWaiting(found: (host: WaitingHost) => void): () => void {
    const stop = this.#waiting?.search(found);
    this.#isSeeking = false; // all layers begin anew
    this.look();
    return () => {
      stop?.();
      this.look();
    };
  }

  /** Another connection with a host that waits, for the next try with its code. @throws as {@link WaitingSearch.again}. */
  async reachWaiting(host: WaitingHost, signal: AbortSignal): Promise<PairingStream> {
    if (this.#waiting === undefined) throw new LanfoldError('E_PEER_UNREACHABLE', { subject: host.address.host });
    return await this.#waiting.again(host, signal);
  }

  /** A peer was reached at an address where it can be dialled. */
  reached(device: Uint8Array, address: Address): void {
    this.#book?.reached(device, address);
  }

  /** Nothing is known of a device any more. */
  forget(device: Uint8Array): void {
    this.#book?.forget(device);
  }

  /** How a device that has just come by itself was found. */
  incoming(device: Uint8Array): Found {
    return { via: 'incoming', foundMs: this.#searchedMs(device) };
  }

  async #lookOnce(): Promise<void> {
    this.#looking = true;
    this.#lookAgain = false;
    const { edges, discovery } = this.#options;
    this.#noticeSeeking();
    const readsNeighbours = this.#isSeeking && discovery?.layers.on.has('findOpenPorts') === true;
    const table = readsNeighbours ? await discovery.neighbours.read() : [];
    this.#looking = false;
    if (this.#closing.signal.aborted) return;
    const missing = this.#missing();
    const neighbours: readonly SeenNeighbour[] =
      this.#sweeper?.seen(table) ?? table.map((neighbour) => ({ ...neighbour, via: 'neighbour' }));
    const view = { missing, neighbours, own: this.#own(), virtualToo: discovery?.virtualToo ?? false };
    const nowMs = edges.clock.monotonicMs();
    const hosts = neighbourHosts(view);
    this.#noticeHosts(
      hosts.map(({ host }) => host),
      nowMs,
    );
    const { dials, lookAgainMs } = this.#search.next(view, nowMs);
    for (const dial of dials) void this.#dial(dial);
    this.#waiting?.look(hosts);
    this.#meetingPoint?.look(this.#silentHosts(missing, nowMs), this.#waiting?.isSought ?? false);
    if (this.#lookAgain) this.look();
    else if (this.#isSeeking)
      this.#lookTimer = edges.clock.after(this.#lookWaitMs(lookAgainMs, nowMs), () => this.look());
  }

  #lookWaitMs(forMissing: number | undefined, nowMs: number): number {
    return Math.min(forMissing ?? Infinity, lookWaitMs(nowMs - this.#beganMs));
  }

  /** Begins or rests with all layers, when somebody is looked for now, or nobody any more. */
  #noticeSeeking(): void {
    const nowMs = this.#options.edges.clock.monotonicMs();
    const missing = this.#options.missing();
    const before = this.#missingSince;
    this.#missingSince = new Map(missing.map(({ device }) => [keyOf(device), before.get(keyOf(device)) ?? nowMs]));
    const isOpen = this.#options.pairing?.isOpen() ?? false;
    const isNew = [...this.#missingSince.keys()].some((key) => !before.has(key)) || (isOpen && !this.#wasOpen);
    this.#wasOpen = isOpen;
    const isSeeking = this.#seeks();
    if (isSeeking && (isNew || !this.#isSeeking)) this.#begin();
    else if (!isSeeking && this.#isSeeking) for (const layer of this.#layers) layer.rest();
    this.#isSeeking = isSeeking;
  }

  #begin(): void {
    this.#isSeeking = true;
    this.#beganMs = this.#options.edges.clock.monotonicMs();
    for (const layer of this.#layers) layer.begin();
  }

  /** A host that has just come up, after it had been gone, may be looking for us. */
  #noticeHosts(hosts: readonly string[], nowMs: number): void {
    for (const host of hosts) {
      if (this.#neighbourHosts.has(host)) continue;
      this.#search.cameUp(host, nowMs);
      this.#meetingPoint?.cameUp(host);
    }
    this.#neighbourHosts = new Set(hosts);
  }

  /** Looks every two seconds whether the network is another one, or the machine has slept. */
  #watch(): void {
    const { edges } = this.#options;
    if (this.#vigil === undefined) return;
    this.#vigilTimer = edges.clock.after(VIGIL_MS, () => this.#watch());
    const { isNew, gone } = this.#vigil.look(this.#own(), edges.clock.nowMs());
    if (gone.length > 0) this.#options.addressesGone(gone);
    if (!isNew) return;
    this.#search.restart(edges.clock.monotonicMs());
    this.#waiting?.restart();
    if (this.#seeks()) this.#begin();
    else this.#announcer?.begin(); // who knows the old address has to hear of the new one
    this.look();
  }

  async #dial(dial: Dial): Promise<void> {
    const { clock, chance, network, log } = this.#options.edges;
    const timeout = new AbortController();
    const timer = clock.after(dial.timeoutMs, () => timeout.abort(new Error('No answer in time')));
    const signal = AbortSignal.any([timeout.signal, this.#closing.signal]);
    try {
      const stream = await network.dial(dial.endpoint, dial.device, signal);
      this.#search.ended(dial, { is: 'connected' }, clock.monotonicMs(), chance.fraction());
      this.#connected(stream, dial.via);
    } catch (cause) {
      if (this.#closing.signal.aborted) return;
      log.debug({ address: dial.endpoint, cause: String(cause) }, 'no connection');
      const result = tryResultOf(cause);
      this.#search.ended(dial, result, clock.monotonicMs(), chance.fraction());
      if (result.is === 'refused') this.#meetingPoint?.refused(dial.endpoint.host);
      if (result.is === 'somebody-else' && result.found !== undefined) this.look();
    } finally {
      timer.cancel();
    }
  }

  #connected(stream: Stream, via: Via): void {
    if (this.#closing.signal.aborted) stream.destroy('the node closes');
    else this.#options.connected(stream, { via, foundMs: this.#searchedMs(stream.device) });
  }

  #searchedMs(device: Uint8Array): number {
    const nowMs = this.#options.edges.clock.monotonicMs();
    return Math.round(nowMs - (this.#missingSince.get(keyOf(device)) ?? nowMs));
  }

  #missing(): readonly MissingPeer[] {
    const own = this.#own();
    // Discovery stays on the link, whoever says that somebody is elsewhere.
    const isDialable = ({ host, via }: Hint): boolean =>
      via !== 'member' || this.#options.discovery === undefined || staysOnLink(host, own);
    return this.#options.missing().map(({ device, addresses }) => ({
      device,
      addresses: [...addresses.filter(isDialable), ...(this.#book?.of(device) ?? [])],
    }));
  }

  #rememberedHosts(): string[] {
    return this.#missing().flatMap(({ addresses }) => addresses.map(({ host }) => host));
  }

  /**
   * Hosts that do not answer: where missing peers are said to be; and every neighbour, for peers that were never reached
   * before and for pairing.
   */
  #silentHosts(missing: readonly MissingPeer[], nowMs: number): SilentHosts {
    const isSilent = (host: string): boolean => this.#search.isSilent(host, nowMs);
    const silent = new Map<string, Uint8Array[]>();
    const add = (host: string, device: Uint8Array): void => {
      if (isSilent(host)) silent.set(host, [...(silent.get(host) ?? []), device]);
    };
    for (const { device, addresses } of missing) {
      for (const host of new Set(addresses.map((address) => address.host))) add(host, device);
      if (addresses.length === 0) for (const host of this.#neighbourHosts) add(host, device);
    }
    const isSilentToKnocks = (host: string): boolean => this.#waiting?.isSilent(host, nowMs) ?? false;
    const isPairingOpen = this.#options.pairing?.isOpen() ?? false;
    const forPairing = [...this.#neighbourHosts].filter(
      (host) => isPairingOpen || isSilent(host) || isSilentToKnocks(host),
    );
    return { forMissing: [...silent].map(([host, devices]) => ({ host, devices })), forPairing };
  }

  #seeks(): boolean {
    const options = this.#options;
    return options.missing().length > 0 || this.#waiting?.isSought === true || options.pairing?.isOpen() === true;
  }

  #own(): readonly InterfaceAddress[] {
    const { discovery } = this.#options;
    return discovery === undefined ? [] : usableLinks(discovery.interfaces.list(), discovery.virtualToo ?? false);
  }

  #scene(discovery: DiscoveryEdges): Scene {
    const { edges, pairing } = this.#options;
    return {
      edges,
      discovery,
      own: () => this.#own(),
      missing: () => this.#missing(),
      isSeeking: () => this.#seeks(),
      isPairingOpen: () => pairing?.isOpen() ?? false,
      look: () => this.look(),
    };
  }

  #hearing(): ConstructorParameters<typeof Announcer>[1] {
    const options = this.#options;
    return {
      isTrusted: (device) => options.isTrusted(device),
      announced: (device, hints) => {
        if (options.isTrusted(device)) options.heard(device, hints);
        this.#heard(hints);
      },
      tagged: (tag, hint) => {
        for (const { device } of options.missing()) if (tagOf(device) === tag) options.heard(device, [hint]);
        this.#heard([hint]);
      },
    };
  }

  #heard(hints: readonly Hint[]): void {
    const nowMs = this.#options.edges.clock.monotonicMs();
    for (const hint of hints) {
      this.#search.said(hint, nowMs);
      this.#meetingPoint?.cameUp(hint.host);
    }
    this.#waiting?.announced(hints);
    if (!this.#isSeeking) return;
    this.#lookTimer?.cancel();
    this.#lookTimer = this.#options.edges.clock.after(0, () => this.look()); // one look for a whole burst of packets
  }

  #meetingResults(): ConstructorParameters<typeof MeetingPoint>[1] {
    return {
      connected: (stream, via) => this.#connected(stream, via),
      waiting: (stream) => this.#waiting?.tell(stream, 'meeting', stream.remote),
      joining: (stream) => this.#options.pairing?.onStream(stream),
    };
  }
}
