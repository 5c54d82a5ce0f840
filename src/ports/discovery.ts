/**
 * Who is on the same network: what the system knows, and what others say of themselves. None of it is proof; only a
 * {@link Network} proves who somebody is.
 * @module
 */
import type { Neighbour } from '../core/discovery/neighbour-table.ts';
import type { InterfaceAddress } from '../core/discovery/prefix.ts';
import type { Address } from './network.ts';

export interface Interfaces {
  /** The node's own addresses now, without loopback. Cheap enough to be asked every second; that is how changes are seen. */
  list(): readonly InterfaceAddress[];
}

export interface NeighbourTable {
  /** The system's table now: complete entries only. Never throws; a table that cannot be read is empty. */
  read(): Promise<readonly Neighbour[]>;
}

/** Packets to and from everyone on the own links. */
export interface Beacons {
  /** Starts to hear. Never throws: a port that another program holds only means that less is heard. */
  open(hear: HearPacket): Promise<Beacon>;
}

/**
 * @param packet at most 8 KiB, valid for ever; anything: whoever is on the link may have sent it. Own packets come back, too.
 * @param from where it came from; IPv6 link-local with its zone
 */
export type HearPacket = (packet: Uint8Array, from: Address) => void;

export interface Beacon {
  /** Sends one packet on every own link. Never throws: a link that cannot be reached now is left out. */
  send(packet: Uint8Array): void;
  close(): Promise<void>;
}
