/**
 * A peer, as the library's users see it.
 * @module
 */
import { printAddress } from './address.ts';
import type { Peer, PeerKind } from './peer.ts';

export interface PeerStatus {
  readonly id: string;
  readonly name: string | undefined;
  readonly kind: PeerKind;
  readonly connected: boolean;
  /** When that began, milliseconds since 1970. */
  readonly sinceMs: number | undefined;
  readonly address: string | undefined;
  readonly addresses: readonly string[];
}

export function peerStatus(peer: Peer): PeerStatus {
  return {
    id: peer.id,
    name: peer.name,
    kind: peer.kind,
    connected: peer.isConnected,
    sinceMs: peer.sinceMs,
    address: peer.address === undefined ? undefined : printAddress(peer.address),
    addresses: peer.configuredAddresses.map(printAddress),
  };
}
