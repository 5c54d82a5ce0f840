/**
 * What the simulation asks of the code under test.
 * @module
 */
import type { Edges } from '../src/node/edges.ts';
import type { Address } from '../src/ports/network.ts';

export interface SimNode {
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface SimNodeSetup {
  readonly name: string;
  readonly port: number;
  readonly folderId: string;
  readonly root: string;
  readonly peers: readonly { readonly name: string; readonly device: Uint8Array; readonly address: Address }[];
}

export type SimNodeFactory = (edges: Edges, setup: SimNodeSetup) => SimNode;
