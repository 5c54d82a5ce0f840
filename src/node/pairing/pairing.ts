/**
 * A node's own end of pairing: the one code that it may show at a time, and its beginnings as a joiner.
 * @module
 */
import type { PairingCrypto } from '../../core/pairing/cpace.ts';
import type { JoinerTries } from '../../core/pairing/joiner.ts';
import type { PairingDoor, PairingStream } from '../../ports/network.ts';
import type { Edges } from '../edges.ts';
import { PairingHost, type PairingHostOptions } from './pairing-host.ts';
import { PairingJoiner } from './pairing-joiner.ts';

export class Pairing implements PairingDoor {
  readonly #edges: Edges;
  readonly #crypto: PairingCrypto;
  readonly #name: string;
  #host: PairingHost | undefined;

  /** @param name what people call this device. */
  constructor(edges: Edges, crypto: PairingCrypto, name: string) {
    this.#edges = edges;
    this.#crypto = crypto;
    this.#name = name;
  }

  /**
   * Shows a code. One that is open already is closed first: a person looks at one screen.
   * @throws WireError if the offer is one that no far end would take.
   */
  open(options: Pick<PairingHostOptions, 'system' | 'offer' | 'events'>): PairingHost {
    this.#host?.close();
    this.#host = new PairingHost({ ...options, edges: this.#edges, crypto: this.#crypto, name: this.#name });
    return this.#host;
  }

  /**
   * Begins with somebody who waits, found by `Network.knock` or `Network.meet`, and hears who it is.
   * @param tries one for the person's whole wish to join.
   * @throws LanfoldError `E_PEER_UNREACHABLE`; the signal's reason.
   */
  begin(stream: PairingStream, tries: JoinerTries, signal?: AbortSignal): Promise<PairingJoiner> {
    return PairingJoiner.begin(stream, { edges: this.#edges, crypto: this.#crypto, name: this.#name, tries }, signal);
  }

  isOpen(): boolean {
    return this.#host?.isOpen() ?? false;
  }

  onStream(stream: PairingStream): void {
    if (this.#host === undefined) stream.destroy('no code is open');
    else this.#host.onStream(stream);
  }

  close(): void {
    this.#host?.close();
  }
}
