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
  /**
   * The system's table now: complete entries only. Never throws; a table that cannot be read is empty. What takes a child
   * process to read may be a second old, or missing at the first call: nobody waits for it.
   */
  read(): Promise<readonly Neighbour[]>;
}

/** Packets to and from everyone on the own links. */
export interface Beacons {
  /**
   * Starts to hear. Never throws: a port that another program holds only means that less is heard.
   * @param options.isQuiet: joins no group either, for the system would announce that; broadcasts are heard all the same.
   */
  open(hear: HearPacket, options?: { readonly isQuiet?: boolean }): Promise<Beacon>;
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

/** A device, as multicast DNS tells of it (`_lanfold._tcp`). */
export interface Service {
  /** The first 7 characters of its device ID: a hint, and no more than that is told. */
  readonly tag: string;
  readonly port: number;
  /** It waits to be paired. */
  readonly isWaiting: boolean;
}

/** Services of others on the own links, and this one told to them. */
export interface Services {
  /**
   * Starts to hear, and to answer whoever asks with what `own` gives at that moment. Never throws: where multicast is
   * impossible or another program keeps the port to itself, nothing is heard.
   */
  open(own: () => Service, hear: (service: Service, host: string) => void): Promise<ServiceVoice>;
}

export interface ServiceVoice {
  /** Tells everybody of the own service. Never throws. */
  tell(): void;
  /** Asks everybody for theirs. Never throws. */
  ask(): void;
  close(): Promise<void>;
}

/** Makes the system get to know hosts of the own links, by a packet to each that nobody need read. */
export interface Primer {
  /** Never throws: a host that cannot be spoken to is left out. */
  touch(hosts: readonly string[]): void;
  close(): void;
}

/** A small text that outlives the process. */
export interface Notebook {
  /** @returns undefined when there is none, or it cannot be read. Never throws. */
  read(): Promise<string | undefined>;
  /** Replaces it as a whole. Never throws: what cannot be kept is forgotten. */
  write(text: string): Promise<void>;
}
