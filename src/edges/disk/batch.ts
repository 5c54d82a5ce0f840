/**
 * What the changes of one `apply` share.
 * @module
 */
import type { Look } from '../../core/model/file-record.ts';
import type { HistorySlot } from './history-slot.ts';
import type { SystemCalls } from './system-calls.ts';
import type { Walk } from './walk.ts';

/** Durable copies for the history, made before their turn (copies-ahead.ts): staged files, by the name of what each is of. */
export type CopiesAhead = Map<string, { readonly stage: string; readonly look: Look }>;

export interface Batch {
  readonly walk: Walk;
  readonly system: SystemCalls;
  readonly slot: HistorySlot;
  /** Those that are used are taken from it. */
  readonly copies: CopiesAhead;
  /** Directories that gained or lost an entry, by name; made durable at the end. */
  readonly touchedDirectories: Set<string>;
  /** Files whose attributes were changed in place, by name; made durable at the end. */
  readonly touchedFiles: Set<string>;
}
