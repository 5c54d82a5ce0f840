/**
 * Everything of the world that an engine uses. The product hands it the real edges (node.ts), the simulation and embedders'
 * tests the ones in memory: the engine cannot tell.
 * @module
 */
import type { Chance } from '../ports/chance.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileTree } from '../ports/file-tree.ts';
import type { Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import type { RecordStore } from '../ports/record-store.ts';
import type { Watcher } from '../ports/watcher.ts';

export interface Edges {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly network: Network;
  readonly store: RecordStore;
  /** Another one after each start of the machine; undefined where nobody knows. */
  readonly bootId?: string | undefined;
  /** Raw device ID of this node, 32 bytes. */
  readonly device: Uint8Array;
  /** SHA-256. */
  digest(bytes: Uint8Array): Uint8Array;
  /** `root`: where the folder is, in the words of this edge (a path on a real disk). */
  openTree(root: string): FileTree;
  createWatcher(root: string): Watcher;
}
