/**
 * What became of one attempt to reach a peer at one address.
 * @module
 */
import { LanfoldError } from '../errors.ts';

export type TryResult =
  | { readonly is: 'connected' }
  /** The host is up and nobody listens there. */
  | { readonly is: 'refused' }
  /** No answer: the host is off, gone, or behind a firewall. */
  | { readonly is: 'silent' }
  /** Something listens that is no peer of ours; `found` is its raw device ID, if it proved one. */
  | { readonly is: 'somebody-else'; readonly found?: Uint8Array };

/** The cause of an E_PEER_WRONG_DEVICE: who answered instead. */
export class OtherDevice extends Error {
  override readonly name = 'OtherDevice';
  /** Raw device ID, 32 bytes. */
  readonly device: Uint8Array;

  constructor(device: Uint8Array) {
    super('Another device proved its identity');
    this.device = device;
  }
}

/** Reads the error with which a dial ended. */
export function tryResultOf(error: unknown): TryResult {
  if (!(error instanceof LanfoldError)) return { is: 'silent' };
  const cause = error.cause;
  if (error.code === 'E_PEER_WRONG_DEVICE') {
    return cause instanceof OtherDevice ? { is: 'somebody-else', found: cause.device } : { is: 'somebody-else' };
  }
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ECONNREFUSED' ? { is: 'refused' } : { is: 'silent' };
}
