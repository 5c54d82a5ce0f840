/**
 * A proven connection as a {@link Stream}.
 * @module
 */
import type { TLSSocket } from 'node:tls';
import type { Address, Stream, StreamHandlers } from '../../ports/network.ts';

export interface StreamLimits {
  /** From there on `send` says that the far end is slow. */
  readonly sendBufferBytes: number;
  /** A far end that lets this much pile up is cut off. */
  readonly sendBufferBytesMax: number;
  /** How long `end` waits for the far end to take what is left. */
  readonly endMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  sendBufferBytes: 4 * 1024 * 1024,
  sendBufferBytesMax: 64 * 1024 * 1024,
  endMs: 2_000,
};

const KEEP_ALIVE_MS = 10_000;

/**
 * Where a socket's bytes come from. An accepted socket emits 'data'; a dialled one fills one buffer again and again, which
 * costs the receiver about half as much (measured), and exists in Node on that side only.
 */
export interface Source {
  /** From now on `data` is called, whenever the socket is not paused. */
  start(data: (chunk: Uint8Array) => void): void;
}

export interface StreamOptions {
  readonly device: Uint8Array;
  readonly dialled: boolean;
  readonly source: Source;
  readonly limits: StreamLimits;
}

export class TlsStream implements Stream {
  readonly device: Uint8Array;
  readonly remote: Address;
  readonly local: string;
  readonly dialled: boolean;
  readonly #socket: TLSSocket;
  readonly #source: Source;
  readonly #limits: StreamLimits;
  #handlers: StreamHandlers | undefined;
  #isPaused = false;
  #isEnding = false;
  /** Why it was closed or will be; the first reason counts. */
  #reason: string | undefined;
  #waiting: (() => void)[] = [];

  constructor(socket: TLSSocket, options: StreamOptions) {
    this.#socket = socket;
    this.#source = options.source;
    this.#limits = options.limits;
    this.device = options.device;
    this.dialled = options.dialled;
    this.remote = remoteOf(socket);
    this.local = (socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)|%.*$/g, '');
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('drain', () => this.#releaseWaiting());
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#reason ??= error.code ?? error.message));
    socket.on('close', () => this.#onClose());
  }

  receive(handlers: StreamHandlers): void {
    if (this.#handlers !== undefined) throw new Error('A stream is received once');
    this.#handlers = handlers;
    if (this.#socket.closed) {
      queueMicrotask(() => this.#onClose());
      return;
    }
    this.#source.start((chunk) => {
      if (!this.#isEnding) handlers.data(chunk);
    });
    if (!this.#isPaused) this.#socket.resume();
  }

  send(parts: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (this.#isEnding || !socket.writable) return false;
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    if (socket.writableLength > this.#limits.sendBufferBytesMax) this.destroy('the far end does not read what is sent');
    return socket.writableLength <= this.#limits.sendBufferBytes;
  }

  drained(): Promise<void> {
    const isShort = this.#socket.writableLength <= this.#limits.sendBufferBytes;
    if (isShort || this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  pause(): void {
    if (this.#isEnding) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#handlers !== undefined) this.#socket.resume();
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#reason ??= 'ended here';
    this.#socket.end();
    // What still comes in is read and dropped: bytes left unread would make the system reset the connection, and the far end
    // could lose the last of what was sent.
    if (this.#handlers === undefined) this.#source.start(() => {});
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), this.#limits.endMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  destroy(reason: string): void {
    this.#isEnding = true;
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #onClose(): void {
    this.#isEnding = true;
    this.#releaseWaiting();
    this.#handlers?.closed(this.#reason ?? 'closed by the far end');
  }

  #releaseWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Chunks of a socket that no buffer of its own was given to. */
export function eventSource(socket: TLSSocket): Source {
  return { start: (data) => void socket.on('data', data) };
}

/** The address of a socket's far end, an IPv4 one without IPv6 clothes. */
export function remoteOf(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): Address {
  return { host: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''), port: socket.remotePort ?? 0 };
}
