/**
 * A peer, as the library's users see it.
 * @module
 */
import type { Via } from '../core/discovery/layers.ts';
import { printAddress } from './address.ts';
import type { ConfiguredPeer } from './configuration.ts';
import type { Peer, PeerKind } from './peer/peer.ts';

export interface PeerStatus {
  readonly id: string;
  readonly name: string | undefined;
  readonly kind: PeerKind;
  readonly connected: boolean;
  /** When that began, milliseconds since 1970. */
  readonly sinceMs: number | undefined;
  readonly address: string | undefined;
  readonly addresses: readonly string[];
  /** By whose word it is trusted, and since when; undefined when an older version did not note it. */
  readonly added: Added | undefined;
  /** How it was found, this time or the last; undefined before the first. */
  readonly via: Via | undefined;
  /** How long it was looked for before. */
  readonly foundMs: number | undefined;
}

export interface Added {
  /** Device ID; this device's own when a person trusted it here. */
  readonly by: string;
  readonly byName: string | undefined;
  /** Milliseconds since 1970, by the clock of that device. */
  readonly atMs: number;
}

/** @param nameOf what a device is called here. */
export function peerStatus(
  peer: Peer,
  configured: ConfiguredPeer | undefined,
  nameOf: (device: string) => string | undefined,
): PeerStatus {
  const { addedBy: by, addedMs: atMs } = configured ?? {};
  return {
    id: peer.id,
    name: peer.name,
    kind: peer.kind,
    connected: peer.isConnected,
    sinceMs: peer.sinceMs,
    address: peer.address === undefined ? undefined : printAddress(peer.address),
    addresses: peer.configuredAddresses.map(printAddress),
    added: by === undefined || atMs === undefined ? undefined : { by, byName: nameOf(by), atMs },
    via: peer.found?.via,
    foundMs: peer.found?.foundMs,
  };
}
