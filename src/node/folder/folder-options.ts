/**
 * What a folder is made of, and how it is.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import type { HistoryLimits } from '../../ports/file-tree.ts';
import type { Edges } from '../edges.ts';
import type { Sources } from '../peer/sources.ts';
import type { InFlight } from './fetcher.ts';

const DAY_MS = 86_400_000;
export const HISTORY_LIMITS: HistoryLimits = { keepMs: 30 * DAY_MS, bytesMax: 5 * 1024 ** 3 };

export interface FolderOptions {
  readonly id: string;
  readonly root: string;
  readonly edges: Edges;
  /** Short ID of this device. */
  readonly device: bigint;
  readonly sources: Sources;
  readonly inFlight: InFlight;
  readonly historyLimits: HistoryLimits;
  /** Look and listen, but bring and tell nothing before {@link Folder.release}. */
  readonly isHeld: boolean;
  /** It is a folder of ours, whatever its records say: it waits for a root that is not there. */
  readonly waits: boolean;
  /** Own records were saved: peers are to hear of them. */
  readonly onSaved: (saved: readonly FileRecord[]) => void;
  /** The index of this device has another ID: peers that are connected are to hear all of it anew. */
  readonly onRenewed: () => void;
  readonly onState: () => void;
  /** A peer said what it has. */
  readonly onTold: () => void;
}

/** `needs-you`: a person has to confirm deletes, or to mount a disk or say that it is gone. `stopped`: see `error`. */
export type FolderState = 'starting' | 'scanning' | 'syncing' | 'in-sync' | 'needs-you' | 'stopped';
