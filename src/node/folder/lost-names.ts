/**
 * Which of the names that are missing after a stop has a power cut taken (or our own death), and nobody deleted?
 *
 * What a person saves lies in the system's memory for half a minute. Our records are flushed at once, and may be on another
 * disk: so a name can be recorded, and be at every peer, that never reached the disk. It must not be told as a delete (R3).
 *
 * - Whoever removes something leaves a trace: the directory that held it has been changed since. If that is older than what it
 *   lost, the disk went back to a time before the name.
 * - Any other change in the directory since (a desktop's notes, an editor's lock) wipes that sign out. So where the machine was started
 *   anew since, also what was written right before the stop is lost, unless it was seen since, or was given another name.
 *
 * What is wrongly taken for lost comes back from a peer, once; what is wrongly taken for deleted is gone everywhere but in the
 * history.
 * @module
 */
import { isHere, type LocalRecord, type Look } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import { compareVersions } from '../../core/model/version-vector.ts';
import { isTrouble, type Looked } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import type { MovedNames } from './moved-names.ts';

/** An own record of a name that is not on the disk. */
export interface Missing {
  readonly local: LocalRecord;
  /** After an unclean stop. */
  readonly isDoubted: boolean;
}

export interface Judged {
  /** Those that peers are to give back. */
  readonly lost: readonly LocalRecord[];
  /** The disk does not say what they are missing from: an error is no absence. */
  readonly untold: readonly string[];
}

export async function lostNames(
  context: FolderContext,
  missing: readonly Missing[],
  moves: MovedNames,
): Promise<Judged> {
  if (missing.length === 0) return { lost: [], untold: [] };
  const names = new Set(missing.flatMap(({ local }) => pathTo(local.record.name)));
  const ancestors = [...names];
  const looks = await context.tree.look(ancestors);
  const moved = moves.among(new Map(missing.map(({ local }) => [local.record.name, local])));
  const judge = new Judge(context, moved, new Map(ancestors.map((name, index) => [name, looks[index]])));
  const untold = new Set(missing.filter(({ local }) => judge.isUntold(local)));
  const told = missing.filter((one) => !untold.has(one));
  const lost = told.filter((one) => isBeingReplaced(context, one.local) || judge.isLost(one));
  // What comes back needs the directory that it was in.
  const needed = new Set(lost.flatMap(({ local: { record } }) => [record.name, ...pathTo(record.name)]));
  return {
    lost: told.filter(({ local }) => needed.has(local.record.name)).map(({ local }) => local),
    untold: [...untold].map(({ local }) => local.record.name),
  };
}

/**
 * We may have died between the removal of what stood there (a directory, say) and the arrival of a peer's newer version, or of one that
 * won against it, with what stood there set aside by us. That one comes in any case: a delete here would not have seen it.
 */
function isBeingReplaced({ records }: FolderContext, { record }: LocalRecord): boolean {
  const newest = records.newest(record.name);
  if (newest === undefined || newest.deleted) return false;
  const order = compareVersions(newest.version, record.version);
  return order === 'newer' || order === 'concurrent';
}

class Judge {
  readonly #context: FolderContext;
  readonly #moved: ReadonlySet<string>;
  /** Of all names above those that are missing. */
  readonly #looks: ReadonlyMap<string, Looked>;

  constructor(context: FolderContext, moved: ReadonlySet<string>, looks: ReadonlyMap<string, Looked>) {
    this.#context = context;
    this.#moved = moved;
    this.#looks = looks;
  }

  isLost({ local, isDoubted }: Missing): boolean {
    const { doubt, records, mounts } = this.#context;
    const { record, look } = local;
    if (look === undefined || doubt.wasFound(record.name) || mounts.isGivenUp(record)) return false;
    const { above, standing, top } = this.#placeOf(local);
    if (isTrouble(standing) || standing === undefined || top.look === undefined) return false;
    const isFreshItself = doubt.isFresh(record.name, look);
    // What was found is taken by a hand, and all in it; but for what the cut had taken from it before.
    if (doubt.wasFound(top.record.name) && !(isFreshItself && top !== local)) return false;
    if (standing.type !== 'directory') {
      return doubt.wasTakenBack(records.local(above), standing) && records.holders(record).length > 0;
    }
    const isFresh = isFreshItself || doubt.isFresh(top.record.name, top.look);
    const isUntouched = isNoYounger(standing, look) || isNoYounger(standing, top.look);
    // Nobody may have told yet that he has it: what peers know decides, once they have been heard.
    if (isFresh && isUntouched) return true;
    if (isFresh && doubt.lostPower(record.name)) return !this.#moved.has(record.name);
    return isUntouched && isDoubted && records.holders(record).length > 0;
  }

  isUntold({ record: { name } }: LocalRecord): boolean {
    return isTrouble(this.#standing([...pathTo(name), name]).look);
  }

  /** What stands over it, and what is missing from that: with it went all that was in it. */
  #placeOf(local: LocalRecord): { above: string; standing: Looked; top: LocalRecord } {
    const path = pathTo(local.record.name);
    const { name: above, look: standing } = this.#standing(path);
    const missing = path.slice(path.indexOf(above) + 1).map((name) => this.#context.records.local(name));
    return { above, standing, top: missing.find(isHere) ?? local };
  }

  /**
   * The last name of a path, from the root on, under which something stands, or of which the disk does not say it. What it says of names
   * below one that is not there counts no more than they do.
   */
  #standing(path: readonly string[]): { name: string; look: Looked } {
    let last: { name: string; look: Looked } = { name: '', look: undefined };
    for (const name of path) {
      const look = this.#looks.get(name);
      if (look === undefined) break;
      last = { name, look };
      if (isTrouble(look)) break;
    }
    return last;
  }
}

/**
 * Who sets the one time of a directory back moves the other. At equal times the directory was made, or last changed, with what it lost: no
 * disk's clock is so coarse that this would be recorded, and then removed.
 */
function isNoYounger(directory: Look, lost: Look): boolean {
  return directory.modifiedNs <= lost.changedNs && directory.changedNs <= lost.changedNs;
}

/** From the root down to the parent. */
function pathTo(name: string): string[] {
  const path: string[] = [];
  for (let at = name; at !== '';) {
    at = parentOf(at);
    path.unshift(at);
  }
  return path;
}
