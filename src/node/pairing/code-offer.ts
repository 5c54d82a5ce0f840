/**
 * An open code, as the library's users hold it: what to show, who came, how it ended.
 * @module
 */
import { EventEmitter } from 'node:events';
import { LanfoldError } from '../../core/errors.ts';
import type { PairingEnd, ShownCode } from './pairing-host.ts';
import type { PeerStatus } from '../peer-status.ts';

export interface CodeOfferEvents {
  /** A new code took the place of one that was guessed at too often. */
  code: [code: ShownCode];
  /** Somebody typed a wrong code. */
  'wrong-code': [guess: { readonly source: string; readonly triesLeft: number }];
  /** Somebody knew the code and is trusted now, with these folders. */
  paired: [peer: PeerStatus, folders: readonly string[]];
  /** Exactly once, last. */
  closed: [because: PairingEnd];
}

/** How an offer is driven from inside the node. */
export interface OfferedCode {
  readonly code: ShownCode | undefined;
  close(): void;
}

export class CodeOffer extends EventEmitter<CodeOfferEvents> implements Disposable {
  readonly #offered: () => OfferedCode | undefined;
  readonly #paired = Promise.withResolvers<PeerStatus>();

  /** Made by {@link Node.pair}. */
  constructor(offered: () => OfferedCode | undefined) {
    super();
    this.#offered = offered;
    this.#paired.promise.catch(() => {}); // whoever listens to events need not wait for it as well
    this.once('paired', (peer) => this.#paired.resolve(peer));
    this.once('closed', (because) =>
      this.#paired.reject(new LanfoldError('E_PAIRING_CLOSED', { subject: CLOSED_BECAUSE[because] })),
    );
  }

  /** What to show now; undefined between a burnt code and the next, and when it is over. */
  get code(): ShownCode | undefined {
    return this.#offered()?.code;
  }

  /** Resolves with whoever joined. @throws LanfoldError `E_PAIRING_CLOSED`. */
  get paired(): Promise<PeerStatus> {
    return this.#paired.promise;
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#offered()?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** As sentences go on after a colon. */
export const CLOSED_BECAUSE: Readonly<Record<PairingEnd, string>> = {
  paired: 'somebody has joined',
  declined: 'somebody knew the code and did not want the folder',
  failed: 'what was agreed could not be stored',
  expired: 'the code is too old',
  'guessed-at': 'too many wrong codes were tried',
  closed: 'it was ended here',
};
