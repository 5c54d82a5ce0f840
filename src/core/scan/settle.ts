/**
 * Has this file come to rest? A file is told to peers only then: the seed's second bug, files that went out with 0 bytes
 * while they were still being written, ends here (SPEC S1–S6).
 *
 * Time is an argument, so that a test is a story.
 * @module
 */

/** Every wait, with its reason. Milliseconds. */
export const SETTLE = {
  /** Typical: between the last write and the look. Long enough to take one save for one change. */
  quietMs: 50,
  /** An atomic save that removes before it renames leaves the name absent for a moment; that is no delete. */
  absentMs: 100,
  /** So many names absent at the same time are one act, to be judged whole (R12), and such an act may pause for so long. */
  absentMany: 10,
  absentManyMs: 1000,
  /** So many are a folder that is being removed, by a machine that may be busy with something else. */
  absentMass: 100,
  absentMassMs: 4000,
  /** Names that go missing without end must not put off a delete without end. */
  absentPatienceMs: 10_000,
  /** A new empty file is mostly about to be filled. */
  emptyMs: 1000,
  /** A file that lost all its bytes is mostly about to be written anew. */
  emptiedMs: 5000,
  /** The system cannot say whether somebody writes: then quiet has to say it. */
  unknownMs: 1000,
  /** The same, after news of a write without news of its end. */
  unknownOpenMs: 5000,
  /**
   * Some disks keep whole seconds (ext4 with small inodes, HFS+), or every other one (FAT). What is saved twice within one, in the
   * same size, looks the same: so that second has to be over, or the later save would never be seen.
   */
  coarseMs: 2000,
  /** Restless for this long (a log that is opened for each line): a moment without a writer is enough. */
  patienceMs: 10_000,
  /** A writer that holds the file open and does nothing for this long has forgotten it. */
  forgottenMs: 30 * 60_000,
  /** Clocks of a disk's server and ours differ by less; what is ahead by more is no clock to go by. */
  aheadMs: 10_000,
  /** How often to ask whether a writer is done: doubling from the first to the last. */
  askFirstMs: 100,
  askLastMs: 2000,
} as const;

/** What is known of one restless name. Times are milliseconds of one clock that never goes back. */
export interface Settling {
  /** When it became restless. */
  readonly firstMs: number;
  /** The last news of it; minus infinity for none. */
  readonly newsMs: number;
  /** News of a write came, none of its end. */
  readonly open: boolean;
  /** How often it was looked at in vain. */
  readonly looks: number;
}

export interface RestlessFile {
  readonly size: number;
  /** Bytes of the version that is recorded; 0 for none. */
  readonly sizeBefore: number;
  /** When its inode last changed, by that clock. */
  readonly changedMs: number;
  /** Does anybody hold it open for writing? */
  readonly writers: 'none' | 'some' | 'unknown';
  /** Does its disk seem to keep no parts of a second? Default: no. */
  readonly isCoarse?: boolean;
  /**
   * How long it has been watched without news, by a clock that nobody can set: a wall clock that leaps makes every writer
   * look forgotten. Default: as long as the times say.
   */
  readonly watchedMs?: number;
}

/** @returns 0 when the file has come to rest, else how long to wait before the next look. */
export function restWait(settling: Settling, file: RestlessFile, nowMs: number): number {
  const lastMs = Math.max(believed(settling.newsMs, settling, nowMs), believed(file.changedMs, settling, nowMs));
  const quietMs = nowMs - lastMs;
  const askMs = Math.min(SETTLE.askLastMs, SETTLE.askFirstMs * 2 ** Math.min(settling.looks, 10));
  if (file.writers === 'some') return Math.min(quietMs, file.watchedMs ?? quietMs) >= SETTLE.forgottenMs ? 0 : askMs;
  const neededMs = quietNeeded(settling, file);
  if (quietMs >= neededMs) return 0;
  // RACE: on a coarse disk the last save of a file that is saved all the time may be of the second in which it is read.
  const isPatienceOver = nowMs - settling.firstMs >= SETTLE.patienceMs;
  if (isPatienceOver && file.writers === 'none' && file.size > 0) return 0;
  return Math.max(1, neededMs - quietMs);
}

/** Names that are absent and not yet taken for deleted. */
export interface Absence {
  readonly names: number;
  /** When one of them was last newly found absent. */
  readonly lastMs: number;
}

/**
 * Is an absent name gone? Names that go missing together are told together.
 * @param absentMs when this name was first found absent.
 * @returns 0 when it is, else how long to wait before the next look.
 */
export function goneWait(absentMs: number, { names, lastMs }: Absence, nowMs: number): number {
  const quietMs =
    names < SETTLE.absentMany ? SETTLE.absentMs : names < SETTLE.absentMass ? SETTLE.absentManyMs : SETTLE.absentMassMs;
  const dueMs = Math.min(Math.max(absentMs, lastMs) + quietMs, absentMs + SETTLE.absentPatienceMs);
  return Math.max(0, dueMs - nowMs);
}

/**
 * A time that is far ahead of the clock (which was set back, or belongs to another machine than the disk) says nothing: the
 * file counts from when it became restless, and does not wait for the clock to catch up.
 */
function believed(timeMs: number, settling: Settling, nowMs: number): number {
  return Math.min(nowMs, timeMs <= nowMs + SETTLE.aheadMs ? timeMs : settling.firstMs);
}

function quietNeeded(settling: Settling, file: RestlessFile): number {
  const byWriters = file.writers === 'none' ? SETTLE.quietMs : settling.open ? SETTLE.unknownOpenMs : SETTLE.unknownMs;
  const byClock = file.isCoarse === true ? Math.max(byWriters, SETTLE.coarseMs) : byWriters;
  if (file.size > 0) return byClock;
  return Math.max(byClock, file.sizeBefore > 0 ? SETTLE.emptiedMs : SETTLE.emptyMs);
}

/** The state after one more piece of news. */
export function hearNews(
  settling: Settling | undefined,
  what: 'written' | 'closed' | 'other',
  nowMs: number,
): Settling {
  const open = what === 'written' || (what === 'other' && (settling?.open ?? false));
  return { firstMs: settling?.firstMs ?? nowMs, newsMs: nowMs, open, looks: 0 };
}
