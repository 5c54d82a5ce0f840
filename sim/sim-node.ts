/**
 * What the simulation asks of the code under test.
 * @module
 */
import type { Edges } from '../src/node/edges.ts';
import type { Address } from '../src/ports/network.ts';
import type { Rules } from './syncthing-rules.ts';

export interface SimNode {
  start(): Promise<void>;
  close(): Promise<void>;
  /** Whom it shares its folder with is another set now: {@link SimNodeSetup.sharedWith}. */
  shareAnew?(): Promise<void>;
  /** How it says its folder stands; and what it says is wrong with it. Undefined: it has none. */
  standing?(): Standing;
}

export interface Standing {
  readonly state: string;
  readonly problems: readonly { readonly name: string; readonly reason: string }[];
}

export interface SimNodeSetup {
  readonly name: string;
  readonly port: number;
  readonly folderId: string;
  /** Whose rules it follows. Default: lanfold's. */
  readonly rules?: Rules;
  readonly root: string;
  readonly peers: readonly { readonly name: string; readonly device: Uint8Array; readonly address: Address }[];
  /** Those of the peers that it shares its folder with just now. */
  readonly sharedWith: () => readonly Uint8Array[];
}

export type SimNodeFactory = (edges: Edges, setup: SimNodeSetup) => SimNode;
