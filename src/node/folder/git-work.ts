/**
 * What git does to its working tree is no accident: what a checkout replaces or removes is in the repository, so the brake does
 * not count it (rules U90, U91).
 *
 * Git writes `.git/index` as its last act, after the files. So a change is git's if it lies in a working tree whose index was
 * written then: on this disk, not before anything else happened in the directory; by a peer, about as that peer made the change.
 * A program that rewrites everything (R12) would have to pass for git, and to leave the objects alone: git never replaces one.
 * Worktrees and submodules, whose `.git` is a file, are not known here: their changes are counted as any.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { joinName, parentOf } from '../../core/model/folder-path.ts';
import { counterOf } from '../../core/model/version-vector.ts';
import { isTrouble, type FileTree } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** A large checkout takes its time, and so does recording it. Counters of versions are seconds. */
const BY_PEER_S = 120n;
/** A directory's time may be a little later than that of the index: an editor looks in, a build begins. */
const SLACK_NS = 5_000_000_000n;
/** Where no directory is left to tell when: what is gone is recorded so soon, so git has just ended. */
const SETTLED_NS = 10_000_000_000n;
const OBJECT = /(?:^|\/)\.git\/objects\/(?:[0-9a-f]{2}|pack)\/[^/]+$/u;

/** The names of one question, so that each directory is looked up once. */
export type Trees = Map<string, string | undefined>;

/** The directory whose working tree a name is in, or whose repository, by the records; undefined for none, and for objects. */
export function workTreeOf(records: FolderRecords, name: string, trees: Trees): string | undefined {
  if (isObject(name)) return undefined;
  const directory = parentOf(name);
  if (trees.has(directory)) return trees.get(directory);
  const isTree = records.newest(joinName(directory, '.git/HEAD'))?.deleted === false;
  const found = isTree ? directory : directory === '' ? undefined : workTreeOf(records, directory, trees);
  trees.set(directory, found);
  return found;
}

/** Did a peer's git make this version of a name in the working tree? */
export function isByGit(records: FolderRecords, tree: string, newest: FileRecord): boolean {
  const index = records.newest(indexOf(tree));
  if (index === undefined || index.deleted || index.modifiedBy !== newest.modifiedBy) return false;
  const apartS = changedS(index) - changedS(newest);
  return apartS <= BY_PEER_S && -apartS <= BY_PEER_S;
}

/** A replaced object shows that it was not git. */
export function isObject(name: string): boolean {
  return OBJECT.test(name);
}

/** The repository that an object is in. */
export function treeOfObject(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.git/objects/') - 1));
}

/** Of names that are gone from this disk: those that git has removed, or is about to have. */
export async function goneByGit(
  { tree: files, records, clock }: Pick<FolderContext, 'tree' | 'records' | 'clock'>,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const trees: Trees = new Map();
  const byTree = new Map<string, string[]>();
  for (const name of names) {
    const tree = workTreeOf(records, name, trees);
    if (tree === undefined) continue;
    const inTree = byTree.get(tree) ?? [];
    byTree.set(tree, inTree);
    inTree.push(name);
  }
  const byGit = new Set<string>();
  for (const [tree, inTree] of byTree) {
    const [index, lock] = await files.look([indexOf(tree), `${indexOf(tree)}.lock`]);
    if (index === undefined || isTrouble(index)) continue;
    const isAtWork = lock !== undefined && !isTrouble(lock);
    const times = isAtWork ? new Map<string, bigint>() : await directoryTimes(files, tree, inTree);
    const nowNs = BigInt(Math.floor(clock.nowMs())) * 1_000_000n;
    for (const name of inTree) {
      const changedNs = times.get(parentOf(name)) ?? nowNs - SETTLED_NS;
      if (isAtWork || changedNs <= index.modifiedNs + SLACK_NS) byGit.add(name);
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

function indexOf(tree: string): string {
  return joinName(tree, '.git/index');
}

function changedS({ version, modifiedBy }: FileRecord): bigint {
  return counterOf(version, modifiedBy);
}
