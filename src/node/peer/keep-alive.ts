/**
 * Says "I am here" while nothing else is said, and notices a far end that says nothing any more.
 * @module
 */
import type { Clock, Timer } from '../../ports/clock.ts';

export interface KeepAliveTimes {
  /** Between two pings. */
  readonly pingMs: number;
  /** A far end that is silent for this long is dead. */
  readonly deadMs: number;
}

/** lanfold pings often and notices a dead peer soon; Syncthing pings after 90 s at the latest and waits 300 s. */
export const KEEP_ALIVE = {
  lanfold: { pingMs: 10_000, deadMs: 30_000 },
  other: { pingMs: 45_000, deadMs: 300_000 },
} as const;

export class KeepAlive {
  readonly #clock: Clock;
  readonly #ping: () => void;
  readonly #dead: () => void;
  #heardMs: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, ping: () => void, dead: () => void) {
    this.#clock = clock;
    this.#ping = ping;
    this.#dead = dead;
    this.#heardMs = clock.monotonicMs();
  }

  /** The far end said something. */
  heard(): void {
    this.#heardMs = this.#clock.monotonicMs();
  }

  start({ pingMs, deadMs }: KeepAliveTimes): void {
    this.stop();
    // Not at every ping only: silence that began just after one would be noticed a whole ping later.
    const leftMs = this.#heardMs + deadMs - this.#clock.monotonicMs();
    // Whole milliseconds: a wait for the last fraction of one would, by rounding, end before its time, again and again.
    this.#timer = this.#clock.after(Math.max(1, Math.min(pingMs, Math.ceil(leftMs))), () => {
      if (this.#clock.monotonicMs() - this.#heardMs >= deadMs) {
        this.#dead();
        return;
      }
      this.#ping();
      this.start({ pingMs, deadMs });
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
