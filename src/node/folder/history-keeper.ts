/**
 * Forgets what the history has held for long enough.
 *
 * By a time that does not leap: what is forgotten does not come back, and a computer's clock may be a month ahead for an hour (a
 * flat battery, a machine brought out of a snapshot). So the time that counts for ages follows the clock forward at the pace at
 * which lanfold really runs, many times as fast so that it catches up with one that was off or asleep, and never runs before it.
 */
import type { Clock } from '../../ports/clock.ts';
import type { FileTree, HistoryLimits } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Before there was any lanfold: the clock was not set yet. Computers without a battery begin at 1970, or at the day of their system. */
const CLOCK_SET_MS = Date.UTC(2026, 0, 1);
/** Who is awake for an hour a day keeps up. */
const CATCH_UP = 24;
/** Who starts it once a day keeps up; more is not made up for at once, whatever has passed since the last look. */
const LEAP_MS_MAX = DAY_MS;
/** The clock may go back so far (daylight saving that is not one, a step of NTP); what is further ahead of it is no time to go by. */
const BACK_MS_MAX = DAY_MS;
/** What was replaced within a day is what people miss: it stays whatever the need, and takes nothing else its place. */
const MISSED_MS = DAY_MS;
/** Made beyond the need, so that not each small file has the history walked. */
const SLACK_BYTES = 64 * 1024 * 1024;
/** Saving costs a commit. */
const SAVED_AFTER_MS = HOUR_MS;
const NOTE = 'history time';

export interface HistoryKeeperParts {
  readonly tree: FileTree;
  readonly records: FolderRecords;
  readonly clock: Clock;
  readonly limits: HistoryLimits;
  /** Deletes or replacements wait for a person: what went of them before may be all that is left to take them back. */
  readonly isHolding: () => boolean;
}

export class HistoryKeeper {
  readonly #parts: HistoryKeeperParts;
  /** Milliseconds since 1970; and when, by the clock that does not leap, it was so late. */
  #believed: { readonly nowMs: number; readonly atMs: number } | undefined;
  /** What the clock said then is noted, too: of many starts in a row all but the first find that no time has passed. */
  #noted: { readonly nowMs: number; readonly clockMs: number } | undefined;

  constructor(parts: HistoryKeeperParts) {
    this.#parts = parts;
  }

  /** Forgets what is too old, and what is too much. */
  async prune(): Promise<void> {
    const { limits } = this.#parts;
    const nowMs = this.#nowMs();
    await this.#prune(nowMs, limits.bytesMax, nowMs - Math.min(MISSED_MS, limits.keepMs));
  }

  /** Forgets what nobody misses yet, by the clock as it is, until so many bytes are free; nothing where all is not enough. */
  async makeRoom(bytes: number): Promise<void> {
    const keptFromMs = this.#parts.clock.nowMs() - MISSED_MS;
    const left = await this.#prune(this.#nowMs(), Number.POSITIVE_INFINITY, keptFromMs);
    if (left >= bytes) await this.#prune(this.#nowMs(), Math.max(0, left - bytes - SLACK_BYTES), keptFromMs);
  }

  async #prune(nowMs: number, bytesMax: number, keptFromMs: number): Promise<number> {
    const { tree, limits, isHolding } = this.#parts;
    if (isHolding()) return 0;
    // What was kept before the clock was set is of no age that anybody knows.
    const old = { fromMs: CLOCK_SET_MS, beforeMs: nowMs - limits.keepMs };
    return await tree.pruneHistory({ old, bytesMax, keptFromMs });
  }

  #nowMs(): number {
    const clockMs = this.#parts.clock.nowMs();
    if (clockMs < CLOCK_SET_MS) return clockMs;
    const atMs = this.#parts.clock.monotonicMs();
    this.#noted ??= parsed(this.#parts.records.note(NOTE));
    const before = this.#believed?.nowMs ?? this.#noted?.nowMs;
    const passedMs = this.#believed === undefined ? clockMs - (this.#noted?.clockMs ?? 0) : atMs - this.#believed.atMs;
    const leapMs = Math.min(LEAP_MS_MAX, CATCH_UP * Math.max(0, passedMs));
    const isOfUse = before !== undefined && before <= clockMs + BACK_MS_MAX;
    const nowMs = isOfUse ? Math.max(before, Math.min(clockMs, before + leapMs)) : clockMs;
    const isFirst = this.#believed === undefined;
    this.#believed = { nowMs, atMs };
    if (isFirst || Math.abs(nowMs - (this.#noted?.nowMs ?? 0)) >= SAVED_AFTER_MS) this.#save(nowMs, clockMs);
    return Math.min(nowMs, clockMs);
  }

  #save(nowMs: number, clockMs: number): void {
    try {
      this.#parts.records.setNote(NOTE, `${nowMs} ${clockMs}`);
      this.#noted = { nowMs, clockMs };
    } catch {
      // On a full disk: what is about to be forgotten may make the room.
    }
  }
}

function parsed(note = ''): { nowMs: number; clockMs: number } | undefined {
  const [nowMs = Number.NaN, clockMs = Number.NaN] = note.split(' ').map(Number);
  return nowMs >= CLOCK_SET_MS && clockMs >= CLOCK_SET_MS ? { nowMs, clockMs } : undefined;
}
