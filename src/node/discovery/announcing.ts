/**
 * This device's announcement on the link, and what is believed of others' (bep.md §10.1). It names a device and a port,
 * never a file or folder.
 * @module
 */
import type { Endpoint } from '../../core/discovery/candidates.ts';
import { announcedAddresses, decodeAnnouncement, encodeAnnouncement } from '../../core/wire/announcement.ts';
import { WireError } from '../../core/wire/wire-error.ts';
import type { Address } from '../../ports/network.ts';

export interface Heard {
  /** Raw device ID; whoever is on the link may have claimed it. */
  readonly device: Uint8Array;
  readonly addresses: readonly Endpoint[];
  /** New at each start of the device. */
  readonly instance: bigint;
}

/** Without a host: whoever hears it takes the address that it came from. */
export function ownAnnouncement(device: Uint8Array, listenPort: number, instance: bigint): Uint8Array {
  return encodeAnnouncement({ id: device, addresses: [`tcp://0.0.0.0:${listenPort}`], instanceId: instance });
}

/** @returns undefined for anything that is not a whole announcement. */
export function heardAnnouncement(packet: Uint8Array, from: Address): Heard | undefined {
  try {
    const announcement = decodeAnnouncement(packet);
    const addresses = announcedAddresses(announcement, from.host);
    return { device: announcement.id, addresses, instance: announcement.instanceId };
  } catch (cause) {
    if (cause instanceof WireError) return undefined;
    throw cause;
  }
}
