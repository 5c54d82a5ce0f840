/**
 * What a peer asked for and has not been sent yet. One that asks faster than it reads waits in its own buffers, not in our
 * memory (R19).
 */

/** Above it nothing more is read from that peer. */
const OWED_BYTES_MAX = 32 * 1024 * 1024;
/** What a request costs here besides the bytes it asks for, so that many small ones count as well. */
const REQUEST_BYTES = 4096;

export interface Flow {
  pause(): void;
  resume(): void;
}

export class Owed {
  readonly #flow: Flow;
  #bytes = 0;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** @returns what to call once it is paid. */
  take(bytes: number): () => void {
    const cost = REQUEST_BYTES + Math.max(0, bytes);
    this.#change(cost);
    return () => this.#change(-cost);
  }

  #change(bytes: number): void {
    const before = this.#bytes;
    this.#bytes += bytes;
    if (before <= OWED_BYTES_MAX && this.#bytes > OWED_BYTES_MAX) this.#flow.pause();
    if (before > OWED_BYTES_MAX && this.#bytes <= OWED_BYTES_MAX) this.#flow.resume();
  }
}
