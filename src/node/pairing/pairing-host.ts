/**
 * The end that shows a code: takes the connections of whoever wants to join, until one has proven to know the code and said
 * what it takes, or until pairing is over for another reason.
 *
 * Who is trusted when: the joiner trusts the host once it has verified the host's tag and sent its answer; the host trusts the
 * joiner once that answer is here. If either dies in between, or the answer is lost, the joiner trusts a host that does not know
 * it: the host turns it away as any stranger, no file moves, and pairing once more makes it whole.
 * @module
 */
import { PAIRING_NAME_BYTES_MAX, PAIRING_STREAMS_MAX, PAIRING_STREAMS_PER_SOURCE_MAX } from '../../core/limits.ts';
import { createCode } from '../../core/pairing/code.ts';
import { SCALAR_BYTES, type PairingCrypto } from '../../core/pairing/cpace.ts';
import { CODE_MS, Guesses, type OverBecause } from '../../core/pairing/guesses.ts';
import { HostRun, refused, type HostOutcome } from '../../core/pairing/host.ts';
import { cutUtf8 } from '../../core/text.ts';
import { encodePairing, PairingDecoder, type Offer, type PairingMessage } from '../../core/wire/pairing.ts';
import type { Timer } from '../../ports/clock.ts';
import type { PairingDoor, PairingStream } from '../../ports/network.ts';
import type { Edges } from '../edges.ts';
import { PairingLink } from './pairing-link.ts';

export interface PairingHostOptions {
  readonly edges: Pick<Edges, 'clock' | 'chance' | 'device' | 'log'>;
  readonly crypto: PairingCrypto;
  /** What people call this device, and its system: told to everybody who knocks. */
  readonly name: string;
  readonly system: string;
  /** Told to whoever has proven to know the code, and to nobody else. */
  readonly offer: () => Offer;
  readonly events: PairingHostEvents;
}

export interface PairingHostEvents {
  /** A new code took the place of a burnt one. `untilMs`: milliseconds since 1970. */
  code(code: ShownCode): void;
  /** Somebody has guessed wrong. */
  wrongCode(guess: { readonly source: string; readonly triesLeft: number }): void;
  /**
   * To be trusted from now on. The far end is let go when the promise is kept, so that what it does next finds itself trusted;
   * a promise that is broken ends pairing as `failed`.
   */
  paired(joined: Joined): Promise<void>;
  /** Exactly once, last. */
  closed(because: PairingEnd): void;
}

export interface ShownCode {
  /** Six digits. */
  readonly digits: string;
  /** Milliseconds since 1970, by the wall. */
  readonly untilMs: number;
}

/** Somebody who knew the code and accepted. */
export interface Joined {
  /** Raw device ID. */
  readonly device: Uint8Array;
  readonly name: string;
  /** Host part of its address; where it listens is not known. */
  readonly host: string;
  /** IDs of the offered folders that it takes. */
  readonly folders: readonly string[];
}

export type PairingEnd =
  | 'paired'
  /** Somebody knew the code, and took nothing or went away. */
  | 'declined'
  /** Somebody accepted, and that could not be kept here; or somebody knew the code, and what to offer could not be said. */
  | 'failed'
  | Exclude<OverBecause, 'used'>;

/** A stranger has so long, from the connection to the proof. Who types longer connects again, which costs nothing. */
const STRANGER_MS = 60_000;
/** Whoever has proven to know the code may think about the offer for as long as the code would have lived. */
const ANSWER_MS = CODE_MS;

interface Visit {
  readonly stream: PairingStream;
  readonly link: PairingLink;
  readonly run: HostRun;
  timer: Timer;
  /** `accepted`: it has answered, and is being stored. */
  stands: 'guessing' | 'proven' | 'accepted';
}

export class PairingHost implements PairingDoor {
  readonly #options: PairingHostOptions;
  readonly #guesses: Guesses;
  readonly #visits = new Set<Visit>();
  /** For the code's end, or for the pause's. */
  #timer: Timer | undefined;
  #isClosed = false;

  /**
   * Opens pairing, with a first {@link code}.
   * @throws WireError if the offer is one that no far end would take.
   */
  constructor(options: PairingHostOptions) {
    demandReadable(options.offer());
    this.#options = { ...options, name: cutUtf8(options.name, PAIRING_NAME_BYTES_MAX) };
    this.#guesses = new Guesses(this.#newCode(), this.#nowMs);
    this.#settle();
  }

  /** May anybody still come and guess? Also between a burnt code and the next. */
  isOpen(): boolean {
    return !this.#isClosed && this.#guesses.phase(this.#nowMs).is !== 'over';
  }

  /** What to show; undefined while there is no code. */
  get code(): ShownCode | undefined {
    const phase = this.#guesses.phase(this.#nowMs);
    if (phase.is !== 'open') return undefined;
    const { digits, untilMs } = phase.code;
    return { digits, untilMs: this.#options.edges.clock.nowMs() + untilMs - this.#nowMs };
  }

  onStream(stream: PairingStream): void {
    const ofSource = [...this.#visits].filter((visit) => visit.stream.remote.host === stream.remote.host).length;
    if (!this.isOpen()) stream.destroy('no code is open');
    else if (this.#visits.size >= PAIRING_STREAMS_MAX || ofSource >= PAIRING_STREAMS_PER_SOURCE_MAX)
      stream.destroy('too many at once');
    else this.#visit(stream);
  }

  /** Ends pairing, unless somebody has just accepted: that ends it in a moment. Idempotent. */
  close(): void {
    if (![...this.#visits].some(({ stands }) => stands === 'accepted')) this.#finish('closed');
  }

  #visit(stream: PairingStream): void {
    const { edges, crypto, name, system, offer } = this.#options;
    const { device: joiner, binding, remote } = stream;
    const run = new HostRun({
      crypto,
      guesses: this.#guesses,
      meeting: { binding, joiner, host: edges.device },
      source: remote.host,
      scalar: edges.chance.bytes(SCALAR_BYTES),
      name,
      system,
      offer,
    });
    const link = new PairingLink(stream, {
      received: (message) => this.#received(visit, message),
      failed: (cause) => this.#failed(cause),
      closed: () => this.#left(visit),
    });
    const timer = edges.clock.after(STRANGER_MS, () => link.destroy('too slow'));
    const visit: Visit = { stream, link, run, timer, stands: 'guessing' };
    this.#visits.add(visit);
    link.send([run.welcome()]);
  }

  #received(visit: Visit, message: PairingMessage): void {
    const { send, outcome } = visit.run.receive(message, this.#nowMs);
    visit.link.send(send);
    this.#act(visit, outcome);
    this.#settle();
  }

  #failed(cause: unknown): void {
    this.#options.edges.log.warn({ cause: String(cause) }, 'pairing failed');
    this.#finish('failed');
  }

  #act(visit: Visit, outcome: HostOutcome): void {
    switch (outcome.is) {
      case 'goes-on':
        break;
      case 'refused':
        visit.link.end();
        break;
      case 'wrong':
        visit.link.end();
        this.#options.events.wrongCode({ source: visit.stream.remote.host, triesLeft: outcome.triesLeft });
        break;
      case 'proven':
        this.#proven(visit);
        break;
      case 'accepted':
        visit.stands = 'accepted';
        void this.#store(visit, outcome);
        break;
      case 'declined':
        visit.link.end();
        if (visit.stands === 'proven') this.#finish('declined');
        break;
    }
  }

  /** One has proven to know the code: it is used up, the others have come too late. */
  #proven(visit: Visit): void {
    visit.stands = 'proven';
    visit.link.raiseLimits();
    visit.timer.cancel();
    visit.timer = this.#options.edges.clock.after(ANSWER_MS, () => visit.link.destroy('no answer to the offer'));
    for (const other of this.#visits) if (other !== visit) this.#turnAway(other);
  }

  async #store(visit: Visit, { name, folders }: HostOutcome & { is: 'accepted' }): Promise<void> {
    const { device, remote } = visit.stream;
    try {
      await this.#options.events.paired({ device, name, host: remote.host, folders });
    } catch {
      visit.link.destroy('what was agreed could not be stored'); // the caller knows why: it was its promise
      this.#finish('failed');
      return;
    }
    visit.link.end();
    this.#finish('paired');
  }

  #left(visit: Visit): void {
    visit.timer.cancel();
    this.#visits.delete(visit);
    if (visit.stands === 'proven') this.#finish('declined');
  }

  /** Does what time or the last message has made due, and sees to it that the next thing which time brings will be done. */
  #settle(): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    const nowMs = this.#nowMs;
    let phase = this.#guesses.phase(nowMs);
    if (phase.is === 'pause' && nowMs >= phase.untilMs) {
      this.#guesses.renew(this.#newCode(), nowMs);
      phase = this.#guesses.phase(nowMs);
      if (this.code !== undefined) this.#options.events.code(this.code);
    }
    if (phase.is === 'over') {
      if (phase.because !== 'used') this.#finish(phase.because);
      return;
    }
    const dueMs = phase.is === 'open' ? phase.code.untilMs : phase.untilMs;
    this.#timer = this.#options.edges.clock.after(dueMs - nowMs, () => this.#settle());
  }

  #finish(because: PairingEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#guesses.end('closed');
    this.#timer?.cancel();
    for (const visit of this.#visits) this.#turnAway(visit);
    this.#options.events.closed(because);
  }

  #turnAway(visit: Visit): void {
    visit.link.send([refused('no-code')]);
    visit.link.end();
  }

  #newCode(): string {
    return createCode((length) => this.#options.edges.chance.bytes(length));
  }

  /** Not the wall's time: a clock that is put right makes no code older or younger. */
  get #nowMs(): number {
    return this.#options.edges.clock.monotonicMs();
  }
}

/** What we offer has to pass the far end's own bounds. */
function demandReadable(offer: Offer): void {
  const decoder = new PairingDecoder();
  decoder.raiseLimits();
  for (const _ of decoder.feed(encodePairing({ type: 'Offer', body: offer }))) return;
}
