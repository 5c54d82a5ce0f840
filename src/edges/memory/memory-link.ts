/**
 * What lies between two hosts: how long bytes take, and whether they get through at all.
 * @module
 */
import type { Scheduler } from './scheduler.ts';
import type { SeededChance } from './seeded-chance.ts';

/** Something that waits for a cut to end. */
export interface Traffic {
  /** The link is back: go on. */
  healed(): void;
  /** The link is back, but the connection did not survive. */
  reset(): void;
}

/** How often a connection survives a cut, as it does when the cut is shorter than TCP's patience. */
const SURVIVES = 0.5;
/** Bytes that one event delivers at most. */
const PIECE_BYTES_MAX = 256 * 1024;
/** How often a delivery stops somewhere in the middle of what was sent. */
const SPLIT = 0.2;

export class MemoryLink {
  readonly scheduler: Scheduler;
  /** Times that delivery takes lie between these two. */
  latencyMs: { readonly from: number; readonly to: number } = { from: 0.1, to: 2 };
  readonly #chance: SeededChance;
  readonly #waiting = new Set<Traffic>();
  #isCut = false;
  #steps = 0;

  constructor(scheduler: Scheduler, chance: SeededChance) {
    this.scheduler = scheduler;
    this.#chance = chance;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** How often something set out or was to arrive: while this stands still, a cut always holds up the same. */
  get steps(): number {
    return this.#steps;
  }

  /** Does what is to arrive now get through? */
  letsThrough(): boolean {
    this.#steps += 1;
    return !this.#isCut;
  }

  /** From now on nothing gets through, and nobody is told. Idempotent. */
  cut(): void {
    this.#isCut = true;
  }

  /** What was held up goes on, or finds its connection reset. Idempotent. */
  heal(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const traffic of waiting) {
      if (this.#chance.happens(SURVIVES)) traffic.healed();
      else traffic.reset();
    }
  }

  /** Calls `traffic` when the cut ends. */
  await(traffic: Traffic): void {
    this.#waiting.add(traffic);
  }

  /** How long what sets out now takes. */
  delayMs(): number {
    this.#steps += 1;
    return this.#chance.between(this.latencyMs.from, this.latencyMs.to);
  }

  /** How many of these bytes arrive together. */
  pieceBytes(bytes: number): number {
    const most = Math.min(bytes, PIECE_BYTES_MAX);
    return this.#chance.happens(SPLIT) ? 1 + this.#chance.below(most) : most;
  }
}
