/**
 * One way of finding, as the finder sees it: all begin when somebody is looked for, and all rest when nobody is.
 * @module
 */
import type { Hint, MissingPeer } from '../../core/discovery/candidates.ts';
import type { Layers } from '../../core/discovery/layers.ts';
import type { InterfaceAddress } from '../../core/discovery/prefix.ts';
import type { Beacons, Interfaces, NeighbourTable, Notebook, Primer, Services } from '../../ports/discovery.ts';
import type { Edges } from '../edges.ts';

/** What local discovery needs of the world; without it only configured addresses are dialled. */
export interface DiscoveryEdges {
  readonly layers: Layers;
  readonly interfaces: Interfaces;
  readonly neighbours: NeighbourTable;
  readonly beacons: Beacons;
  readonly services: Services;
  readonly primer: Primer;
  /** Where the addresses of peers are kept over restarts. */
  readonly notebook: Notebook;
  /** Also look on the interfaces of containers and tunnels. */
  readonly virtualToo?: boolean;
}

export interface Layer {
  /** Starts from 0 ms: somebody is looked for from now on, or the network has changed. May be called again at any time. */
  begin(): void;
  /** Nobody is looked for: sends nothing more, but for what a device that is found already has to tell. */
  rest(): void;
  close(): Promise<void>;
}

/** What the layers share. */
export interface Scene {
  readonly edges: Edges;
  readonly discovery: DiscoveryEdges;
  /** Own addresses on links that are searched. */
  own(): readonly InterfaceAddress[];
  /** Trusted devices without a conversation, and where they may be. */
  missing(): readonly MissingPeer[];
  /** Somebody is looked for: a missing peer, a host that waits, or one that joins. */
  isSeeking(): boolean;
  /** This device waits to be paired. */
  isPairingOpen(): boolean;
  /** There is something new: look whom to dial. */
  look(): void;
}

/** What the announcements of others are good for. */
export interface Hearing {
  /** Somebody claims to be this device. */
  announced(device: Uint8Array, hints: readonly Hint[]): void;
  /** Somebody claims to be a device whose ID begins so. */
  tagged(tag: string, hint: Hint): void;
  isTrusted(device: Uint8Array): boolean;
}

/** A device ID as a map key. */
export function keyOf(device: Uint8Array): string {
  return Buffer.from(device.buffer, device.byteOffset, device.length).toString('latin1');
}
