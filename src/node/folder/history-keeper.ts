/**
 * Forgets what the history has held for long enough.
 *
 * By a time that does not leap: what is forgotten does not come back, and a computer's clock may be a month ahead for an hour (a
 * flat battery, a machine brought out of a snapshot). So the time that counts for ages follows the clock forward at the pace at
 * which lanfold really runs, several times as fast so that it catches up with one that was off, and never runs before the clock.
 */
import type { Clock } from '../../ports/clock.ts';
import type { FileTree, HistoryLimits } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

const HOUR_MS = 3_600_000;
/** Who runs for an hour a day keeps up. */
const LEAP_AT_START_MS = 24 * HOUR_MS;
/** After a month off it takes four days. */
const CATCH_UP = 8;
/** Saving costs a commit. */
const SAVED_AFTER_MS = HOUR_MS;
const NOTE = 'history time';

export interface HistoryKeeperParts {
  readonly tree: FileTree;
  readonly records: FolderRecords;
  readonly clock: Clock;
  readonly limits: HistoryLimits;
}

export class HistoryKeeper {
  readonly #parts: HistoryKeeperParts;
  /** Milliseconds since 1970; and when, by the clock that does not leap, it was so late. */
  #believed: { readonly nowMs: number; readonly atMs: number } | undefined;

  constructor(parts: HistoryKeeperParts) {
    this.#parts = parts;
  }

  /** @param more limits that count instead of the folder's own. @returns the bytes that are left. */
  prune(more: Partial<HistoryLimits> = {}): Promise<number> {
    const { tree, limits } = this.#parts;
    return tree.pruneHistory({ ...limits, ...more }, this.#nowMs());
  }

  #nowMs(): number {
    const { clock, records } = this.#parts;
    const clockMs = clock.nowMs();
    const atMs = clock.monotonicMs();
    const note = Number(records.note(NOTE) ?? Number.NaN);
    const saved = Number.isFinite(note) ? note : clockMs;
    const beforeMs = this.#believed?.nowMs ?? saved;
    const leapMs = this.#believed === undefined ? LEAP_AT_START_MS : (atMs - this.#believed.atMs) * CATCH_UP;
    // A clock that goes back takes nothing from it, or it would have to catch up with the right time again.
    const nowMs = Math.max(beforeMs, Math.min(clockMs, beforeMs + leapMs));
    this.#believed = { nowMs, atMs };
    if (saved !== note || nowMs - saved >= SAVED_AFTER_MS) records.setNote(NOTE, String(nowMs));
    return Math.min(nowMs, clockMs);
  }
}
