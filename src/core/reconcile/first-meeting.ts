/**
 * What will happen to one name when a folder that has files already joins one that others have: shown to a person before
 * anything happens.
 * @module
 */
import { sameContent, type FileRecord } from '../model/file-record.ts';

/**
 * `same`: nothing to do. `only-here`: it will be sent. `only-there`: it will be brought. `different`: both will be kept, one as a
 * conflict copy. `nothing`: neither side has it.
 */
export type Meeting = 'same' | 'only-here' | 'only-there' | 'different' | 'nothing';

/** @param theirs the version that all others should have. */
export function meet(mine: FileRecord | undefined, theirs: FileRecord | undefined): Meeting {
  const isHere = isThere(mine);
  if (!isThere(theirs)) return isHere ? 'only-here' : 'nothing';
  if (!isHere) return 'only-there';
  return sameContent(mine, theirs) ? 'same' : 'different';
}

function isThere(record: FileRecord | undefined): record is FileRecord {
  return record !== undefined && !record.deleted && !record.invalid;
}
