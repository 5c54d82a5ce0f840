import { isHere, type LocalRecord } from '../../core/model/file-record.ts';
import { byName, isBelowOneOf, parentOf } from '../../core/model/folder-path.ts';
import { isTrouble, type Looked } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import { markIgnored } from './ignored-names.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

const PAGE = 500;

/** Names of own records below a directory, at any depth, that are not deleted. */
export function namesBelow(records: FolderRecords, directory: string): string[] {
  const names: string[] = [];
  for (let after = ''; ;) {
    const page = records.below(directory, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return names;
    names.push(...page.map((local) => local.record.name));
    after = last.record.name;
  }
}

/** A name and all below it of which the records do not say that it was ignored. */
export function recordedIn(records: FolderRecords, top: string): string[] {
  const ignored = new Set<string>();
  return [top, ...namesBelow(records, top)].filter((name) => {
    const local = records.local(name);
    if (local?.record.invalid === true) ignored.add(name);
    return isHere(local) && !isBelowOneOf(ignored, name);
  });
}

/**
 * These names, and before them the directories above them that are not known. Peers must hear of a directory before they hear of
 * what is in it, or they would make one of their own: news of a directory can come after news of its content.
 */
export function withUnknownParents(records: FolderRecords, names: readonly string[]): string[] {
  const parents = new Set<string>();
  for (const name of names) {
    for (let parent = parentOf(name); parent !== '' && !parents.has(parent); parent = parentOf(parent)) {
      if (isHere(records.local(parent))) break;
      parents.add(parent);
    }
  }
  return [...[...parents].sort(byName), ...names.filter((name) => !parents.has(name))];
}

/** What was in a directory that is something else now. What was ignored there is marked as such: it is no delete (SPEC G13). */
export function orphansOf(
  context: Pick<FolderContext, 'records' | 'ignores' | 'damageList' | 'save'>,
  local: LocalRecord | undefined,
  look: Looked,
): string[] {
  if (look === undefined || isTrouble(look) || look.type === 'directory') return [];
  if (!isHere(local) || local.record.type !== 'directory') return [];
  const { records } = context;
  const names = namesBelow(records, local.record.name);
  markIgnored(context, names);
  return names.filter((name) => isHere(records.local(name)));
}

/**
 * Is the directory of the name neither recorded nor about to be, so that peers would hear of what is in it first? It may be put off
 * itself, as something is being put in its place, say. One that is ignored is never recorded.
 * @param isTold is it about to be?
 */
export function isBeforeItsParent(
  { records, ignores }: Pick<FolderContext, 'records' | 'ignores'>,
  name: string,
  isTold: (name: string) => boolean,
): boolean {
  const parent = parentOf(name);
  if (parent === '' || isHere(records.local(parent)) || ignores().match(parent).ignored) return false;
  return !isTold(parent);
}

/** Is a name among these records? */
export function isAmong(records: readonly LocalRecord[]): (name: string) => boolean {
  return (name) => records.some(({ record }) => record.name === name);
}
