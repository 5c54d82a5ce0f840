/**
 * The end where the code is typed, over one connection to somebody who waits: one code is tried, then the offer is accepted or
 * not. After a wrong code the host closes, and the caller knocks again for the next try, with the same {@link JoinerTries}.
 *
 * Who is trusted when, and what happens if one end dies in between: see pairing-host.ts.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { PAIRING_NAME_BYTES_MAX } from '../../core/limits.ts';
import { SCALAR_BYTES, type PairingCrypto } from '../../core/pairing/cpace.ts';
import { JoinerRun, type JoinerOutcome, type JoinerTries, type Waiting } from '../../core/pairing/joiner.ts';
import { cutUtf8 } from '../../core/text.ts';
import type { Offer, PairingMessage } from '../../core/wire/pairing.ts';
import type { Address, PairingStream } from '../../ports/network.ts';
import { printAddress } from '../address.ts';
import type { Edges } from '../edges.ts';
import { PairingLink } from './pairing-link.ts';

export interface PairingJoinerOptions {
  readonly edges: Pick<Edges, 'clock' | 'chance' | 'device'>;
  readonly crypto: PairingCrypto;
  /** What people call this device. */
  readonly name: string;
  /** One for the person's whole wish to join, however many connections that takes. */
  readonly tries: JoinerTries;
}

export type Tried =
  /** The code was right, and both ends have proven it. */
  | { readonly is: 'offer'; readonly offer: Offer }
  /** The code was not the one that the host shows, or this is not the host that shows it. Knock again for the next. */
  | { readonly is: 'wrong'; readonly triesLeft: number }
  /** No more tries: the host wants no more, or this end has given away enough. */
  | { readonly is: 'too-many' }
  /** No code was tried: the host has none any more, or the connection is gone. Knock again and look. */
  | { readonly is: 'closed'; readonly because: string };

/** What was agreed: to be trusted from now on. */
export interface HostJoined {
  /** Raw device ID. */
  readonly device: Uint8Array;
  readonly name: string;
  /** Where it was reached: it listens there, if it was found by a knock and not at a meeting. */
  readonly address: Address;
  /** Where it listens, as it says. */
  readonly addresses: readonly string[];
  /** The accepted ones of the offered folders. */
  readonly folders: Offer['folders'];
}

/** All that is waited for is a far end that works at once; one that is silent for so long is gone. */
const SILENCE_MS = 15_000;
/** The host stores who joined before it closes. An answer that is sent counts, whether or not that is seen here. */
const STORING_MS = 5_000;

type Event = Exclude<JoinerOutcome, { is: 'goes-on' | 'proven' }> | { readonly is: 'closed'; readonly because: string };

export class PairingJoiner {
  /** Who waits there, in its own words; a person reads it before typing the code. */
  readonly host: Waiting;
  readonly #conversation: Conversation;
  #offer: Offer | undefined;

  /**
   * Begins on a connection to somebody who waits, and hears who it is.
   * @throws LanfoldError `E_PEER_UNREACHABLE` if it does not say so; the signal's reason when it is aborted.
   */
  static async begin(
    stream: PairingStream,
    options: PairingJoinerOptions,
    signal?: AbortSignal,
  ): Promise<PairingJoiner> {
    const conversation = new Conversation(stream, options);
    const abort = (): void => conversation.destroy('aborted');
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const event = await conversation.next(SILENCE_MS);
      signal?.throwIfAborted();
      if (event.is === 'welcomed') return new PairingJoiner(conversation, event.waiting);
      conversation.destroy('no welcome');
      const because = event.is === 'closed' ? event.because : 'it does not wait any more';
      throw new LanfoldError('E_PEER_UNREACHABLE', { subject: printAddress(stream.remote), because });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  private constructor(conversation: Conversation, host: Waiting) {
    this.#conversation = conversation;
    this.host = host;
  }

  /** Raw device ID of the host. */
  get device(): Uint8Array {
    return this.#conversation.stream.device;
  }

  /**
   * Tries a code, once on this connection.
   * @param code six digits, as `readCode` (core/pairing/code.ts) gives them.
   */
  async tryCode(code: string): Promise<Tried> {
    const conversation = this.#conversation;
    const { run, options } = conversation;
    if (options.tries.left <= 0) {
      this.decline();
      return { is: 'too-many' };
    }
    if (!conversation.isOver) conversation.send(run.hello(code, options.edges.chance.bytes(SCALAR_BYTES)));
    const event = await conversation.next(SILENCE_MS);
    if (event.is === 'offered') {
      this.#offer = event.offer;
      return { is: 'offer', offer: event.offer };
    }
    conversation.destroy('no agreement');
    if (event.is === 'wrong' || event.is === 'too-many' || event.is === 'closed') return event;
    return { is: 'closed', because: 'the host has no open code' };
  }

  /**
   * Accepts some of the offered folders, or none and only the device.
   * @returns undefined if the host has gone meanwhile: nothing is agreed.
   * @throws RangeError for a folder that was not offered.
   */
  async accept(folderIds: readonly string[]): Promise<HostJoined | undefined> {
    const conversation = this.#conversation;
    const offer = this.#offer;
    if (offer === undefined) throw new Error('Nothing is offered that could be accepted');
    if (conversation.isOver) return undefined;
    conversation.send(conversation.run.accept(folderIds));
    await conversation.next(STORING_MS); // the host closes
    conversation.end();
    return {
      device: this.device,
      name: this.host.name,
      address: conversation.stream.remote,
      addresses: offer.addresses,
      folders: offer.folders.filter(({ id }) => folderIds.includes(id)),
    };
  }

  /** Wants nothing, or nothing any more; also before a code was tried. Idempotent. */
  decline(): void {
    this.#conversation.send(this.#conversation.run.decline());
    this.#conversation.end();
  }
}

/** Turns what comes over the stream into events, each waited for; there are few, as the run allows each step once. */
class Conversation {
  readonly stream: PairingStream;
  readonly options: PairingJoinerOptions;
  readonly run: JoinerRun;
  readonly #link: PairingLink;
  /** What came before anybody waited for it. */
  readonly #early: Event[] = [];
  #waiting: ((event: Event) => void) | undefined;
  #closedBecause: string | undefined;

  constructor(stream: PairingStream, options: PairingJoinerOptions) {
    this.stream = stream;
    this.options = options;
    const { edges, crypto, tries } = options;
    this.run = new JoinerRun({
      crypto,
      tries,
      meeting: { binding: stream.binding, joiner: edges.device, host: stream.device },
      name: cutUtf8(options.name, PAIRING_NAME_BYTES_MAX),
    });
    this.#link = new PairingLink(stream, {
      received: (message) => this.#received(message),
      failed: (cause) => this.#close(String(cause)),
      closed: (reason) => this.#close(reason),
    });
  }

  /** While it is our turn: has the far end gone, or refused to go on? */
  get isOver(): boolean {
    return this.#closedBecause !== undefined || this.#early.length > 0;
  }

  /** What comes next; `closed` also when nothing comes in time, and the stream is closed then. */
  async next(timeoutMs: number): Promise<Event> {
    const early = this.#early.shift();
    if (early !== undefined) return early;
    if (this.#closedBecause !== undefined) return { is: 'closed', because: this.#closedBecause };
    const timer = this.options.edges.clock.after(timeoutMs, () => this.destroy('the far end is silent'));
    try {
      return await new Promise((resolve) => (this.#waiting = resolve));
    } finally {
      timer.cancel();
    }
  }

  send(message: PairingMessage): void {
    this.#link.send([message]);
  }

  end(): void {
    this.#link.end();
    this.#close('ended');
  }

  destroy(reason: string): void {
    this.#link.destroy(reason);
    this.#close(reason);
  }

  #received(message: PairingMessage): void {
    const { send, outcome } = this.run.receive(message);
    this.#link.send(send);
    if (outcome.is === 'proven') this.#link.raiseLimits();
    else if (outcome.is !== 'goes-on') this.#tell(outcome);
  }

  #close(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#tell({ is: 'closed', because: reason });
  }

  #tell(event: Event): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) waiting(event);
    else if (event.is !== 'closed') this.#early.push(event);
  }
}
