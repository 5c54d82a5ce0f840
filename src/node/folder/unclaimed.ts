/**
 * Files without a claim that are damaged: found so, before a restart say, and what nobody has as it should be.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { isUnclaimed } from './damage-list.ts';
import type { FolderContext } from './folder-context.ts';

const ALONE = 'It seems to be damaged, and nobody has it whole: others are not told of it before it is saved again';
const POWER_CUT = 'A power cut seems to have damaged it; it waits for a computer that has it whole';
const WAITS = 'Its bytes are damaged. It waits for a good copy from another computer; what is here goes to the history';

/** Is what stands here known to be wrong, so that its own record says what is there and claims nothing? */
export function isDamaged(
  { records, damageList }: Pick<FolderContext, 'records' | 'damageList'>,
  own: FileRecord,
): boolean {
  return isUnclaimed(own) && (damageList.isGivenUp(own) || records.newest(own.name) === undefined);
}

/**
 * It stood here when a peer told of the same, and waited for its time alone, or its bits; nobody has that version any more, after a power
 * cut there say. Then it is this person's file, or directory, and to be told. Not while a peer tells all anew.
 */
export function isOrphaned(context: FolderContext, own: FileRecord): boolean {
  const { records, damageList } = context;
  const isDirectory = own.type === 'directory' && !own.deleted && !own.invalid && own.version.length === 0;
  if (!(isDirectory || isUnclaimed(own)) || damageList.isGivenUp(own)) return false;
  // What nobody made is damaged, also where it is not listed: we died before, the disk was full, or the list.
  if (own.modifiedBy === 0n || own.modifiedBy === context.author().device) return false;
  return records.newest(own.name) === undefined && context.isAllHeard() && !context.isProvisional();
}

type Context = Pick<FolderContext, 'records' | 'damageList' | 'problems'>;

/** Lists the file as a problem, if it is one of these. What is listed already says more of how it came about. */
export function listUnclaimed(context: Context, own: FileRecord): boolean {
  if (!isDamaged(context, own)) return false;
  const isAlone = context.records.newest(own.name) === undefined;
  if (isAlone || context.problems.of(own.name)?.reason !== 'damaged')
    context.problems.set(own.name, 'damaged', isAlone ? ALONE : WAITS, 'told');
  return true;
}

/** A power cut has damaged these, and their records have just given up their claim. */
export function noteDamaged({ records, damageList, problems }: Context, names: readonly string[]): void {
  damageList.addGivenUp(names);
  for (const name of names)
    problems.set(name, 'damaged', records.newest(name) === undefined ? ALONE : POWER_CUT, 'told');
}
