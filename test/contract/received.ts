/**
 * What arrived on a stream, for tests.
 * @module
 */
import type { Stream } from '../../src/ports/network.ts';

export class Received {
  readonly #chunks: Buffer[] = [];
  readonly #closed = Promise.withResolvers<string>();
  #waiting: (() => void)[] = [];
  length = 0;
  closedCount = 0;

  /** Receives `stream`. @param onData is told how many bytes there are now */
  static of(stream: Stream, onData?: (length: number) => void): Received {
    const received = new Received();
    stream.receive({
      data: (chunk) => {
        if (received.closedCount > 0) throw new Error('data after the end');
        received.#chunks.push(Buffer.from(chunk));
        received.length += chunk.length;
        onData?.(received.length);
        received.#wake();
      },
      closed: (reason) => {
        received.closedCount++;
        received.#closed.resolve(reason);
        received.#wake();
      },
    });
    return received;
  }

  /** The reason, when the stream is closed. */
  get closed(): Promise<string> {
    return this.#closed.promise;
  }

  /** The first `length` bytes, when they are there. */
  async bytes(length: number): Promise<Buffer> {
    while (this.length < length) {
      if (this.closedCount > 0) throw new Error(`closed after ${this.length} of ${length} bytes`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return Buffer.concat(this.#chunks).subarray(0, length);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
