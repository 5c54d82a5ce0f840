/**
 * What a peer asked for and has not been sent yet. One that asks faster than it reads waits in its own buffers, not in our
 * memory (R19).
 */

import { Budget } from '../wake.ts';

/** So much is read from the disk and waits to be sent; above it nothing more is read from that peer. */
const OWED_BYTES_MAX = 32 * 1024 * 1024;
/** What a request costs here besides the bytes it asks for, so that many small ones count as well. */
const REQUEST_BYTES = 4096;

export interface Flow {
  pause(): void;
  resume(): void;
}

export class Owed {
  readonly #flow: Flow;
  /** What came with one read may ask for gigabytes: it has its turn one after the other. */
  readonly #turns = new Budget(OWED_BYTES_MAX);
  #bytes = 0;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** Waits until there is room for it. @returns what to call once it is paid. */
  async take(bytes: number): Promise<() => void> {
    const cost = REQUEST_BYTES + Math.max(0, bytes);
    this.#change(cost);
    await this.#turns.take(cost);
    return () => {
      this.#turns.give(cost);
      this.#change(-cost);
    };
  }

  #change(bytes: number): void {
    const before = this.#bytes;
    this.#bytes += bytes;
    if (before <= OWED_BYTES_MAX && this.#bytes > OWED_BYTES_MAX) this.#flow.pause();
    if (before > OWED_BYTES_MAX && this.#bytes <= OWED_BYTES_MAX) this.#flow.resume();
  }
}
