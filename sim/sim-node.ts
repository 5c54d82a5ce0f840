/**
 * What the simulation asks of the code under test.
 * @module
 */
import type { MemberSet } from '../src/core/members/member-set.ts';
import type { Edges } from '../src/node/edges.ts';
import type { Machine } from '../src/node/machine.ts';
import type { Address } from '../src/ports/network.ts';
import type { MemberAct } from './gathering/member-act.ts';
import type { Rules } from './syncthing-rules.ts';

export interface SimNode {
  start(): Promise<void>;
  close(): Promise<void>;
  /** Whom it shares its folder with is another set now: {@link SimNodeSetup.sharedWith}. */
  shareAnew?(): Promise<void>;
  /** How it says its folder stands; and what it says is wrong with it. Undefined: it has none. */
  standing?(): Standing | undefined;
  /** A person decides something. In a gathering alone, as the next two. */
  decide?(act: MemberAct): Promise<void>;
  /** Whom it takes for members; undefined when it has no folder. */
  members?(): MemberSet | undefined;
  /** Device IDs of whom it is connected to. */
  connected?(): readonly string[];
}

export interface Standing {
  readonly state: string;
  readonly problems: readonly { readonly name: string; readonly reason: string }[];
}

export interface SimNodeSetup {
  readonly name: string;
  /** Where it is on the network. */
  readonly host: string;
  readonly port: number;
  readonly folderId: string;
  /** Whose rules it follows. Default: lanfold's. */
  readonly rules?: Rules;
  readonly root: string;
  readonly peers: readonly { readonly name: string; readonly device: Uint8Array; readonly address: Address }[];
  /** Those of the peers that it shares its folder with just now. */
  readonly sharedWith: () => readonly Uint8Array[];
  /** In a gathering: the machine, for a whole node. */
  readonly machine?: Machine;
}

export type SimNodeFactory = (edges: Edges, setup: SimNodeSetup) => SimNode;
