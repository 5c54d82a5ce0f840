/**
 * Notices a frame that has begun and does not end (R19): the room for it is taken, and what stands behind it waits.
 *
 * A minute is enough for all but a large block on a slow network: what keeps coming faster than a bad radio link does is
 * waited for. The time in which we do not read does not count.
 */
import type { Clock, Timer } from '../../ports/clock.ts';

const FRAME_MS = 60_000;
const BYTES_PER_MS_MIN = 64;

/** A frame of which a part has come. */
export interface Unfinished {
  /** How many came before it. */
  readonly number: number;
  /** Its length, once that is known. */
  readonly bytes: number;
}

export class FrameWatch {
  readonly #clock: Clock;
  readonly #late: () => void;
  #begun: { readonly atMs: number; readonly number: number; bytes: number } | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, late: () => void) {
    this.#clock = clock;
    this.#late = late;
  }

  /** Something came in. `undefined`: and it ended with a whole frame. */
  heard(unfinished: Unfinished | undefined): void {
    if (unfinished === undefined) this.stop();
    else if (this.#begun?.number === unfinished.number) this.#begun.bytes = unfinished.bytes;
    else {
      this.stop();
      this.#begun = { ...unfinished, atMs: this.#clock.monotonicMs() };
      this.#timer = this.#clock.after(FRAME_MS, () => this.#check());
    }
  }

  /** Nothing is read any more, or for now: the frame begins anew with what comes next. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#begun = undefined;
  }

  #check(): void {
    if (this.#begun === undefined) return;
    const allowedMs = Math.max(FRAME_MS, this.#begun.bytes / BYTES_PER_MS_MIN);
    const leftMs = this.#begun.atMs + allowedMs - this.#clock.monotonicMs();
    if (leftMs <= 0) this.#late();
    else this.#timer = this.#clock.after(leftMs, () => this.#check());
  }
}
