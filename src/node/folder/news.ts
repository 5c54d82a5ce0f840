/**
 * What peers tell while names are being pulled, and a few names of each of them at a time beside the others.
 *
 * A round takes names in their order, and a first sync or one huge file can take it hours: what somebody saves meanwhile is to
 * be here a moment later all the same. Each peer has places of its own, so that one that tells without end, or gives nothing of
 * what it tells, holds up nobody else's news (R19). What is not begun here is not lost: the round, or the next one, comes to it.
 * @module
 */
import type { PeerKey } from '../../ports/record-store.ts';

/** Names of one peer in work at a time. */
const PLACES = 8;
/** Names of one peer that wait for a place; of more the latest, for those of a long index have just been told before. */
const WAITING_MAX = 100;

interface Lane {
  readonly waiting: Set<string>;
  running: number;
}

export class News {
  readonly #isInWork: (name: string) => boolean;
  readonly #lanes = new Map<PeerKey, Lane>();
  #handle: ((name: string) => Promise<void>) | undefined;
  #running = 0;
  #onIdle: (() => void) | undefined;

  /** @param isInWork is it being pulled already? Then it waits for {@link next}. */
  constructor(isInWork: (name: string) => boolean) {
    this.#isInWork = isInWork;
  }

  /** @param handle pulls a name, if there is anything to pull; never rejects. */
  open(handle: (name: string) => Promise<void>): void {
    this.#handle = handle;
  }

  /** Begins nothing more. Resolves when all that was begun has ended. */
  async close(): Promise<void> {
    this.#handle = undefined;
    this.#lanes.clear();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  hear(peer: PeerKey, told: readonly { readonly name: string }[]): void {
    if (this.#handle === undefined) return;
    const lane = this.#lanes.get(peer) ?? { waiting: new Set(), running: 0 };
    this.#lanes.set(peer, lane);
    for (const { name } of told.slice(-WAITING_MAX)) {
      lane.waiting.delete(name);
      lane.waiting.add(name);
    }
    for (const oldest of lane.waiting) {
      if (lane.waiting.size <= WAITING_MAX) break;
      lane.waiting.delete(oldest);
    }
    this.#work(lane);
  }

  /** A name is in work no longer. */
  next(): void {
    for (const lane of this.#lanes.values()) this.#work(lane);
  }

  #work(lane: Lane): void {
    for (const name of lane.waiting) {
      if (this.#handle === undefined || lane.running >= PLACES) return;
      if (this.#isInWork(name)) continue;
      lane.waiting.delete(name);
      lane.running += 1;
      this.#running += 1;
      void this.#handle(name).finally(() => this.#done(lane));
    }
  }

  #done(lane: Lane): void {
    lane.running -= 1;
    this.#running -= 1;
    if (this.#running === 0) this.#onIdle?.();
    this.#work(lane);
  }
}
