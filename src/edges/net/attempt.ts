/**
 * One attempt to reach an address: it ends once, by success, failure, its time or its signal, and when it fails it closes
 * what it opened.
 * @module
 */
import type { Socket } from 'node:net';
import { LanfoldError } from '../../core/errors.ts';
import type { Address } from '../../ports/network.ts';

export class Attempt<Result> {
  readonly #outcome = Promise.withResolvers<Result>();
  readonly #address: Address;
  readonly #signal: AbortSignal;
  #timer: NodeJS.Timeout;
  readonly #sockets: Socket[] = [];
  #isOver = false;

  constructor(address: Address, limitMs: number, signal: AbortSignal) {
    this.#address = address;
    this.#signal = signal;
    this.#timer = this.#endIn(limitMs);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Rejects with E_PEER_UNREACHABLE for whatever the network does; with the signal's reason; or with what a judge threw. */
  get result(): Promise<Result> {
    return this.#outcome.promise;
  }

  /**
   * The attempt rests on `socket`: it fails when that one fails or closes. A later socket stands on those before: it alone is
   * destroyed, and takes them with it. (To destroy one from under TLS, in a call of TLS, crashes Node 24.)
   */
  watch<Watched extends Socket>(socket: Watched): Watched {
    this.#sockets.push(socket);
    socket.on('error', (error) => this.#unreachable(error)); // stays for good: a later error must not be thrown at the process
    socket.on('close', this.#onClose);
    return socket;
  }

  /** The first half is done: so long there is for the rest, from now on. */
  renewTime(limitMs: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#timer = this.#endIn(limitMs);
  }

  /** All has answered: the attempt ends as `judge` does, which may close the sockets itself. */
  settle(judge: () => Result): void {
    if (this.#isOver) return;
    this.#release();
    try {
      this.#outcome.resolve(judge());
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#release();
    this.#giveUp(error);
  }

  #giveUp(error: unknown): void {
    this.#sockets.at(-1)?.destroy();
    this.#outcome.reject(error);
  }

  #release(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    for (const socket of this.#sockets) socket.off('close', this.#onClose);
  }

  #endIn(limitMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#unreachable(new Error(`No answer within ${limitMs} ms`)), limitMs);
  }

  #unreachable(cause: unknown): void {
    this.#fail(new LanfoldError('E_PEER_UNREACHABLE', { subject: textOf(this.#address), cause }));
  }

  readonly #onAbort = (): void => this.#fail(this.#signal.reason);
  readonly #onClose = (): void => this.#unreachable(new Error('The connection was closed during the handshake'));
}

export function textOf({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
