/**
 * Looks for hosts that wait with an open code, while a person wants to join one: knocks wherever somebody may be, whether it is
 * trusted or not. Whoever answers has proven a device ID, and nothing else; the code decides.
 * @module
 */
import type { Hint } from '../../core/discovery/candidates.ts';
import { Knocks, type Door } from '../../core/discovery/knocks.ts';
import type { Found, Via } from '../../core/discovery/layers.ts';
import { MEETING_PORT } from '../../core/discovery/meetings.ts';
import { tryResultOf, type TryResult } from '../../core/discovery/try-result.ts';
import { LanfoldError } from '../../core/errors.ts';
import { sleep, type Timer } from '../../ports/clock.ts';
import type { Address, Met, PairingStream } from '../../ports/network.ts';
import { keyOf, type Scene } from './layer.ts';
import { OWN_PLACE } from './meeting-point.ts';

/** A host that waits to be paired. */
export interface WaitingHost extends Found {
  /** Raw device ID, proven. Whether it is the one that is meant, the code tells. */
  readonly device: Uint8Array;
  readonly address: Address;
  /** Open; from now on the finder's business no more: whoever is told of the host uses it and ends it. */
  readonly stream: PairingStream;
}

/** An announced address is believed for this long (bep.md §10.1). */
const ANNOUNCED_MS = 90_000;
/** Whoever floods the link with announcements must not make this grow. */
const ANNOUNCED_MAX = 256;
const KNOCK_TIMEOUT_MS = 5_000;
/** The far end meets us again within a second; a first attempt may come before it has noticed that we hung up. */
const MEETINGS_MAX = 10;
const MEET_AGAIN_MS = 500;
/** The far end keeps a connection for so long; a host that still waits then is told of again, with a fresh one. */
const TOLD_MS = 60_000;

type Tell = (host: WaitingHost) => void;

export class WaitingSearch {
  readonly #scene: Scene;
  readonly #knocks = new Knocks();
  readonly #searches = new Map<Tell, { readonly beganMs: number; readonly told: Map<string, number> }>();
  /** What anybody said of where it is, kept also while nobody asks: announcements come every 30 s. */
  readonly #announced = new Map<string, { readonly hint: Hint; readonly untilMs: number }>();
  #closing = new AbortController();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  get isSought(): boolean {
    return this.#searches.size > 0;
  }

  /** Monotonic; undefined when nobody asks. */
  get beganMs(): number | undefined {
    const began = [...this.#searches.values()].map(({ beganMs }) => beganMs);
    return began.length === 0 ? undefined : Math.max(...began);
  }

  /** Tells of each host that waits, once a minute while it does. @returns ends this search. */
  search(tell: Tell): () => void {
    this.#knocks.restart();
    this.#searches.set(tell, { beganMs: this.#scene.edges.clock.monotonicMs(), told: new Map() });
    return () => {
      this.#searches.delete(tell);
      if (this.#searches.size > 0) return;
      this.#closing.abort(new Error('Nobody wants to join any more'));
      this.#closing = new AbortController();
    };
  }

  announced(hints: readonly Hint[]): void {
    const nowMs = this.#scene.edges.clock.monotonicMs();
    for (const hint of hints) {
      const key = `${hint.host} ${hint.port}`;
      this.#announced.delete(key); // the newest is the last
      this.#announced.set(key, { hint, untilMs: nowMs + ANNOUNCED_MS });
      const oldest = this.#announced.keys().next();
      if (this.#announced.size > ANNOUNCED_MAX && oldest.done !== true) this.#announced.delete(oldest.value);
    }
  }

  restart(): void {
    this.#knocks.restart();
  }

  isSilent(host: string, nowMs: number): boolean {
    return this.#knocks.isSilent(host, nowMs);
  }

  look(neighbours: readonly Omit<Door, 'port'>[]): void {
    if (!this.isSought) return;
    const nowMs = this.#scene.edges.clock.monotonicMs();
    const announced = [...this.#announced.values()].filter(({ untilMs }) => untilMs > nowMs).map(({ hint }) => hint);
    for (const door of this.#knocks.next(announced, neighbours, nowMs)) void this.#knock(door);
  }

  close(): void {
    this.#searches.clear();
    this.#closing.abort(new Error('The node closes'));
  }

  /** Somebody waits there; whoever looks for hosts is told, unless it was told a moment ago. */
  tell(stream: PairingStream, via: Via, address: Address): void {
    const nowMs = this.#scene.edges.clock.monotonicMs();
    const device = keyOf(stream.device);
    for (const [tell, { beganMs, told }] of this.#searches) {
      if (nowMs - (told.get(device) ?? -Infinity) < TOLD_MS) continue;
      told.set(device, nowMs);
      tell({ device: stream.device, address, stream, via, foundMs: Math.round(nowMs - beganMs) });
      return; // a connection has one owner
    }
    stream.destroy('known to wait already');
  }

  /**
   * Another connection with a host, for the next try with its code, by the way by which it was found.
   * @throws LanfoldError E_PEER_UNREACHABLE when it does not wait any more; the signal's reason.
   */
  async again(host: WaitingHost, signal: AbortSignal): Promise<PairingStream> {
    const { network } = this.#scene.edges;
    const meet = (): Promise<Met> =>
      network.meet({ host: host.address.host, port: MEETING_PORT }, OWN_PLACE, 'waiting', signal);
    for (let left = host.via === 'meeting' ? MEETINGS_MAX : 1; left > 0; left -= 1) {
      try {
        const answer = host.via === 'meeting' ? await meet() : await network.knock(host.address, signal);
        if (answer.is === 'waiting' && keyOf(answer.stream.device) === keyOf(host.device)) return answer.stream;
        if (answer.is !== 'present') answer.stream.destroy('not the host that was meant');
      } catch (cause) {
        if (signal.aborted || left === 1) throw cause;
        await sleep(this.#scene.edges.clock, MEET_AGAIN_MS, signal);
      }
    }
    throw new LanfoldError('E_PEER_UNREACHABLE', { subject: host.address.host, because: 'it does not wait any more' });
  }

  async #knock(door: Door): Promise<void> {
    const { clock, network, log } = this.#scene.edges;
    const timeout = new AbortController();
    const signal = AbortSignal.any([timeout.signal, this.#closing.signal]);
    const timer: Timer = clock.after(KNOCK_TIMEOUT_MS, () => timeout.abort(new Error('No answer in time')));
    let result: TryResult['is'] = 'somebody-else';
    try {
      const knocked = await network.knock(door, signal);
      if (knocked.is === 'waiting') {
        result = 'connected';
        this.tell(knocked.stream, door.via, { host: door.host, port: door.port });
      }
    } catch (cause) {
      log.debug({ address: door, cause: String(cause) }, 'no answer to a knock');
      result = tryResultOf(cause).is;
    } finally {
      timer.cancel();
    }
    for (const other of this.#knocks.ended(door, result, clock.monotonicMs())) void this.#knock(other);
  }
}
