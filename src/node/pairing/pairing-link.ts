/**
 * Messages of pairing over a stream. Malformed input, and whatever the receiver throws, ends the stream and nothing more.
 * @module
 */
import { encodePairing, PairingDecoder, type PairingMessage } from '../../core/wire/pairing.ts';
import { WireError } from '../../core/wire/wire-error.ts';
import type { PairingStream } from '../../ports/network.ts';

export interface PairingLinkHandlers {
  /** Never called after {@link PairingLink.end} or {@link PairingLink.destroy}. */
  received(message: PairingMessage): void;
  /** `received` threw something that is no WireError, which no far end is to blame for; the stream is destroyed. */
  failed(cause: unknown): void;
  /** Exactly once, last. */
  closed(reason: string): void;
}

export class PairingLink {
  readonly #stream: PairingStream;
  readonly #handlers: PairingLinkHandlers;
  readonly #decoder = new PairingDecoder();
  #isOver = false;

  constructor(stream: PairingStream, handlers: PairingLinkHandlers) {
    this.#stream = stream;
    this.#handlers = handlers;
    stream.receive({
      data: (chunk) => this.#take(chunk),
      closed: (reason) => {
        this.#isOver = true;
        handlers.closed(reason);
      },
    });
  }

  send(messages: readonly PairingMessage[]): void {
    if (!this.#isOver && messages.length > 0) this.#stream.send(messages.map(encodePairing));
  }

  /** The far end knows the code: what it sends may be longer (R19). */
  raiseLimits(): void {
    this.#decoder.raiseLimits();
  }

  /** Sends what was sent, then closes; nothing more is received. */
  end(): void {
    this.#isOver = true;
    this.#stream.end();
  }

  destroy(reason: string): void {
    this.#isOver = true;
    this.#stream.destroy(reason);
  }

  #take(chunk: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (const message of this.#decoder.feed(chunk)) {
        this.#handlers.received(message);
        if (this.#isOver) return;
      }
    } catch (cause) {
      const isTheirs = cause instanceof WireError;
      this.destroy(isTheirs ? `malformed bytes while pairing: ${cause.message}` : 'an error here');
      if (!isTheirs) this.#handlers.failed(cause);
    }
  }
}
