/**
 * What to make of files that a rebuilt (or new) database knows nothing about.
 *
 * Such a folder is provisional: it tells a peer nothing until it has heard all that the peer knows, and a file that the peer
 * knows to be outdated gives way instead of coming back as a change (SPEC E5). In doubt the file stays.
 * @module
 */
import { sameBytes, sameContent, type FileRecord, type Look } from '../model/file-record.ts';
import { compareVersions } from '../model/version-vector.ts';

/**
 * Is what stands here only what `theirs` has replaced or deleted?
 * @param look what stands on disk for `mine`.
 * @param mineHash SHA-256 over the block hashes of `mine`.
 */
export function isLeftover(mine: FileRecord, look: Look, theirs: FileRecord, mineHash: Uint8Array): boolean {
  if (mine.deleted || mine.invalid || theirs.invalid || theirs.version.length === 0) return false;
  if (mine.version.length > 0 && compareVersions(mine.version, theirs.version) !== 'concurrent') return false;
  if (sameContent(mine, theirs)) return false;
  if (mine.type === 'file' && sameBytes(theirs.previousBlocksHash, mineHash)) return true;
  // Put there, or put back, after the delete: then it is the user's will. The inode's time moves also when a backup or an
  // archive brings an old file with its old time.
  const lastTouchedNs = look.modifiedNs > look.changedNs ? look.modifiedNs : look.changedNs;
  return theirs.deleted && theirs.modifiedNs > lastTouchedNs;
}
