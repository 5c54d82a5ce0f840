/**
 * Layer `announce`: tells the links of this device, and hears others. In Syncthing's way (broadcast and IPv6 multicast) and by
 * multicast DNS. In quiet mode it hears broadcasts, and that is all.
 * @module
 */
import { announcementWaitMs, isEarlyAnnouncement } from '../../core/discovery/schedules.ts';
import { staysOnLink } from '../../core/discovery/prefix.ts';
import { deviceIdText } from '../../core/model/device-id.ts';
import type { Timer } from '../../ports/clock.ts';
import type { Beacon, Service, ServiceVoice } from '../../ports/discovery.ts';
import type { Address } from '../../ports/network.ts';
import { heardAnnouncement, ownAnnouncement } from './announcing.ts';
import { keyOf, type Hearing, type Layer, type Scene } from './layer.ts';

/** Whoever floods the link with new announcements must not make us answer each. */
const ANSWER_MIN_MS = 1000;
/** What a stranger learns: enough of the ID to be recognised by who knows it. */
const TAG_CHARACTERS = 7;
/** Starts of trusted devices that are remembered; a device has one at a time. */
const INSTANCES_MAX = 1_000;

export class Announcer implements Layer {
  readonly #scene: Scene;
  readonly #hearing: Hearing;
  readonly #listenPort: () => number;
  readonly #instance: bigint;
  readonly #tag: string;
  readonly #isQuiet: boolean;
  #beacon: Beacon | undefined;
  #voice: ServiceVoice | undefined;
  #timer: Timer | undefined;
  #number = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  readonly #instancesHeard = new Map<string, bigint>();
  #isClosed = false;

  constructor(scene: Scene, hearing: Hearing, listenPort: () => number) {
    this.#scene = scene;
    this.#hearing = hearing;
    this.#listenPort = listenPort;
    this.#isQuiet = scene.discovery.layers.isQuiet;
    this.#tag = tagOf(scene.edges.device);
    const bytes = scene.edges.chance.bytes(8);
    this.#instance = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) & 0x7fff_ffff_ffff_ffffn;
  }

  /** Opens both ways; each is told of this device as soon as it is open. */
  async open(): Promise<void> {
    const { beacons, services } = this.#scene.discovery;
    const opening = beacons.open((packet, from) => this.#hear(packet, from), { isQuiet: this.#isQuiet });
    const [beacon, voice] = await Promise.all([
      opening,
      this.#isQuiet
        ? undefined
        : services.open(
            () => this.#service(),
            (service, host) => this.#hearService(service, host),
          ),
    ]);
    if (this.#isClosed) {
      await Promise.all([beacon.close(), voice?.close()]);
      return;
    }
    this.#beacon = beacon;
    this.#voice = voice;
    this.begin();
  }

  begin(): void {
    const nowMs = this.#scene.edges.clock.monotonicMs();
    this.#number = 0;
    // Peers that come and go must not make us shout: what was told a moment ago is not told again.
    if (nowMs - this.#toldMs >= ANSWER_MIN_MS) this.#announce();
    else this.#plan();
  }

  /** The schedule goes on: whoever looks for us later has to hear us, too. */
  rest(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await Promise.all([this.#beacon?.close(), this.#voice?.close()]);
  }

  #announce(): void {
    const { edges } = this.#scene;
    if (this.#isQuiet || this.#beacon === undefined) return;
    this.#toldMs = edges.clock.monotonicMs();
    this.#beacon.send(ownAnnouncement(edges.device, this.#listenPort(), this.#instance));
    if (isEarlyAnnouncement(this.#number)) {
      this.#voice?.tell();
      if (this.#scene.isSeeking()) this.#voice?.ask();
    }
    this.#plan();
    this.#number += 1;
  }

  #plan(): void {
    const { clock, chance } = this.#scene.edges;
    if (this.#isQuiet || this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = clock.after(announcementWaitMs(this.#number, chance.fraction()), () => this.#announce());
  }

  #hear(packet: Uint8Array, from: Address): void {
    const heard = heardAnnouncement(packet, from);
    if (heard === undefined || keyOf(heard.device) === keyOf(this.#scene.edges.device)) return;
    const own = this.#scene.own();
    const hints = heard.addresses
      .filter(({ host }) => staysOnLink(host, own))
      .map(({ host, port }) => ({ host, port, via: 'announcement' as const }));
    this.#hearing.announced(heard.device, hints);
    const isTrusted = this.#hearing.isTrusted(heard.device);
    if (isTrusted && this.#isNew(heard.device, heard.instance)) this.#answer();
  }

  #hearService(service: Service, host: string): void {
    if (service.tag === this.#tag || !staysOnLink(host, this.#scene.own())) return;
    this.#hearing.tagged(service.tag, { host, port: service.port, via: 'mdns' });
  }

  #isNew(device: Uint8Array, instance: bigint): boolean {
    const key = keyOf(device);
    if (this.#instancesHeard.get(key) === instance) return false;
    if (this.#instancesHeard.size >= INSTANCES_MAX) this.#instancesHeard.clear();
    this.#instancesHeard.set(key, instance);
    return true;
  }

  /** Whoever has just started hears us at once. */
  #answer(): void {
    if (this.#scene.edges.clock.monotonicMs() - this.#toldMs >= ANSWER_MIN_MS) this.#announce();
  }

  #service(): Service {
    return { tag: this.#tag, port: this.#listenPort(), isWaiting: this.#scene.isPairingOpen() };
  }
}

/** The part of a device's ID that multicast DNS tells. */
export function tagOf(device: Uint8Array): string {
  return deviceIdText(device).slice(0, TAG_CHARACTERS);
}
