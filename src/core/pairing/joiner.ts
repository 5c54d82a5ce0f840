/**
 * The end where the code is typed, in one conversation: a message or a code in, messages and an outcome out.
 *
 * The joiner proves first that it knows the code. Whoever only pretends to be the host gets with that proof the means to
 * test one guess; {@link JoinerTries} bounds how many such proofs a person gives away.
 * @module
 */
import type { Offer, PairingMessage } from '../wire/pairing.ts';
import { WireError } from '../wire/wire-error.ts';
import type { PairingCrypto } from './cpace.ts';
import { halfOf, PAIRING_VERSION, tagsOfMeeting, type Half, type Introduced, type Meeting } from './exchange.ts';
import { refused } from './host.ts';

export const JOINER_TRIES_MAX = 3;

/** The proofs that one person's wish to join may give away, over all conversations and hosts. */
export class JoinerTries {
  #left = JOINER_TRIES_MAX;

  get left(): number {
    return this.#left;
  }

  spend(): void {
    this.#left -= 1;
  }
}

export interface JoinerTerms {
  readonly crypto: PairingCrypto;
  readonly meeting: Meeting;
  readonly tries: JoinerTries;
  /** This device, as people know it. */
  readonly name: string;
}

/** Who waits, in its own words: proven is only its device ID. */
export interface Waiting {
  readonly name: string;
  readonly system: string;
}

export type JoinerOutcome =
  | { readonly is: 'goes-on' }
  /** The host has said who it is: a code may be tried, once. */
  | { readonly is: 'welcomed'; readonly waiting: Waiting }
  /** The host knows the code as well; its offer comes next. */
  | { readonly is: 'proven' }
  | { readonly is: 'offered'; readonly offer: Offer }
  /** The code was wrong, for the host or for us. Ends the conversation. */
  | { readonly is: 'wrong'; readonly triesLeft: number }
  /** The host takes no more guesses from here. Ends the conversation. */
  | { readonly is: 'too-many' }
  /** The host has no code to be guessed now. Ends the conversation. */
  | { readonly is: 'no-code' };

export interface JoinerTurn {
  readonly send: readonly PairingMessage[];
  readonly outcome: JoinerOutcome;
}

type State =
  | { readonly awaits: 'welcome' }
  | { readonly awaits: 'code'; readonly host: { readonly version: number; readonly name: string } }
  | {
      readonly awaits: 'hello-back';
      readonly host: { readonly version: number; readonly name: string };
      readonly half: Half;
    }
  /** `tag`: what the host has to send if it knows the code. */
  | { readonly awaits: 'confirm'; readonly tag: Uint8Array }
  | { readonly awaits: 'offer' }
  | { readonly awaits: 'decision'; readonly offer: Offer }
  | { readonly awaits: 'nothing' };

export class JoinerRun {
  readonly #terms: JoinerTerms;
  #state: State = { awaits: 'welcome' };

  constructor(terms: JoinerTerms) {
    this.#terms = terms;
  }

  /** @throws WireError if the message is not due, or breaks the protocol: the conversation is over. */
  receive(message: PairingMessage): JoinerTurn {
    const state = this.#state;
    this.#state = { awaits: 'nothing' };
    if (message.type === 'Refused' && state.awaits !== 'nothing') return outcome(this.#refused(message.body));
    if (state.awaits === 'welcome' && message.type === 'Welcome') {
      const { version, name, system } = message.body;
      this.#state = { awaits: 'code', host: { version, name } };
      return outcome({ is: 'welcomed', waiting: { name, system } });
    }
    if (state.awaits === 'hello-back' && message.type === 'HelloBack') return this.#confirm(state, message.body);
    if (state.awaits === 'confirm' && message.type === 'Confirm') {
      if (!this.#terms.crypto.isEqual(message.body.tag, state.tag)) return outcome(this.#wrong());
      this.#state = { awaits: 'offer' };
      return outcome({ is: 'proven' });
    }
    if (state.awaits === 'offer' && message.type === 'Offer') {
      const offer = { ...message.body, folders: message.body.folders.map(withSafeHint) };
      this.#state = { awaits: 'decision', offer };
      return outcome({ is: 'offered', offer });
    }
    throw new WireError('unexpected', `A ${message.type} came, due was: ${state.awaits}`);
  }

  /**
   * Begins with a code, once the host has welcomed us; one try a conversation.
   * @param scalar 32 random bytes for this conversation alone.
   */
  hello(code: string, scalar: Uint8Array): PairingMessage {
    if (this.#state.awaits !== 'code') throw new Error(`A code was tried, due was: ${this.#state.awaits}`);
    const { crypto, meeting, name } = this.#terms;
    const half = halfOf(crypto, meeting, code, scalar);
    this.#state = { awaits: 'hello-back', host: this.#state.host, half };
    return { type: 'Hello', body: { version: PAIRING_VERSION, name, y: half.y } };
  }

  /** Takes some of the offered folders, or none. @throws RangeError for one that was not offered. */
  accept(folders: readonly string[]): PairingMessage {
    const state = this.#state;
    if (state.awaits !== 'decision') throw new Error(`An offer was accepted, due was: ${state.awaits}`);
    const foreign = folders.find((id) => !state.offer.folders.some((folder) => folder.id === id));
    if (foreign !== undefined) throw new RangeError(`The folder "${foreign}" was not offered`);
    this.#state = { awaits: 'nothing' };
    return { type: 'Accept', body: { folders: [...new Set(folders)] } };
  }

  decline(): PairingMessage {
    this.#state = { awaits: 'nothing' };
    return refused('declined');
  }

  #confirm({ host, half }: State & { awaits: 'hello-back' }, back: Introduced): JoinerTurn {
    // A person was asked to type the code of "maria-laptop": that name is bound, and no other.
    if (back.name !== host.name || back.version !== host.version)
      throw new WireError('unexpected', 'The host has changed its name');
    const { crypto, meeting, name, tries } = this.#terms;
    const own: Introduced = { version: PAIRING_VERSION, name, y: half.y };
    const tags = tagsOfMeeting(crypto, meeting, { scalar: half.scalar, farY: back.y }, own, back);
    if (tags === undefined) throw new WireError('bad-field', 'A point has a low order');
    tries.spend();
    this.#state = { awaits: 'confirm', tag: tags.responder };
    return { send: [{ type: 'Confirm', body: { tag: tags.initiator } }], outcome: { is: 'goes-on' } };
  }

  #refused({ reason, triesLeft }: { readonly reason: string; readonly triesLeft: number }): JoinerOutcome {
    if (reason === 'wrong-code') return this.#wrong(triesLeft);
    return reason === 'too-many' ? { is: 'too-many' } : { is: 'no-code' };
  }

  #wrong(triesLeftThere = Number.POSITIVE_INFINITY): JoinerOutcome {
    const triesLeft = Math.min(triesLeftThere, this.#terms.tries.left);
    return triesLeft > 0 ? { is: 'wrong', triesLeft } : { is: 'too-many' };
  }
}

function outcome(what: JoinerOutcome): JoinerTurn {
  return { send: [], outcome: what };
}

/** A hint is to be one name for a new directory; whatever could lead elsewhere, on any system, is no hint. */
function withSafeHint(folder: Offer['folders'][number]): Offer['folders'][number] {
  const isName = !/[/\\:\p{Cc}]/u.test(folder.pathHint) && !/^\.*$/.test(folder.pathHint);
  return isName ? folder : { ...folder, pathHint: '' };
}
