/**
 * The real time.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';

/** What setTimeout can wait; beyond, it fires at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(delayMs, DELAY_MS_MAX));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
