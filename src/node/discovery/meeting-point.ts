/**
 * Layer `meet`: connects to hosts that do not answer at the moment at which they connect to us (core/discovery/meetings.ts).
 * @module
 */
import type { Via } from '../../core/discovery/layers.ts';
import {
  MEETING_PORT,
  MEETING_WINDOW_MS,
  Meetings,
  type MeetingResult,
  type SilentHost,
} from '../../core/discovery/meetings.ts';
import { tryResultOf } from '../../core/discovery/try-result.ts';
import type { Expected, MeetingPlace, Met, PairingStream, Stream } from '../../ports/network.ts';
import { keyOf, type Layer, type Scene } from './layer.ts';

/** From where, and for how long. */
export const OWN_PLACE: MeetingPlace = { port: MEETING_PORT, windowMs: MEETING_WINDOW_MS };
/** Looks come often enough for whatever is due later. */
const SOON_MS = 1_000;

/** What comes of meetings. */
export interface MeetingResults {
  connected(stream: Stream, via: Via): void;
  /** Somebody waits there with an open code. */
  waiting(stream: PairingStream): void;
  /** Somebody met us to join while our code is open. */
  joining(stream: PairingStream): void;
}

export interface SilentHosts {
  /** Hosts that do not answer, where missing peers may be. */
  readonly forMissing: readonly SilentHost[];
  /** Hosts that do not answer, of which nothing is known: met for pairing alone. */
  readonly forPairing: readonly string[];
}

interface Candidate extends SilentHost {
  readonly purpose: 'missing' | 'waiting' | 'joining';
}

export class MeetingPoint implements Layer {
  readonly #scene: Scene;
  readonly #results: MeetingResults;
  readonly #meetings = new Meetings();
  #closing = new AbortController();
  #isClosed = false;

  constructor(scene: Scene, results: MeetingResults) {
    this.#scene = scene;
    this.#results = results;
  }

  begin(): void {
    this.#meetings.restart(this.#scene.edges.clock.monotonicMs());
  }

  rest(): void {
    this.#closing.abort(new Error('Nobody is looked for any more'));
    this.#closing = new AbortController();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.rest();
    return Promise.resolve();
  }

  refused(host: string): void {
    this.#meetings.refused(host, this.#scene.edges.clock.monotonicMs());
  }

  cameUp(host: string): void {
    this.#meetings.cameUp(host, this.#scene.edges.clock.monotonicMs());
  }

  /** Meets those that are due. */
  look({ forMissing, forPairing }: SilentHosts, isWaitingSought: boolean): void {
    const { clock } = this.#scene.edges;
    const purpose = this.#scene.isPairingOpen() ? 'joining' : isWaitingSought ? 'waiting' : undefined;
    const candidates: Candidate[] = forMissing.map((silent) => ({ ...silent, purpose: 'missing' }));
    if (purpose !== undefined) {
      const known = new Set(forMissing.map(({ host }) => host));
      const others = forPairing.filter((host) => !known.has(host));
      for (const host of others) candidates.push({ host, devices: [], purpose });
    }
    for (const { silent, device } of this.#meetings.next(candidates, clock.monotonicMs())) {
      if (silent.purpose !== 'missing') void this.#meet(silent, silent.purpose);
      else if (device !== undefined) void this.#meet(silent, device);
    }
  }

  async #meet({ host }: Candidate, expected: Expected): Promise<void> {
    const { network, log, clock } = this.#scene.edges;
    const { signal } = this.#closing;
    let result: MeetingResult = { is: 'over' };
    try {
      const met = await network.meet({ host, port: MEETING_PORT }, OWN_PLACE, expected, signal);
      if (signal.aborted || this.#isClosed) letGo(met);
      else this.#use(met);
      result = { is: 'busy' };
    } catch (cause) {
      log.debug({ address: host, cause: String(cause) }, 'no meeting');
      result = this.#resultOf(cause);
    }
    const waitMs = this.#meetings.ended(host, result, clock.monotonicMs());
    // The next attempt follows at once, not at the next look: in a pause the far end would be refused.
    if (!signal.aborted && waitMs <= SOON_MS) clock.after(waitMs, () => this.#scene.look());
  }

  #resultOf(cause: unknown): MeetingResult {
    if (isTaken(cause)) return { is: 'busy' };
    const result = tryResultOf(cause);
    if (result.is === 'refused') return { is: 'missed' };
    const key = result.is === 'somebody-else' && result.found !== undefined ? keyOf(result.found) : undefined;
    return { is: 'over', found: this.#scene.missing().find(({ device }) => keyOf(device) === key)?.device };
  }

  #use(met: Met): void {
    switch (met.is) {
      case 'connected':
        this.#results.connected(met.stream, 'meeting');
        break;
      case 'waiting':
        this.#results.waiting(met.stream);
        break;
      case 'joining':
        this.#results.joining(met.stream);
        break;
      case 'present':
        break;
    }
  }
}

/** True if our own end is taken, by another connection to the same place. */
function isTaken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && (cause.code === 'EADDRNOTAVAIL' || cause.code === 'EADDRINUSE');
}

function letGo(met: Met): void {
  if (met.is !== 'present') met.stream.destroy('not looked for any more');
}
