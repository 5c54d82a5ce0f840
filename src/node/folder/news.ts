/**
 * What peers tell while names are being pulled, and a few names of each of them at a time beside the others.
 *
 * A round takes names in their order, and a first sync or one huge file can take it hours: what somebody saves meanwhile is to
 * be here a moment later all the same. Each peer has places of its own, so that one that tells without end, or gives nothing of
 * what it tells, holds up nobody else's news (R19). What is told last comes first: before it a long index may have been told.
 * What is not begun here is not lost: the round, or the next one, comes to it.
 * @module
 */
import type { PeerKey } from '../../ports/record-store.ts';

/** Names of one peer in work at a time. */
const PLACES = 8;
/** Names of one peer that wait for a place, the latest. */
const WAITING_MAX = 2000;

/** Gives `again` when something moved and the name is worth another try. */
type Handle = (name: string) => Promise<string | undefined>;

interface Lane {
  /** The last one comes first. */
  readonly waiting: Set<string>;
  /** Names that had their other try. */
  readonly tried: Set<string>;
  running: number;
}

export class News {
  readonly #isInWork: (name: string) => boolean;
  readonly #lanes = new Map<PeerKey, Lane>();
  #handle: Handle | undefined;
  #running = 0;
  #onIdle: (() => void) | undefined;

  /** @param isInWork is it being pulled already? Then it waits for {@link next}. */
  constructor(isInWork: (name: string) => boolean) {
    this.#isInWork = isInWork;
  }

  /** @param handle pulls a name, if there is anything to pull; never throws. */
  open(handle: Handle): void {
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
    const lane = this.#lanes.get(peer) ?? { waiting: new Set(), tried: new Set(), running: 0 };
    this.#lanes.set(peer, lane);
    // What is told together keeps its order: directories come before what is in them.
    for (const { name } of told.slice(-WAITING_MAX).reverse()) {
      lane.waiting.delete(name);
      lane.waiting.add(name);
    }
    for (const first of lane.waiting) {
      if (lane.waiting.size <= WAITING_MAX) break;
      lane.waiting.delete(first);
    }
    this.#work(lane);
  }

  /** A name is in work no longer. */
  next(): void {
    for (const lane of this.#lanes.values()) this.#work(lane);
  }

  #work(lane: Lane): void {
    if (lane.waiting.size === 0 || lane.running >= PLACES) return;
    for (const name of [...lane.waiting].reverse()) {
      if (this.#handle === undefined || lane.running >= PLACES) return;
      if (this.#isInWork(name) || !lane.waiting.delete(name)) continue;
      lane.running += 1;
      this.#running += 1;
      void this.#handle(name).then((result) => this.#done(lane, name, result));
    }
  }

  #done(lane: Lane, name: string, result: string | undefined): void {
    lane.running -= 1;
    this.#running -= 1;
    if (result === 'again' && !lane.tried.has(name)) {
      lane.tried.add(name);
      lane.waiting.add(name);
    }
    if (this.#running === 0) this.#onIdle?.();
    this.#work(lane);
  }
}
