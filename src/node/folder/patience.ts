/**
 * Lets deletes wait for what may show that they are none, but not without end.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';

/** A folder in which directories come without end, or a peer that tells of new files without end, still gets its deletes. */
const DELETES_WAIT_MS = 60_000;

export class Patience {
  readonly #clock: Clock;
  #sinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** May they wait on? Call with false when there is nothing to wait for: then the next wait begins anew. */
  mayWait(isReason: boolean): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (isReason) this.#sinceMs ??= nowMs;
    else this.#sinceMs = undefined;
    return this.#sinceMs !== undefined && nowMs - this.#sinceMs <= DELETES_WAIT_MS;
  }
}
