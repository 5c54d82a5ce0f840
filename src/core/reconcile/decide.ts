/**
 * Decides what this device does about one name whose newest version it lacks.
 *
 * In: records, never the disk. Out: a {@link Decision}; carrying it out is the puller's business, and it looks at the disk
 * again before it does.
 * Invariant: no decision discards bytes. What is displaced goes into the history, or stays beside as a conflict copy when
 * nobody who made the newer version had seen it.
 * @module
 */
import { lacks } from '../index/newest.ts';
import { sameBytes, sameContent, type FileRecord } from '../model/file-record.ts';
import { compareVersions, countOf, isPlausible } from '../model/version-vector.ts';
import type { Author } from '../scan/changes.ts';
import { isConflictCopy } from './conflict-name.ts';

export type Decision =
  /** It is here already. */
  | 'nothing'
  /** Nothing on disk has to change, only the record: both say deleted. */
  | 'record'
  /** The content is here; permissions, times and version are to be taken over. */
  | 'attributes'
  /** Put the newest version in place; what stands there goes into the history. */
  | 'install'
  /** Put it in place; what stands there was changed by somebody who had not seen it: keep it beside (SPEC M3). */
  | 'install-beside'
  | 'delete'
  /** It is deleted by somebody who cannot have seen what is here: say so with a version that has seen both. */
  | 'revive';

/**
 * @param mine own record of the name.
 * @param newest the version that all should have ({@link newestOf} over own and peers' records).
 * @param hashOf SHA-256, to find out whether `newest` replaced the very content that is here.
 * @param others every known record of the name: one that has seen `mine` makes it outdated, and no conflict.
 * @param author this device, now.
 */
export function decide(
  mine: FileRecord | undefined,
  newest: FileRecord,
  others: readonly FileRecord[],
  hashOf: (bytes: Uint8Array) => Uint8Array,
  author: Pick<Author, 'device' | 'nowMs'>,
): Decision {
  if (!lacks(mine, newest)) return 'nothing';
  if (mine === undefined) return 'install';
  if (mine.deleted || mine.invalid) return newest.deleted ? 'record' : 'install';
  if (newest.deleted) return isFeigned(newest, mine, author) ? 'revive' : 'delete';
  if (sameContent(mine, newest)) return 'attributes'; // equal content is never a conflict (SPEC M1)
  if (mine.type !== 'file' || isConflictCopy(mine.name)) return 'install';
  // Whoever made the newest version had the content that is here, if not its attributes: a touch or a chmod is no edit.
  const isReplaced = newest.previousBlocksHash.length > 0 && sameBytes(newest.previousBlocksHash, hashOf(mine.blocks));
  const candid = [newest, ...others].filter((other) => !isFeigned(other, mine, author));
  return isReplaced || isOutdated(mine, candid) ? 'install' : 'install-beside';
}

/** True when some version was made by someone who had seen `mine`, or `mine` has no claim at all (SPEC M4). */
function isOutdated(mine: FileRecord, others: readonly FileRecord[]): boolean {
  return mine.version.length === 0 || others.some((other) => compareVersions(other.version, mine.version) === 'newer');
}

/**
 * Does that version only claim to have seen the edit that this device made? It has more counts of ours than we can have given out.
 * Then nobody knows what who made it had seen, and the edit is not replaced as if they had (R10).
 */
function isFeigned(other: FileRecord, mine: FileRecord, { device, nowMs }: Pick<Author, 'device' | 'nowMs'>): boolean {
  if (mine.modifiedBy !== device || mine.version.length === 0) return false;
  const claimed = countOf(other.version, device);
  return claimed > countOf(mine.version, device) && !isPlausible(claimed, nowMs);
}

/**
 * Must this device speak up for its file against a delete that had not seen it? (SPEC M5)
 *
 * An edit survives a concurrent delete. Other programs let the later time win instead, so that the two would never agree;
 * a version that has seen both settles it for all.
 */
export function mustRevive(mine: FileRecord | undefined, theirs: FileRecord): boolean {
  if (mine === undefined || mine.deleted || mine.invalid || mine.version.length === 0) return false;
  return theirs.deleted && !theirs.invalid && compareVersions(mine.version, theirs.version) === 'concurrent';
}
