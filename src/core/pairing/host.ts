/**
 * The end that shows a code, in one conversation: a message in, messages and an outcome out.
 *
 * Invariants: whether a tag is right is judged only while its source may still guess at the very code that the conversation
 * began with; nothing that depends on a folder is sent before a tag was right; nobody is to be trusted before `accepted`.
 * @module
 */
import type { Offer, PairingMessage, RefusedReason } from '../wire/pairing.ts';
import { WireError } from '../wire/wire-error.ts';
import type { PairingCrypto } from './cpace.ts';
import { halfOf, PAIRING_VERSION, tagsOfMeeting, type Introduced, type Meeting } from './exchange.ts';
import type { Guesses, LiveCode, MayNotBecause } from './guesses.ts';

export interface HostTerms {
  readonly crypto: PairingCrypto;
  /** Shared by all conversations of one opening. */
  readonly guesses: Guesses;
  readonly meeting: Meeting;
  /** Who guesses: the far end's address. */
  readonly source: string;
  /** 32 random bytes for this conversation alone. */
  readonly scalar: Uint8Array;
  /** This device, as people know it. */
  readonly name: string;
  readonly system: string;
  /** Asked once, for whoever knows the code: what there is may have grown since the code was shown. */
  readonly offer: () => Offer;
}

export type HostOutcome =
  | { readonly is: 'goes-on' }
  /** It may not guess, or not any more. Ends the conversation. */
  | { readonly is: 'refused'; readonly because: MayNotBecause }
  /** It has guessed wrong. Ends the conversation. */
  | { readonly is: 'wrong'; readonly triesLeft: number }
  /** It knows the code; the offer is out. */
  | { readonly is: 'proven'; readonly name: string }
  /** To be trusted from now on, with these folders, which are some of those offered. Ends the conversation. */
  | { readonly is: 'accepted'; readonly name: string; readonly folders: readonly string[] }
  /** The far end wants nothing. Ends the conversation. */
  | { readonly is: 'declined' };

export interface HostTurn {
  readonly send: readonly PairingMessage[];
  readonly outcome: HostOutcome;
}

type State =
  | { readonly awaits: 'hello' }
  | {
      readonly awaits: 'confirm';
      readonly name: string;
      readonly code: LiveCode;
      /** What the joiner has to send if it knows the code, and what it gets then. */
      readonly tags: { readonly joiner: Uint8Array; readonly host: Uint8Array };
    }
  | { readonly awaits: 'answer'; readonly name: string; readonly offered: Offer }
  | { readonly awaits: 'nothing' };

export class HostRun {
  readonly #terms: HostTerms;
  #state: State = { awaits: 'hello' };

  constructor(terms: HostTerms) {
    this.#terms = terms;
  }

  /** The first message: who waits here. It names no folder. */
  welcome(): PairingMessage {
    const { name, system } = this.#terms;
    return { type: 'Welcome', body: { version: PAIRING_VERSION, name, system } };
  }

  /** @throws WireError if the message is not due, or breaks the protocol: the conversation is over. */
  receive(message: PairingMessage, nowMs: number): HostTurn {
    const state = this.#state;
    this.#state = { awaits: 'nothing' };
    if (message.type === 'Refused' && state.awaits !== 'nothing') return { send: [], outcome: { is: 'declined' } };
    if (state.awaits === 'hello' && message.type === 'Hello') return this.#begin(message.body, nowMs);
    if (state.awaits === 'confirm' && message.type === 'Confirm') return this.#judge(state, message.body.tag, nowMs);
    if (state.awaits === 'answer' && message.type === 'Accept') return this.#accepted(state, message.body.folders);
    throw new WireError('unexpected', `A ${message.type} came, due was: ${state.awaits}`);
  }

  #begin(joiner: Introduced, nowMs: number): HostTurn {
    const { crypto, guesses, meeting, scalar, name, source } = this.#terms;
    const may = guesses.may(source, nowMs);
    if (!may.may) return refusal(may.because);
    const { y } = halfOf(crypto, meeting, may.code.digits, scalar);
    const host: Introduced = { version: PAIRING_VERSION, name, y };
    const tags = tagsOfMeeting(crypto, meeting, { scalar, farY: joiner.y }, joiner, host);
    if (tags === undefined) throw new WireError('bad-field', 'A point has a low order');
    this.#state = {
      awaits: 'confirm',
      name: joiner.name,
      code: may.code,
      tags: { joiner: tags.initiator, host: tags.responder },
    };
    return goesOn({ type: 'HelloBack', body: { ...host, triesLeft: may.triesLeft } });
  }

  #judge({ name, code, tags }: State & { awaits: 'confirm' }, tag: Uint8Array, nowMs: number): HostTurn {
    const { crypto, guesses, source } = this.#terms;
    // Asked again: others have guessed meanwhile. A tag that comes too late is not even looked at.
    const may = guesses.may(source, nowMs, code);
    if (!may.may) return refusal(may.because);
    if (!crypto.isEqual(tag, tags.joiner)) {
      const triesLeft = guesses.wrong(source, nowMs);
      return { send: [refused('wrong-code', triesLeft)], outcome: { is: 'wrong', triesLeft } };
    }
    guesses.right();
    const offered = this.#terms.offer();
    this.#state = { awaits: 'answer', name, offered };
    return {
      send: [
        { type: 'Confirm', body: { tag: tags.host } },
        { type: 'Offer', body: offered },
      ],
      outcome: { is: 'proven', name },
    };
  }

  #accepted({ name, offered }: State & { awaits: 'answer' }, folders: readonly string[]): HostTurn {
    const foreign = folders.find((id) => !offered.folders.some((folder) => folder.id === id));
    if (foreign !== undefined) throw new WireError('unexpected', 'A folder was accepted that was not offered');
    return { send: [], outcome: { is: 'accepted', name, folders } };
  }
}

export function refused(reason: RefusedReason, triesLeft = 0): PairingMessage {
  return { type: 'Refused', body: { reason, triesLeft } };
}

function refusal(because: MayNotBecause): HostTurn {
  return { send: [refused(because === 'too-many' ? 'too-many' : 'no-code')], outcome: { is: 'refused', because } };
}

function goesOn(...send: readonly PairingMessage[]): HostTurn {
  return { send, outcome: { is: 'goes-on' } };
}
