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

/** An own record of a name that is not on the disk. */
export interface Missing {
  readonly local: LocalRecord;
  /** After an unclean stop. */
  readonly isDoubted: boolean;
}

/** Of more files with the same content some are not asked for. */
const TWINS_MAX = 20;

/** @returns those that peers are to give back. */
export async function lostNames(context: FolderContext, missing: readonly Missing[]): Promise<LocalRecord[]> {
  const names = new Set(missing.flatMap(({ local }) => [...ancestorsOf(local.record.name)]));
  const ancestors = [...names];
  const looks = await context.tree.look(ancestors);
  const judge = new Judge(context, missing, new Map(ancestors.map((name, index) => [name, looks[index]])));
  return missing.filter((one) => isBeingReplaced(context, one.local) || judge.isLost(one)).map(({ local }) => local);
}

/**
 * We may have died between the removal of what stood there (a directory, say) and the arrival of a peer's newer version. That one
 * comes in any case: a delete here would not have seen it.
 */
function isBeingReplaced({ records }: FolderContext, { record }: LocalRecord): boolean {
  const newest = records.newest(record.name);
  return newest?.deleted === false && compareVersions(newest.version, record.version) === 'newer';
}

class Judge {
  readonly #context: FolderContext;
  readonly #missing: ReadonlySet<string>;
  readonly #ancestors: ReadonlyMap<string, Looked>;

  constructor(context: FolderContext, missing: readonly Missing[], ancestors: ReadonlyMap<string, Looked>) {
    this.#context = context;
    this.#missing = new Set(missing.map(({ local }) => local.record.name));
    this.#ancestors = ancestors;
  }

  isLost({ local, isDoubted }: Missing): boolean {
    const { doubt, records } = this.#context;
    const { record, look } = local;
    if (look === undefined || doubt.wasFound(record.name)) return false;
    const { directory, top } = this.#placeOf(local);
    if (directory === undefined || top.look === undefined || doubt.wasFound(top.record.name)) return false;
    const isFresh = doubt.isFresh(top.record.name, top.look) || doubt.isFresh(record.name, look);
    const isUntouched = isOlder(directory, look) || isOlder(directory, top.look);
    // Nobody may have told yet that he has it: what peers know decides, once they have been heard.
    if (isUntouched && isFresh) return true;
    if (!isDoubted || records.holders(record).length === 0) return false;
    if (isUntouched) return true;
    return doubt.isFresh(top.record.name, top.look) && doubt.lostPower(record.name) && !this.#wasMoved(local);
  }

  /** The lowest directory above it that is there, and what is missing from that: with it went all that was in it. */
  #placeOf(local: LocalRecord): { directory: Look | undefined; top: LocalRecord } {
    let top = local;
    for (const ancestor of ancestorsOf(local.record.name)) {
      const look = this.#ancestors.get(ancestor);
      if (look !== undefined) {
        const isDirectory = !isTrouble(look) && look.type === 'directory';
        return { directory: isDirectory ? look : undefined, top };
      }
      const above = this.#context.records.local(ancestor);
      if (isHere(above)) top = above;
    }
    return { directory: undefined, top };
  }

  /** It is there under another name, and a hand gave it that: what a power cut brings back under an old name has no claim. */
  #wasMoved({ record, look }: LocalRecord): boolean {
    return this.#context.records.filesWithBlocks(record.blocks, record.blockSize, TWINS_MAX).some((twin) => {
      const isThere = twin.record.version.length > 0 && !this.#missing.has(twin.record.name);
      return isThere && twin.look?.inode === look?.inode;
    });
  }
}

/** Who sets the one time of a directory back moves the other. */
function isOlder(directory: Look, lost: Look): boolean {
  return directory.modifiedNs < lost.changedNs && directory.changedNs < lost.changedNs;
}

/** From the parent up to the root. */
function* ancestorsOf(name: string): Generator<string> {
  for (let at = name; at !== '';) {
    at = parentOf(at);
    yield at;
  }
}
