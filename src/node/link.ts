/**
 * Messages over a stream: frames cut and decoded on the way in, encoded on the way out. Malformed input ends the stream.
 * @module
 */
import { encodeHello, FrameDecoder } from '../core/wire/frame.ts';
import {
  decodeFrame,
  encodeMessage,
  type BodyDraft,
  type Incoming,
  type MessageType,
} from '../core/wire/message-frame.ts';
import type { HelloDraft } from '../core/wire/messages.ts';
import { WireError } from '../core/wire/wire-error.ts';
import type { Stream } from '../ports/network.ts';

export type Received = Exclude<Incoming, { type: 'Unknown' }>;

export interface LinkHandlers {
  received(message: Received): void;
  /** Exactly once, last. */
  closed(reason: string): void;
}

export class Link {
  readonly #stream: Stream;
  readonly #decoder = new FrameDecoder();
  readonly #handlers: LinkHandlers;
  #isOpen = true;

  constructor(stream: Stream, handlers: LinkHandlers) {
    this.#stream = stream;
    this.#handlers = handlers;
    stream.receive({
      data: (chunk) => this.#take(chunk),
      closed: (reason) => {
        this.#isOpen = false;
        handlers.closed(reason);
      },
    });
  }

  sendHello(hello: HelloDraft): void {
    this.#stream.send([encodeHello(hello)]);
  }

  /** @returns false when the far end is slow: wait for the stream to drain before sending more bulk. */
  send<T extends MessageType>(type: T, body: BodyDraft<T>): boolean {
    return this.#isOpen ? this.#stream.send(encodeMessage(type, body)) : true;
  }

  #take(chunk: Uint8Array): void {
    if (!this.#isOpen) return;
    try {
      for (const frame of this.#decoder.feed(chunk)) {
        const message = decodeFrame(frame);
        if (message.type !== 'Unknown') this.#handlers.received(message);
        if (!this.#isOpen) return;
      }
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      this.#isOpen = false;
      this.#stream.destroy(`malformed bytes from the peer: ${cause.message}`);
    }
  }
}
