/**
 * Which of the names that are missing after a power cut has a person given to something else since, by a rename?
 *
 * An inode's number proves little: one that the cut has freed is given to whatever is made next. So all of this must fit: the new
 * name was met for the first time in this run; the kind, the content and the time of the last write are the recorded ones, to the
 * nanosecond; and it, or a directory that it is in at both places, was changed later, as a rename does. What the cut itself brings
 * back under an old name is older, and another name of the same file (a hard link) was known before. A directory that was written
 * to since it was recorded is known by something in it.
 *
 * Who renames and changes, or kills us in between, has both names.
 * @module
 */
import { isHere, sameContent, type LocalRecord, type Look } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** Of more the old names come back. */
const ARRIVED_MAX = 10_000;

/** As it was recorded, and what it is now. */
type Place = readonly [before: LocalRecord, now: LocalRecord];

export class MovedNames {
  readonly #records: FolderRecords;
  /** Names that were met for the first time while all was in doubt, by inode. */
  readonly #arrived = new Map<bigint, string>();

  constructor(records: FolderRecords) {
    this.#records = records;
  }

  arrived(name: string, { inode }: Look): void {
    if (this.#arrived.size < ARRIVED_MAX) this.#arrived.set(inode, name);
  }

  /** @param missing own records of names that are not on the disk, by name. */
  among(missing: ReadonlyMap<string, LocalRecord>): ReadonlySet<string> {
    const moved = new Set<string>();
    for (const [name, local] of missing) {
      const places = this.#places(local, missing);
      const [there] = places;
      if (there === undefined || moved.has(name) || !isUnchanged(...there) || !places.some(isLater)) continue;
      for (const [{ record }] of places) moved.add(record.name);
    }
    return moved;
  }

  /** Where it is now, and then where its directories are, as long as it is in the same ones. */
  #places(local: LocalRecord, missing: ReadonlyMap<string, LocalRecord>): Place[] {
    const places: Place[] = [];
    let there = this.#arrivedAs(local);
    for (let from: LocalRecord | undefined = local; from !== undefined && there !== undefined;) {
      if (missing.has(there.record.name)) break;
      places.push([from, there]);
      const above: string = parentOf(there.record.name);
      from = missing.get(parentOf(from.record.name));
      there = from === undefined ? undefined : this.#arrivedAs(from);
      if (there?.record.name !== above) break;
    }
    return places;
  }

  #arrivedAs({ record, look }: LocalRecord): LocalRecord | undefined {
    const name = look === undefined ? undefined : this.#arrived.get(look.inode);
    const there = name === undefined ? undefined : this.#records.local(name);
    const isTheSame = isHere(there) && there.look?.inode === look?.inode && there.record.type === record.type;
    return isTheSame && there.record.version.length > 0 ? there : undefined;
  }
}

function isUnchanged(before: LocalRecord, now: LocalRecord): boolean {
  return before.look?.modifiedNs === now.look?.modifiedNs && sameContent(before.record, now.record);
}

function isLater([before, now]: Place): boolean {
  return before.look !== undefined && now.look !== undefined && now.look.changedNs > before.look.changedNs;
}
