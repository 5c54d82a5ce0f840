/**
 * The names of files whose bytes are known to be wrong, in the folder's notes: they outlive the process, for as long as nobody
 * mends, saves or removes the file. What a list of problems says of a name may be something else, and is gone with the process.
 *
 * A record without a claim alone says little: those of a rebuilt database whose times are still to be set have none either.
 * @module
 */
import { sameBytes, type FileRecord, type LocalRecord } from '../../core/model/file-record.ts';
import type { Sighting } from '../../core/scan/changes.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** A file whose content is wrong, as long as its record is the one that it was listed with. */
export interface Damaged {
  readonly name: string;
  readonly sequence: number;
  /**
   * Of the look that it was found with; it says nothing of a record that has given up its claim. Undefined when its record has become
   * another since, with other permissions say: then it is to be read again.
   */
  readonly changedNs?: string;
}

/** The file of a listed name whose record is no more. */
interface Left {
  readonly inode: string;
  readonly size: number;
  readonly modifiedNs: string;
  /** In hexadecimal, over the blocks that were recorded: the damaged ones if it had given up its claim, else the good ones. */
  readonly digest: string;
  readonly wasUnclaimed: boolean;
}

const NOTE = 'damaged';
const LEFT_NOTE = 'damaged before';
/** More than a person could go through one by one; whoever has mended these looks for the others. */
const LISTED_MAX = 1000;
/** What is ignored, or was moved away and is not recorded under its new name: while somebody has it open, say. */
const LEFT_MAX = 100;

export class DamageList {
  readonly #records: FolderRecords;
  readonly #digest: (bytes: Uint8Array) => Uint8Array;
  readonly #byName: Map<string, Damaged>;
  /** The last ones. */
  readonly #left: Left[];

  constructor(records: FolderRecords, digest: (bytes: Uint8Array) => Uint8Array) {
    this.#records = records;
    this.#digest = digest;
    this.#left = JSON.parse(records.note(LEFT_NOTE) ?? '[]') as Left[];
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

  /** Was the file found damaged with the record that it has now? */
  isListed({ name, sequence }: FileRecord): boolean {
    return this.of(name)?.sequence === sequence;
  }

  /**
   * Has a listed file another look by now, and yet nobody has written to it? Other permissions, or a second name, make damaged bytes
   * nobody's own: it stays listed, with that look.
   */
  isAsBad({ record, look }: LocalRecord, seen: Sighting): boolean {
    if (!this.isListed(record) || !isSameFile(look, seen) || sameBytes(seen.blocks, record.blocks)) return false;
    const { name, sequence } = record;
    this.add([{ name, sequence, changedNs: String(seen.look.changedNs) }]);
    return true;
  }

  /** Is this what was found damaged, under another name? */
  isElsewhere(seen: Sighting): boolean {
    for (const { name } of this.all()) {
      const own = this.#records.local(name);
      if (own !== undefined && this.isListed(own.record) && isMoved(own, seen)) return true;
    }
    return this.#left.some(
      (left) => isLeft(left, seen) && (left.digest === this.#digestOf(seen)) === left.wasUnclaimed,
    );
  }

  /** The record goes, as nothing stands here any more or it is ignored: what was there may come to light again, under whatever name. */
  left({ record, look }: LocalRecord): void {
    if (!this.isListed(record) || look?.type !== 'file') return;
    const { inode, size, modifiedNs } = look;
    const file = { inode: String(inode), size, modifiedNs: String(modifiedNs) };
    this.#left.push({ ...file, digest: this.#digestOf(record), wasUnclaimed: isUnclaimed(record) });
    if (this.#left.length > LEFT_MAX) this.#left.shift();
    this.#records.setNote(LEFT_NOTE, JSON.stringify(this.#left));
  }

  #digestOf({ blocks }: Pick<FileRecord, 'blocks'>): string {
    return Buffer.from(this.#digest(blocks)).toString('hex');
  }

  /**
   * The names of which these records, which are about to be saved, say nothing but that their files have other permissions, or another
   * time: a peer wants that, and has not seen the bytes. But where somebody has the very bytes that had given up their claim they are good.
   */
  keptBy(saved: readonly LocalRecord[]): string[] {
    return saved.flatMap(({ record, look }) => {
      const own = this.of(record.name) === undefined ? undefined : this.#records.local(record.name);
      if (own === undefined || !this.isListed(own.record) || look?.type !== 'file') return [];
      if (isUnclaimed(own.record) && !isUnclaimed(record)) return [];
      return own.look?.inode === look.inode && sameBytes(own.record.blocks, record.blocks) ? [record.name] : [];
    });
  }

  /** These names are still damaged with the records that they have now, as far as anybody knows. */
  keep(names: readonly string[]): void {
    this.add(names.map((name) => ({ name, sequence: this.#records.local(name)?.record.sequence ?? 0 })));
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

/** Who has given up his claim has the damaged bytes in his record, anybody else the good ones. */
function isMoved(own: LocalRecord, seen: Sighting): boolean {
  return isSameFile(own.look, seen) && sameBytes(seen.blocks, own.record.blocks) === isUnclaimed(own.record);
}

function isLeft({ inode, size, modifiedNs }: Left, { look }: Sighting): boolean {
  if (look.type !== 'file') return false;
  return inode === String(look.inode) && size === look.size && modifiedNs === String(look.modifiedNs);
}

function isSameFile(look: LocalRecord['look'], seen: Sighting): boolean {
  const { type, inode, size, modifiedNs } = seen.look;
  if (look === undefined || look.type !== 'file' || type !== 'file') return false;
  return look.inode === inode && look.size === size && look.modifiedNs === modifiedNs;
}

/** Is it a file that stands here, and that nobody is told of? */
export function isUnclaimed({ type, deleted, invalid, version }: FileRecord): boolean {
  return type === 'file' && !deleted && !invalid && version.length === 0;
}
