/**
 * Wakes an event loop again and again, in case one of its wake-ups got lost.
 *
 * Seen under load, on Linux 6.18 with Node 24.21 (libuv 1.52, which waits for its eventfd edge-triggered): a message of a thread
 * was there, and the loop that it was for slept on; all later messages by the same port did not wake it either, since one was
 * pending already. Any message by another port has the loop look at all of them.
 * @module
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** What a lost wake-up costs at most. */
const KICK_MS = 1000;

export class LoopKick {
  /** To be handed to a thread, which {@link answerKicks}; or kept here, to wake this loop alone. */
  readonly farPort: MessagePort;
  readonly #port: MessagePort;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.farPort = port2;
    port1.on('message', () => {}).unref();
  }

  /** From now on, until {@link stop}. Keeps no process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.#port.postMessage(0, []), KICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Stops for good, at both ends. */
  close(): void {
    this.stop();
    this.#port.close();
  }
}

/** At the far end of a {@link LoopKick}: being woken is enough, and waking the near end in turn. */
export function answerKicks(port: MessagePort): void {
  port.on('message', () => port.postMessage(0, [])).unref();
}
