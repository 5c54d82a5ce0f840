/**
 * Messages over a stream: frames cut and decoded on the way in, encoded on the way out. Malformed input ends the stream.
 * @module
 */
import { encodeHello, FrameDecoder, type Frame } from '../../core/wire/frame.ts';
import {
  decodeFrame,
  decodeFrameInParts,
  encodeMessage,
  isLong,
  type BodyDraft,
  type Incoming,
  type MessageType,
} from '../../core/wire/message-frame.ts';
import type { HelloDraft } from '../../core/wire/messages.ts';
import { WireError } from '../../core/wire/wire-error.ts';
import { sleep, type Clock } from '../../ports/clock.ts';
import type { Stream } from '../../ports/network.ts';
import { FrameWatch } from './frame-watch.ts';

export type Received = Exclude<Incoming, { type: 'Unknown' }>;

export interface LinkHandlers {
  /** So many bytes came in; called before what they say is passed on. */
  heard(bytes: number): void;
  /** A promise: nothing more is read before it is kept. */
  received(message: Received): Promise<void> | undefined;
  /** Exactly once, last. */
  closed(reason: string): void;
}

export class Link {
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #decoder = new FrameDecoder();
  readonly #handlers: LinkHandlers;
  readonly #frames: FrameWatch;
  #isOpen = true;
  #pauses = 0;
  /** What came while a message was waited for. */
  #held: (Frame | WireError)[] | undefined;

  constructor(stream: Stream, clock: Clock, handlers: LinkHandlers) {
    this.#stream = stream;
    this.#clock = clock;
    this.#frames = new FrameWatch(clock, () => stream.destroy('the peer did not finish a message in time'));
    this.#handlers = handlers;
    stream.receive({
      data: (chunk) => this.#take(chunk),
      closed: (reason) => {
        this.#isOpen = false;
        this.#frames.stop();
        handlers.closed(reason);
      },
    });
  }

  /** A part of a message has come, and not its end. */
  get isAmidMessage(): boolean {
    return this.#decoder.unfinished !== undefined;
  }

  sendHello(hello: HelloDraft): void {
    this.#stream.send([encodeHello(hello)]);
  }

  /** @returns false when the far end is slow: wait for the stream to drain before sending more bulk. */
  send<T extends MessageType>(type: T, body: BodyDraft<T>): boolean {
    return this.#isOpen ? this.#stream.send(encodeMessage(type, body)) : true;
  }

  /**
   * Says why and ends. Who does not take what it asked for is not waited for: it would come again meanwhile, and ask for as much
   * again (R19).
   * @param isAwaited it is, for the moment that an end takes: it hears what was said last from nobody else, perhaps.
   */
  close(reason: string, isAwaited: boolean): void {
    if (this.send('Close', { reason }) || isAwaited) this.#stream.end();
    else this.#stream.destroy(reason);
  }

  /** The peer's cluster config is good: what follows may be large (R19). */
  raiseLimits(): void {
    this.#decoder.raiseLimits();
  }

  /** Reads nothing more until as many times resumed. */
  pause(): void {
    this.#pauses += 1;
    if (this.#pauses > 1) return;
    this.#frames.stop();
    this.#stream.pause();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses > 0) return;
    this.#frames.heard(this.#decoder.unfinished);
    this.#stream.resume();
  }

  #take(chunk: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#handlers.heard(chunk.length);
    try {
      for (const frame of this.#decoder.feed(chunk)) {
        this.#pass(frame);
        if (!this.#isOpen) return;
      }
      if (this.#pauses === 0) this.#frames.heard(this.#decoder.unfinished);
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      this.#pass(cause);
    }
  }

  #pass(next: Frame | WireError): void {
    if (!this.#isOpen) return;
    if (this.#held !== undefined) {
      this.#held.push(next);
      return;
    }
    this.#orEnd(() => {
      if (next instanceof WireError) throw next;
      if (isLong(next)) void this.#hold(this.#readInParts(next));
      else this.#received(decodeFrame(next));
    });
  }

  #received(message: Incoming): void {
    const wait = message.type === 'Unknown' ? undefined : this.#handlers.received(message);
    if (wait !== undefined) void this.#hold(wait);
  }

  /** Others work between its parts. */
  async #readInParts(frame: Frame): Promise<void> {
    const parts = decodeFrameInParts(frame);
    let message: Incoming | undefined;
    while (message === undefined && this.#isOpen) {
      this.#orEnd(() => {
        const part = parts.next();
        if (part.done === true) message = part.value;
      });
      await sleep(this.#clock, 0);
    }
    if (!this.#isOpen || message === undefined || message.type === 'Unknown') return;
    await this.#handlers.received(message);
  }

  /** Malformed bytes end the stream. */
  #orEnd(run: () => void): void {
    try {
      run();
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      this.#isOpen = false;
      this.#frames.stop();
      this.#stream.destroy(`malformed bytes from the peer: ${cause.message}`);
    }
  }

  async #hold(wait: Promise<void>): Promise<void> {
    const held: (Frame | WireError)[] = [];
    this.#held = held;
    this.pause();
    await wait;
    this.#held = undefined;
    for (const next of held) this.#pass(next);
    this.resume();
  }
}
