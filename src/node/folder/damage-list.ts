/**
 * The names of files whose bytes are known to be wrong, in the folder's notes: they outlive the process, for as long as nobody
 * mends, saves or removes the file. What a list of problems says of a name may be something else, and is gone with the process.
 *
 * A record without a claim alone says little: those of a rebuilt database whose times are still to be set have none either.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** A file whose content is wrong, as long as its record is the one that it was listed with. */
export interface Damaged {
  readonly name: string;
  readonly sequence: number;
  /** Of the look that it was found with; it says nothing of a record that has given up its claim. */
  readonly changedNs: string;
}

const NOTE = 'damaged';
/** More than a person could go through one by one; whoever has mended these looks for the others. */
const LISTED_MAX = 1000;

export class DamageList {
  readonly #records: FolderRecords;
  readonly #byName: Map<string, Damaged>;

  constructor(records: FolderRecords) {
    this.#records = records;
    const noted = JSON.parse(records.note(NOTE) ?? '[]') as Damaged[];
    this.#byName = new Map(noted.map((damaged) => [damaged.name, damaged]));
  }

  all(): readonly Damaged[] {
    return [...this.#byName.values()];
  }

  of(name: string): Damaged | undefined {
    return this.#byName.get(name);
  }

  /** Has the file given up its claim because of its bytes? */
  isGivenUp(own: FileRecord): boolean {
    return isUnclaimed(own) && this.of(own.name)?.sequence === own.sequence;
  }

  add(found: readonly Damaged[]): void {
    for (const damaged of found)
      if (this.#byName.size < LISTED_MAX || this.#byName.has(damaged.name)) this.#byName.set(damaged.name, damaged);
    if (found.length > 0) this.#save();
  }

  /** Lists names by the records that they have now, which claim nothing. */
  addGivenUp(names: readonly string[]): void {
    const own = names.flatMap((name) => this.#records.local(name) ?? []);
    this.add(
      own.map(({ record: { name, sequence }, look }) => ({ name, sequence, changedNs: String(look?.changedNs) })),
    );
  }

  remove(names: Iterable<string>): void {
    const sizeBefore = this.#byName.size;
    for (const name of names) this.#byName.delete(name);
    if (this.#byName.size < sizeBefore) this.#save();
  }

  #save(): void {
    this.#records.setNote(NOTE, this.#byName.size === 0 ? undefined : JSON.stringify(this.all()));
  }
}

/** Is it a file that stands here, and that nobody is told of? */
export function isUnclaimed({ type, deleted, invalid, version }: FileRecord): boolean {
  return type === 'file' && !deleted && !invalid && version.length === 0;
}
