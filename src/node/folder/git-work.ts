/**
 * What git does is no accident: what a checkout replaces or removes is in the repository, and what `git gc` removes is in a pack, or
 * was reachable from nowhere for weeks; so the brake does not count it (rules U90, U91).
 *
 * Git writes `.git/index` as its last act, after the files, and tells of its packs after it removed the objects that are in one.
 * So a change is git's if such a mark was written then: on this disk, not before anything else happened in the directory; by a
 * peer, about as that peer made the change; and only if git tracks the name, by an index that is here ({@link GitIndexes}). A
 * program that rewrites everything (R12) would have to pass for git, and to leave the objects alone: git never replaces one.
 * Worktrees and submodules, whose `.git` is a file, are not known here: their changes are counted as any. So is what
 * `git maintenance` removes without `gc`: it leaves no mark.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { joinName, parentOf } from '../../core/model/folder-path.ts';
import { counterOf } from '../../core/model/version-vector.ts';
import { isTrouble, type FileTree } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import type { GitIndexes } from './git-indexes.ts';
import { namesBelow } from './names-below.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** A large checkout takes its time, and so does recording it. Counters of versions are seconds. */
const BY_PEER_S = 120n;
/** A directory's time may be a little later than that of the index: an editor looks in, a build begins. */
const SLACK_NS = 5_000_000_000n;
/** Where no directory is left to tell when: what is gone is recorded so soon, so git has just ended. */
const SETTLED_NS = 10_000_000_000n;
const INDEX = '.git/index';
const INDEX_LOCK = '.git/index.lock';
/** What `git gc` and `git repack` write when they have removed what is in a pack now. */
const PACKED = ['.git/objects/info/packs', '.git/objects/info/commit-graph'];
/** Here while `git gc` is at work. */
const PACKING = '.git/gc.pid';
/** What a git that was killed leaves, on any of the computers, says nothing for longer. */
const LOCK_NS_MAX = 3_600_000_000_000n;
const IN_REPOSITORY = /(?:^|\/)\.git\//u;
const OBJECT = /(?:^|\/)\.git\/objects\/(?:[0-9a-f]{2}|pack)\/[^/]+$/u;

/** The names of one question, so that each directory is looked up once. */
export type Trees = Map<string, string | undefined>;

/** The directory whose working tree a name is in, or whose repository, by the records. */
export function workTreeOf(records: FolderRecords, name: string, trees: Trees): string | undefined {
  const directory = parentOf(name);
  if (trees.has(directory)) return trees.get(directory);
  const isTree = records.newest(joinName(directory, '.git/HEAD'))?.deleted === false;
  const found = isTree ? directory : directory === '' ? undefined : workTreeOf(records, directory, trees);
  trees.set(directory, found);
  return found;
}

/** Did a peer's git make this version of a name in the working tree? */
export function isByGit(records: FolderRecords, indexes: GitIndexes, tree: string, newest: FileRecord): boolean {
  if (isObject(newest.name) && !newest.deleted) return false;
  if (!IN_REPOSITORY.test(newest.name) && !indexes.tracks(tree, newest.name, newest.deleted)) return false;
  return marksOf(newest.name).some((mark) => {
    const written = records.newest(joinName(tree, mark));
    if (written === undefined || written.deleted || written.modifiedBy !== newest.modifiedBy) return false;
    const apartS = changedS(written) - changedS(newest);
    return apartS <= BY_PEER_S && -apartS <= BY_PEER_S;
  });
}

/** What is here while git removes or replaces such a name. */
function locksOf(name: string): readonly string[] {
  if (isObject(name)) return [PACKING];
  return IN_REPOSITORY.test(name) ? [INDEX_LOCK, PACKING] : [INDEX_LOCK];
}

/** What git writes after it has removed or replaced such a name. */
function marksOf(name: string): readonly string[] {
  if (isObject(name)) return PACKED;
  return IN_REPOSITORY.test(name) ? [INDEX, ...PACKED] : [INDEX];
}

/** A replaced object shows that it was not git. */
export function isObject(name: string): boolean {
  return OBJECT.test(name);
}

/** The repository that an object is in. */
export function treeOfObject(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.git/objects/') - 1));
}

/** Of names that are gone from this disk, with all that is recorded below them: those that git has removed, or is about to have. */
export async function goneByGit(
  { tree: files, records, clock, gitIndexes }: Pick<FolderContext, 'tree' | 'records' | 'clock' | 'gitIndexes'>,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const trees: Trees = new Map();
  const byTree = new Map<string, string[]>();
  for (const name of names.flatMap((above) => [above, ...namesBelow(records, above)])) {
    const tree = workTreeOf(records, name, trees);
    if (tree === undefined) continue;
    const inTree = byTree.get(tree) ?? [];
    byTree.set(tree, inTree);
    inTree.push(name);
  }
  const byGit = new Set<string>();
  for (const [tree, inTree] of byTree) {
    await gitIndexes.read(tree);
    const writtenNs = await timesOf(files, tree, [INDEX, ...PACKED]);
    const lockedNs = await timesOf(files, tree, [INDEX_LOCK, PACKING]);
    const directoriesNs = await directoryTimes(files, tree, inTree);
    const nowNs = BigInt(Math.floor(clock.nowMs())) * 1_000_000n;
    const isLocked = (lock: string): boolean => {
      const ageNs = nowNs - (lockedNs.get(lock) ?? nowNs - 2n * LOCK_NS_MAX);
      return ageNs < LOCK_NS_MAX && -ageNs < LOCK_NS_MAX;
    };
    for (const name of inTree) {
      if (!IN_REPOSITORY.test(name) && !gitIndexes.tracks(tree, name, true)) continue;
      const changedNs = directoriesNs.get(parentOf(name)) ?? nowNs - SETTLED_NS;
      const isAtWork = locksOf(name).some(isLocked);
      const marksNs = marksOf(name).flatMap((mark) => writtenNs.get(mark) ?? []);
      if (isAtWork || marksNs.some((markNs) => changedNs <= markNs + SLACK_NS)) byGit.add(name);
    }
  }
  return byGit;
}

/** When something last came into or went from the directory of each name, or the nearest above it that is still there. */
async function directoryTimes(files: FileTree, tree: string, names: readonly string[]): Promise<Map<string, bigint>> {
  const above = new Set(tree === '' ? [] : [tree]); // the folder's root cannot be looked at
  for (const name of names) {
    for (let at = parentOf(name); at !== tree && !above.has(at); at = parentOf(at)) above.add(at);
  }
  const directories = [...above];
  const looks = await files.look(directories);
  const found = new Map<string, bigint>();
  for (const [index, directory] of directories.entries()) {
    const look = looks[index];
    if (look !== undefined && !isTrouble(look) && look.type === 'directory') found.set(directory, look.modifiedNs);
  }
  const times = new Map<string, bigint>();
  for (const directory of new Set(names.map(parentOf))) {
    let at = directory;
    while (at !== tree && !found.has(at)) at = parentOf(at);
    const changedNs = found.get(at);
    if (changedNs !== undefined) times.set(directory, changedNs);
  }
  return times;
}

/** When those of the names that are there were written. */
async function timesOf(files: FileTree, tree: string, names: readonly string[]): Promise<Map<string, bigint>> {
  const looks = await files.look(names.map((name) => joinName(tree, name)));
  return new Map(
    names.flatMap((name, index) => {
      const look = looks[index];
      return look === undefined || isTrouble(look) ? [] : [[name, look.modifiedNs] as const];
    }),
  );
}

function changedS({ version, modifiedBy }: FileRecord): bigint {
  return counterOf(version, modifiedBy);
}
