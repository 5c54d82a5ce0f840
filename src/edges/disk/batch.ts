/**
 * What the changes of one `apply` share.
 * @module
 */
import type { HistorySlot } from './history-slot.ts';
import type { SystemCalls } from './system-calls.ts';
import type { Walk } from './walk.ts';

export interface Batch {
  readonly walk: Walk;
  readonly system: SystemCalls;
  readonly slot: HistorySlot;
  /** Directories that gained or lost an entry, by name; made durable at the end. */
  readonly touchedDirectories: Set<string>;
  /** Files whose attributes were changed in place, by name; made durable at the end. */
  readonly touchedFiles: Set<string>;
}
