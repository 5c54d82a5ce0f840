/**
 * How each conversation came about, and what follows from it: where the peer can be dialled another time, and which conversations
 * die with an own address.
 * @module
 */
import type { Endpoint } from '../../core/discovery/candidates.ts';
import { plainHost } from '../../core/discovery/ip-address.ts';
import type { Found } from '../../core/discovery/layers.ts';
import type { Conversation } from './conversation.ts';
import type { Peer } from './peer.ts';

export class Arrivals {
  readonly #arrivals = new WeakMap<Conversation, { readonly found: Found; readonly local: string | undefined }>();

  /** @param local the own address that it is held from. */
  note(conversation: Conversation, found: Found, local: string | undefined): void {
    this.#arrivals.set(conversation, { found, local });
  }

  foundOf(conversation: Conversation): Found | undefined {
    return this.#arrivals.get(conversation)?.found;
  }

  /** Where it can be dialled another time: where it was dialled; or its host, if it came or was met. */
  placeOf(peer: Peer, conversation: Conversation, nowMs: number): Endpoint {
    const { remote, isDialled } = conversation;
    const host = plainHost(remote.host);
    const isDialable = isDialled && this.foundOf(conversation)?.via !== 'meeting';
    return { host, port: isDialable ? remote.port : peer.listenPort(host, nowMs) };
  }

  /** Own addresses are gone. The system keeps what was connected from there and lets it wait for ever. */
  closeFrom(addresses: readonly string[], peers: Iterable<Peer>): void {
    for (const { conversations } of peers) {
      for (const conversation of conversations) {
        const local = this.#arrivals.get(conversation)?.local;
        if (local !== undefined && addresses.includes(local)) conversation.close('our address is gone');
      }
    }
  }
}
