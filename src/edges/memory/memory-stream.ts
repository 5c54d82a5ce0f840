/**
 * Both ends of one conversation in memory.
 * @module
 */
import type { Address, Stream, StreamHandlers } from '../../ports/network.ts';
import type { Life } from './life.ts';
import type { MemoryLink, Traffic } from './memory-link.ts';

export interface StreamEnd {
  readonly device: Uint8Array;
  readonly remote: Address;
  readonly dialled: boolean;
  readonly life: Life;
  readonly onSend: (bytes: number) => void;
  /** Told when this end is closed, by whom or whatever. */
  readonly onClosed?: () => void;
}

/** An end that is closing while its link is cut gives up after this time, as a system's socket does. */
const LINGER_MS = 5000;
/** What a handler finds in a chunk that it kept beyond its call. */
const VOID_BYTE = 0xdd;

/** Two ends that talk to each other. */
export function connectStreams(
  link: MemoryLink,
  bufferBytes: number,
  a: StreamEnd,
  b: StreamEnd,
): { dialled: MemoryStream; accepted: MemoryStream } {
  const dialled = new MemoryStream(link, bufferBytes, a);
  const accepted = new MemoryStream(link, bufferBytes, b);
  dialled.connect(accepted);
  accepted.connect(dialled);
  return { dialled, accepted };
}

export class MemoryStream implements Stream, Traffic {
  readonly device: Uint8Array;
  readonly remote: Address;
  readonly dialled: boolean;
  readonly #link: MemoryLink;
  readonly #bufferBytes: number;
  readonly #life: Life;
  readonly #onSend: (bytes: number) => void;
  readonly #onClosed: (() => void) | undefined;
  #partner: MemoryStream | undefined;
  #handlers: StreamHandlers | undefined;
  /** Sent, and not yet delivered to the far end; in order. */
  #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  /** True while a delivery to the far end is due, or waits for the link. */
  #isDelivering = false;
  #isPaused = false;
  #isEnding = false;
  #closedBecause: string | undefined;
  #isClosedTold = false;
  #drainWaiters: (() => void)[] = [];

  constructor(link: MemoryLink, bufferBytes: number, end: StreamEnd) {
    const { device, remote, dialled, life, onSend, onClosed } = end;
    this.device = device;
    this.remote = remote;
    this.dialled = dialled;
    this.#link = link;
    this.#bufferBytes = bufferBytes;
    this.#life = life;
    this.#onSend = onSend;
    this.#onClosed = onClosed;
    life.onEnd(() => this.destroy('the process ended'));
  }

  /** Called once, before all else. */
  connect(far: MemoryStream): void {
    this.#partner = far;
  }

  receive(handlers: StreamHandlers): void {
    this.#handlers = handlers;
    this.#tellClosed();
    this.#far.#deliver();
  }

  send(parts: readonly Uint8Array[]): boolean {
    if (this.#closedBecause !== undefined || this.#isEnding) return false;
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.#onSend(bytes);
    for (const part of parts) if (part.length > 0) this.#outgoing.push(part);
    this.#outgoingBytes += bytes;
    this.#deliver();
    return this.#outgoingBytes <= this.#bufferBytes;
  }

  drained(): Promise<void> {
    if (this.#isDrained()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drainWaiters.push(resolve);
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#far.#deliver();
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#life.after(LINGER_MS, () => {
      if (this.#link.isCut) this.destroy('ended');
    });
    this.#deliver();
  }

  destroy(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#close(reason);
    this.#tellFar();
  }

  healed(): void {
    this.#isDelivering = false;
    if (this.#closedBecause === undefined) this.#deliver();
    else this.#tellFar();
  }

  reset(): void {
    this.#isDelivering = false;
    this.#far.#close('connection reset');
    this.#close('connection reset');
  }

  get #far(): MemoryStream {
    if (this.#partner === undefined) throw new Error('the stream is not connected yet');
    return this.#partner;
  }

  /** Sees to it that what is outgoing goes on, when the far end and the link let it. */
  #deliver(): void {
    if (this.#isDelivering || this.#closedBecause !== undefined) return;
    const hasWork = this.#outgoingBytes > 0 || this.#isEnding;
    if (!hasWork || (this.#outgoingBytes > 0 && !this.#far.#isReceiving())) return;
    this.#isDelivering = true;
    this.#link.scheduler.after(this.#link.delayMs(), () => this.#arrive());
  }

  #arrive(): void {
    if (!this.#link.letsThrough()) {
      this.#link.await(this);
      return;
    }
    this.#isDelivering = false;
    if (this.#closedBecause !== undefined) return;
    if (this.#outgoingBytes > 0) this.#handOver();
    else if (this.#isEnding) {
      this.#far.#close('the other side ended');
      this.#close('ended');
    }
    this.#deliver();
  }

  #handOver(): void {
    const far = this.#far;
    if (!far.#isReceiving()) return;
    const piece = this.#take(this.#link.pieceBytes(this.#outgoingBytes));
    far.#handlers?.data(piece);
    piece.fill(VOID_BYTE);
    if (this.#isDrained()) this.#wakeDrained();
  }

  #take(bytes: number): Uint8Array {
    const piece = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      const part = this.#outgoing.shift();
      if (part === undefined) break;
      const taken = part.subarray(0, bytes - filled);
      piece.set(taken, filled);
      filled += taken.length;
      if (taken.length < part.length) this.#outgoing.unshift(part.subarray(taken.length));
    }
    this.#outgoingBytes -= filled;
    return piece;
  }

  #isReceiving(): boolean {
    return this.#handlers !== undefined && !this.#isPaused && this.#closedBecause === undefined && this.#life.alive;
  }

  #isDrained(): boolean {
    return this.#closedBecause !== undefined || this.#outgoingBytes <= this.#bufferBytes / 2;
  }

  #wakeDrained(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    // By the life and not at once: a process that is gone wakes up no more.
    for (const wake of waiters) this.#life.after(0, wake);
  }

  /** The far end learns of a close after the time that bytes take; while the link is cut, not at all. */
  #tellFar(): void {
    this.#link.scheduler.after(this.#link.delayMs(), () => {
      if (!this.#link.letsThrough()) this.#link.await(this);
      else this.#far.#close('the other side closed the connection');
    });
  }

  #close(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#onClosed?.();
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    this.#wakeDrained();
    this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#closedBecause === undefined || this.#handlers === undefined || this.#isClosedTold) return;
    this.#isClosedTold = true;
    const reason = this.#closedBecause;
    this.#life.after(0, () => this.#handlers?.closed(reason));
  }
}
