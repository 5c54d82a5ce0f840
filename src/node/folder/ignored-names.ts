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
import { isTrouble, type Looked } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import type { FolderContext } from './folder-context.ts';

const PAGE = 1000;

export type FreedContext = Pick<FolderContext, 'tree' | 'records' | 'mounts' | 'damageList' | 'save' | 'forget'>;

/** Names that nobody looked at while they were ignored. */
export interface Unseen {
  /** They are gone, or the disk does not say whether they are. */
  readonly gone: readonly string[];
  /** They are on a disk that is away. */
  readonly away: readonly string[];
}

/** Says in the records of those of the names that are ignored that they are. */
export function markIgnored(
  context: Pick<FolderContext, 'records' | 'ignores' | 'damageList' | 'save'>,
  names: readonly string[],
): void {
  const rules = context.ignores();
  mark(
    context,
    names.filter((name) => rules.match(name).ignored),
  );
}

function mark(
  { records, damageList, save }: Pick<FreedContext, 'records' | 'damageList' | 'save'>,
  names: readonly string[],
): void {
  const marked = names.flatMap((name) => {
    const local = records.local(name);
    if (!isHere(local)) return [];
    damageList.left(local);
    return [{ record: ignoredRecord(local.record), look: undefined }];
  });
  if (marked.length > 0) save(marked);
}

/**
 * Of the names that are ours by the rules that are to come those that nobody looked at, and that are not seen to be there.
 * @param before the rules until now; undefined if nobody knows them, as they were others when lanfold stopped.
 */
export async function findUnseen(
  { tree, records, mounts }: FreedContext,
  before: Ignores | undefined,
  rules: Ignores,
): Promise<Unseen> {
  await mounts.refresh();
  const directories = new Set<string>();
  const gone: string[] = [];
  const away: string[] = [];
  for (const page of pagesOf(records)) {
    const unseen: string[] = [];
    for (const { name, type, invalid } of page) {
      if (invalid && type === 'directory') directories.add(name);
      const wasIgnored = before === undefined ? isBelowOneOf(directories, name) : before.match(name).ignored;
      if (invalid || !wasIgnored || rules.match(name).ignored) continue;
      (mounts.holds(name) ? away : unseen).push(name);
    }
    if (unseen.length === 0) continue;
    const looks = await tree.look(unseen);
    gone.push(...unseen.filter((_, index) => !isThere(looks[index])));
  }
  return { gone, away };
}

function isThere(look: Looked): boolean {
  return look !== undefined && !isTrouble(look) && look.type !== 'other';
}

/** Nobody may take these for deleted. What is on a disk that is away waits for it, marked as what it was until now. */
export function startAnew(context: FreedContext, { gone, away }: Unseen): void {
  if (gone.length > 0) context.forget(gone);
  mark(context, away);
}

/** Forgets what is marked as ignored and is no longer, but on a disk that is away. @param below a directory; '' for all. */
export function forgetFreed({ records, mounts, forget }: FreedContext, rules: Ignores, below = ''): void {
  const directories: string[] = [];
  for (const page of pagesOf(records, below)) {
    const freed = page.filter(({ name, invalid }) => invalid && !rules.match(name).ignored && !mounts.holds(name));
    // A directory goes after what is in it: it tells the next start what nobody had looked at.
    directories.push(...freed.filter(({ type }) => type === 'directory').map(({ name }) => name));
    const others = freed.filter(({ type }) => type !== 'directory').map(({ name }) => name);
    if (others.length > 0) forget(others);
  }
  if (directories.length > 0) forget(directories);
}

/** The own records that are not deleted, by name: a directory comes before what is in it. They may change meanwhile. */
function* pagesOf(records: FolderRecords, below = ''): Generator<readonly FileRecord[]> {
  for (let after = ''; ;) {
    const page = records.below(below, after, PAGE).map(({ record }) => record);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.name;
  }
}
