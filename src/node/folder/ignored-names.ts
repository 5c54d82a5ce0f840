/**
 * What a change of the ignore patterns means for the records.
 *
 * A name that is found to be ignored gets a record that says so, and starts anew once it is ignored no longer, as if never heard of.
 * What is below an ignored directory keeps its record, and nobody looks there: once that is ours again, what has gone meanwhile is
 * no delete (SPEC G13) and starts anew, too. What is there goes on from its record, so that an edit of before is no conflict, and
 * what a bad disk did to it is no edit (R4).
 * @module
 */
import { isHere, type FileRecord } from '../../core/model/file-record.ts';
import { isBelowOneOf } from '../../core/model/folder-path.ts';
import { ignoredRecord } from '../../core/scan/changes.ts';
import type { Ignores } from '../../core/scan/ignore.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { FolderContext } from './folder-context.ts';
import type { Mounts } from './mounts.ts';

const PAGE = 1000;

export interface FreedContext {
  readonly tree: FileTree;
  readonly records: FolderRecords;
  readonly mounts: Mounts;
  /** Forgets own records. */
  readonly forget: (names: readonly string[]) => void;
}

/** Says in the records of those of the names that are ignored that they are. */
export function markIgnored(
  { records, ignores, damageList, save }: Pick<FolderContext, 'records' | 'ignores' | 'damageList' | 'save'>,
  names: readonly string[],
): void {
  const ignored = names.flatMap((name) => {
    const local = ignores().match(name).ignored ? records.local(name) : undefined;
    if (!isHere(local)) return [];
    damageList.left(local);
    return [{ record: ignoredRecord(local.record), look: undefined }];
  });
  if (ignored.length > 0) save(ignored);
}

/**
 * Names that nobody looked at, that are ours by the rules that are to come, and that are gone. A disk that is away tells nothing of
 * what is on it.
 * @param before the rules until now; undefined if nobody knows them, as they were others when lanfold stopped.
 */
export async function goneUnseen(
  { tree, records, mounts }: FreedContext,
  before: Ignores | undefined,
  rules: Ignores,
): Promise<string[]> {
  await mounts.refresh();
  const directories = new Set<string>();
  const gone: string[] = [];
  for (const page of pagesOf(records)) {
    const unseen: string[] = [];
    for (const { name, type, invalid } of page) {
      if (invalid && type === 'directory') directories.add(name);
      const wasIgnored = before === undefined ? isBelowOneOf(directories, name) : before.match(name).ignored;
      if (!invalid && wasIgnored && !rules.match(name).ignored && !mounts.holds(name)) unseen.push(name);
    }
    if (unseen.length === 0) continue;
    const looks = await tree.look(unseen);
    gone.push(...unseen.filter((_, index) => looks[index] === undefined));
  }
  return gone;
}

/** Forgets what is marked as ignored and is no longer. */
export function forgetFreed({ records, mounts, forget }: FreedContext, rules: Ignores): void {
  const directories: string[] = [];
  for (const page of pagesOf(records)) {
    const freed = page.filter(({ name, invalid }) => invalid && !rules.match(name).ignored && !mounts.holds(name));
    // A directory goes after what is in it: it tells the next start what nobody had looked at.
    directories.push(...freed.filter(({ type }) => type === 'directory').map(({ name }) => name));
    const others = freed.filter(({ type }) => type !== 'directory').map(({ name }) => name);
    if (others.length > 0) forget(others);
  }
  if (directories.length > 0) forget(directories);
}

/** The own records that are not deleted, by name: a directory comes before what is in it. They may change meanwhile. */
function* pagesOf(records: FolderRecords): Generator<readonly FileRecord[]> {
  for (let after = ''; ;) {
    const page = records.below('', after, PAGE).map(({ record }) => record);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.name;
  }
}
