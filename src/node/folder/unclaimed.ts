/**
 * Files that were found damaged, before a restart say, and that nobody has as they should be.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import type { Problems } from './problems.ts';

const TEXT = 'It seems to be damaged, and nobody has it whole: others are not told of it before it is saved again';

/** Lists the file, if it is one of these. @param newest of all versions that are known. */
export function listUnclaimed(problems: Problems, own: FileRecord, newest: () => FileRecord | undefined): boolean {
  if (own.type !== 'file' || own.deleted || own.version.length > 0 || newest() !== undefined) return false;
  problems.set(own.name, 'damaged', TEXT, 'told');
  return true;
}
