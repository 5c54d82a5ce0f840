/**
 * What to make of files that a rebuilt (or new) database knows nothing about, and one restored from a backup knows wrong.
 *
 * Such a folder is provisional: it tells a peer nothing until it has heard all that the peer knows, and a file that the peer
 * knows to be outdated gives way instead of coming back as a change (SPEC E5). In doubt the file stays.
 * @module
 */
import { sameBytes, sameContent, type FileRecord, type Look } from '../model/file-record.ts';
import { sameAttributes, type Author } from './changes.ts';
import { compareVersions, counterOf, countOf, isPlausible, type VersionVector } from '../model/version-vector.ts';

/**
 * Is what stands here only what `theirs` has replaced or deleted?
 * @param look what stands on disk for `mine`.
 * @param mineHash SHA-256 over the block hashes of `mine`.
 */
export function isLeftover(
  mine: FileRecord,
  look: Look,
  theirs: FileRecord,
  mineHash: Uint8Array,
  { device, nowMs }: Pick<Author, 'device' | 'nowMs'>,
): boolean {
  if (mine.deleted || mine.invalid || theirs.invalid || theirs.version.length === 0) return false;
  if (mine.version.length > 0 && compareVersions(mine.version, theirs.version) !== 'concurrent') return false;
  if (sameContent(mine, theirs)) return false;
  if (mine.type === 'file' && sameBytes(theirs.previousBlocksHash, mineHash)) return true;
  // Put there, or put back, after the delete: then it is the user's will. The inode's time moves also when a backup or an
  // archive brings an old file with its old time.
  const lastTouchedNs = look.modifiedNs > look.changedNs ? look.modifiedNs : look.changedNs;
  if (theirs.deleted && theirs.modifiedNs > lastTouchedNs) return true;
  // Counters are seconds: whoever made theirs has seen what we announced in that second, and this is no younger (SPEC E8).
  const announcedS = countOf(theirs.version, device);
  if (!isPlausible(announcedS, nowMs)) return false; // it tells no time
  return announcedS > 0n && (announcedS + 1n) * 1_000_000_000n > lastTouchedNs;
}

/**
 * Is what stands here the very version that a peer tells of? Then what was recorded is no change, whatever we took it for: it
 * was put here, or announced, in the time that the records have lost (SPEC E8).
 * @param device short ID of this device.
 */
export function isTheirs(mine: FileRecord, theirs: FileRecord, device: bigint): boolean {
  if (mine.deleted || mine.invalid || theirs.deleted || theirs.invalid || theirs.version.length === 0) return false;
  if (!sameContent(mine, theirs) || !sameAttributes(mine, theirs)) return false;
  const order = compareVersions(mine.version, theirs.version);
  if (order !== 'newer') return order === 'concurrent';
  const others = (version: VersionVector): VersionVector => version.filter((counter) => counter.device !== device);
  const isSameButOurs = compareVersions(others(mine.version), others(theirs.version)) === 'equal';
  return isSameButOurs && counterOf(theirs.version, device) > 0n;
}
