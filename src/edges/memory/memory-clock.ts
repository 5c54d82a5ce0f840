import type { Clock, Timer } from '../../ports/clock.ts';
import type { Life } from './life.ts';

/** Where simulated wall clocks start: a whole second, far from both 0 and overflow. */
export const WORLD_EPOCH_MS = 1_790_000_000_000;

/** The clock of one life. */
export class MemoryClock implements Clock {
  readonly #life: Life;
  readonly #skewMs: () => number;

  /** `skewMs`: how far its wall clock is off, now; whole milliseconds. */
  constructor(life: Life, skewMs: () => number = () => 0) {
    this.#life = life;
    this.#skewMs = skewMs;
  }

  nowMs(): number {
    return WORLD_EPOCH_MS + this.#skewMs() + Math.floor(this.#life.scheduler.nowMs);
  }

  /** The wall's time as exactly as a disk keeps it: nanoseconds since 1970. */
  nowNs(): bigint {
    return BigInt(WORLD_EPOCH_MS + this.#skewMs()) * 1_000_000n + BigInt(Math.floor(this.#life.scheduler.nowMs * 1e6));
  }

  monotonicMs(): number {
    return this.#life.scheduler.nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#life.after(delayMs, run);
  }
}
