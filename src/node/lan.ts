/**
 * The real local network, as discovery wants it.
 * @module
 */
import { layersOf, type DiscoveryChoice } from '../core/discovery/layers.ts';
import { UdpBeacons } from '../edges/net/beacon.ts';
import { systemInterfaces } from '../edges/net/interfaces.ts';
import { MdnsServices } from '../edges/net/mdns.ts';
import { SystemNeighbourTable } from '../edges/net/neighbours.ts';
import { UdpPrimer } from '../edges/net/primer.ts';
import { readTextFile, replaceTextFile } from '../edges/system/text-file.ts';
import type { Notebook } from '../ports/discovery.ts';
import type { DiscoveryEdges } from './discovery/layer.ts';

export interface LanOptions {
  readonly choice: DiscoveryChoice;
  readonly virtualToo: boolean;
  /** Path of the file where the addresses of peers are kept. */
  readonly notebook: string;
}

/** @returns undefined when discovery is off. */
export function lanDiscovery({ choice, virtualToo, notebook }: LanOptions): DiscoveryEdges | undefined {
  const layers = layersOf(choice);
  if (layers === undefined) return undefined;
  return {
    layers,
    interfaces: systemInterfaces,
    neighbours: new SystemNeighbourTable(),
    beacons: new UdpBeacons({ interfaces: systemInterfaces, virtualToo }),
    services: new MdnsServices({ interfaces: systemInterfaces, virtualToo }),
    primer: new UdpPrimer(),
    notebook: fileNotebook(notebook),
    virtualToo,
  };
}

/** What it holds are hints: a disk that fails costs a moment of searching, and no more. */
function fileNotebook(path: string): Notebook {
  return {
    read: () => readTextFile(path).catch(() => undefined),
    write: (text) => replaceTextFile(path, text).catch(() => {}),
  };
}
