/**
 * Which of the names that are missing after an unclean stop has a power cut taken (or our own death), and nobody deleted?
 *
 * What a person saves lies in the system's memory for half a minute. Our records are flushed at once, and may be on another
 * disk: so a name can be recorded, and be at every peer, that never reached the disk. It must not be told as a delete (R3).
 *
 * Whoever removes something leaves a trace: the directory that held it has been changed since. If that is older than what it
 * lost, the disk went back to a time before the name. Whatever is wrongly taken for lost comes back from a peer: nothing is lost
 * by that; what is wrongly taken for deleted is in the peers' history.
 * @module
 */
import type { LocalRecord, Look } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import { compareVersions } from '../../core/model/version-vector.ts';
import { isTrouble, type Looked } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';

/** @param missing own records of names that are not on the disk. @returns those names that a peer can give back, and has to. */
export async function lostNames(context: FolderContext, missing: readonly LocalRecord[]): Promise<string[]> {
  const names = new Set(missing.flatMap(({ record }) => [...ancestorsOf(record.name)]));
  const ancestors = [...names];
  const looks = await context.tree.look(ancestors);
  const seen = new Map(ancestors.map((name, index) => [name, looks[index]]));
  const isLost = ({ record, look }: LocalRecord): boolean =>
    look !== undefined && isOlder(nearest(record.name, seen), look) && context.records.holders(record).length > 0;
  return missing.filter((local) => isBeingReplaced(context, local) || isLost(local)).map(({ record }) => record.name);
}

/**
 * We may have died between the removal of what stood there (a directory, say) and the arrival of a peer's newer version. That one
 * comes in any case: a delete here would not have seen it.
 */
function isBeingReplaced({ records }: FolderContext, { record }: LocalRecord): boolean {
  const newest = records.newest(record.name);
  return newest?.deleted === false && compareVersions(newest.version, record.version) === 'newer';
}

function isOlder(directory: Looked, lost: Look): boolean {
  if (directory === undefined || isTrouble(directory) || directory.type !== 'directory') return false;
  return directory.modifiedNs < lost.changedNs;
}

/** The lowest directory above a name that is there, or whatever stands in its place. */
function nearest(name: string, seen: ReadonlyMap<string, Looked>): Looked {
  for (const ancestor of ancestorsOf(name)) {
    const look = seen.get(ancestor);
    if (look !== undefined) return look;
  }
  return undefined;
}

/** From the parent up to the root. */
function* ancestorsOf(name: string): Generator<string> {
  for (let at = name; at !== '';) {
    at = parentOf(at);
    yield at;
  }
}
