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
import { compareVersions } from '../model/version-vector.ts';
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
  | 'delete';

/**
 * @param mine own record of the name.
 * @param newest the version that all should have ({@link newestOf} over own and peers' records).
 * @param hashOf SHA-256, to find out whether `newest` replaced the very content that is here.
 * @param others every known record of the name: one that has seen `mine` makes it outdated, and no conflict.
 */
export function decide(
  mine: FileRecord | undefined,
  newest: FileRecord,
  others: readonly FileRecord[],
  hashOf: (bytes: Uint8Array) => Uint8Array,
): Decision {
  if (!lacks(mine, newest)) return 'nothing';
  if (mine === undefined) return 'install';
  if (mine.deleted || mine.invalid) return newest.deleted ? 'record' : 'install';
  if (newest.deleted) return 'delete';
  if (sameContent(mine, newest)) return 'attributes'; // equal content is never a conflict (SPEC M1)
  if (mine.type !== 'file' || isConflictCopy(mine.name)) return 'install';
  // Whoever made the newest version had the content that is here, if not its attributes: a touch or a chmod is no edit.
  const isReplaced = newest.previousBlocksHash.length > 0 && sameBytes(newest.previousBlocksHash, hashOf(mine.blocks));
  return isReplaced || isOutdated(mine, [newest, ...others]) ? 'install' : 'install-beside';
}

/** True when some version was made by someone who had seen `mine`, or `mine` has no claim at all (SPEC M4). */
function isOutdated(mine: FileRecord, others: readonly FileRecord[]): boolean {
  return mine.version.length === 0 || others.some((other) => compareVersions(other.version, mine.version) === 'newer');
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
