/**
 * Keeps looking for peers that are missing: dials where they may be, announces this device and hears others' announcements
 * (seed: findOpenPorts; what to dial and when is core/discovery/candidates.ts).
 * @module
 */
import { Search, type Dial, type Endpoint, type MissingPeer } from '../core/discovery/candidates.ts';
import type { Neighbour } from '../core/discovery/neighbour-table.ts';
import type { InterfaceAddress } from '../core/discovery/prefix.ts';
import { tryResultOf } from '../core/discovery/try-result.ts';
import type { Timer } from '../ports/clock.ts';
import type { Beacon, Beacons, Interfaces, NeighbourTable } from '../ports/discovery.ts';
import type { Address, Stream } from '../ports/network.ts';
import type { Edges } from './edges.ts';
import { heardAnnouncement, ownAnnouncement } from './announcing.ts';

/** What local discovery needs of the world; without it only known addresses are dialled. */
export interface DiscoveryEdges {
  readonly interfaces: Interfaces;
  readonly neighbours: NeighbourTable;
  readonly beacons: Beacons;
  /** Also look on the interfaces of containers and tunnels. */
  readonly virtualToo?: boolean;
}

export interface FinderOptions {
  readonly edges: Edges;
  readonly discovery: DiscoveryEdges | undefined;
  /** Trusted devices without a conversation, and where they may be. */
  missing(): readonly MissingPeer[];
  /** Port that this node listens on. */
  listenPort(): number;
  connected(stream: Stream): void;
  /** A trusted device said where it is. */
  heard(device: Uint8Array, addresses: readonly Endpoint[]): void;
  isTrusted(device: Uint8Array): boolean;
}

/** Syncthing's own rhythm (bep.md §10.1). */
const ANNOUNCE_MS = 30_000;
/** Whoever floods the link with new announcements must not make us answer each. */
const ANSWER_MIN_MS = 1000;
const DIAL_TIMEOUT_MS = 10_000;

export class Finder {
  readonly #options: FinderOptions;
  readonly #search = new Search();
  readonly #closing = new AbortController();
  readonly #instance: bigint;
  #beacon: Beacon | undefined;
  #lookTimer: Timer | undefined;
  #announceTimer: Timer | undefined;
  #looking = false;
  #lookAgain = false;
  #answeredMs = Number.NEGATIVE_INFINITY;
  readonly #instancesHeard = new Map<string, bigint>();

  constructor(options: FinderOptions) {
    this.#options = options;
    const bytes = options.edges.chance.bytes(8);
    this.#instance = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) & 0x7fff_ffff_ffff_ffffn;
  }

  async start(): Promise<void> {
    const { discovery } = this.#options;
    if (discovery !== undefined) {
      this.#beacon = await discovery.beacons.open((packet, from) => this.#hear(packet, from));
      this.#announce();
    }
    this.look();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('The node closes'));
    this.#lookTimer?.cancel();
    this.#announceTimer?.cancel();
    await this.#beacon?.close();
  }

  /** Somebody is missing, or something is new: look now. */
  look(): void {
    if (this.#closing.signal.aborted) return;
    this.#lookTimer?.cancel();
    this.#lookTimer = undefined;
    if (this.#looking) this.#lookAgain = true;
    else void this.#lookOnce();
  }

  async #lookOnce(): Promise<void> {
    this.#looking = true;
    this.#lookAgain = false;
    const { edges, discovery } = this.#options;
    const missing = this.#options.missing();
    const neighbours: readonly Neighbour[] = missing.length > 0 ? ((await discovery?.neighbours.read()) ?? []) : [];
    const own: readonly InterfaceAddress[] = discovery?.interfaces.list() ?? [];
    this.#looking = false;
    if (this.#closing.signal.aborted) return;
    const virtualToo = discovery?.virtualToo ?? false;
    const { dials, lookAgainMs } = this.#search.next(
      { missing, neighbours, own, virtualToo },
      edges.clock.monotonicMs(),
    );
    for (const dial of dials) void this.#dial(dial);
    if (this.#lookAgain) this.look();
    else if (lookAgainMs !== undefined) this.#lookTimer = edges.clock.after(lookAgainMs, () => this.look());
  }

  async #dial(dial: Dial): Promise<void> {
    const { clock, chance, network, log } = this.#options.edges;
    const timeout = new AbortController();
    const timer = clock.after(DIAL_TIMEOUT_MS, () => timeout.abort(new Error('No answer in time')));
    const onClose = (): void => timeout.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    try {
      const stream = await network.dial(dial.endpoint, dial.device, timeout.signal);
      this.#search.ended(dial, { is: 'connected' }, clock.monotonicMs(), chance.fraction());
      if (this.#closing.signal.aborted) stream.destroy('the node closes');
      else this.#options.connected(stream);
    } catch (cause) {
      if (this.#closing.signal.aborted) return;
      log.debug({ address: dial.endpoint, cause: String(cause) }, 'no connection');
      const result = tryResultOf(cause);
      this.#search.ended(dial, result, clock.monotonicMs(), chance.fraction());
      if (result.is === 'somebody-else' && result.found !== undefined) this.look();
    } finally {
      timer.cancel();
      this.#closing.signal.removeEventListener('abort', onClose);
    }
  }

  #announce(): void {
    const { edges } = this.#options;
    this.#announceTimer?.cancel();
    this.#announceTimer = edges.clock.after(ANNOUNCE_MS, () => this.#announce());
    this.#beacon?.send(ownAnnouncement(edges.device, this.#options.listenPort(), this.#instance));
  }

  #hear(packet: Uint8Array, from: Address): void {
    const { edges } = this.#options;
    const heard = heardAnnouncement(packet, from);
    if (heard === undefined || !this.#options.isTrusted(heard.device)) return;
    this.#options.heard(heard.device, heard.addresses);
    const key = heard.device.join();
    const isNew = this.#instancesHeard.get(key) !== heard.instance;
    this.#instancesHeard.set(key, heard.instance);
    const nowMs = edges.clock.monotonicMs();
    if (isNew && nowMs - this.#answeredMs >= ANSWER_MIN_MS) {
      this.#answeredMs = nowMs;
      this.#announce(); // whoever has just started hears us at once
    }
    this.look();
  }
}
