/**
 * Names that cannot be used on this disk, because another file has them there: one that differs in case alone, say.
 *
 * To try again costs a whole transfer. So it waits until something has changed here; and for a while, where the disk changes
 * without our records.
 * @module
 */
import { sameContent, type FileRecord } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** Longer than all is walked through once (R5): what changed unseen is found by then. */
const PATIENCE_MS = 15 * 60_000;

/** What people are told. */
export const TAKEN_TEXT = 'Another file has the name already';

export class TakenNames {
  readonly #records: FolderRecords;
  readonly #clock: Clock;
  readonly #isAtHand: (record: FileRecord) => boolean;
  readonly #taken = new Map<string, { readonly ownSequence: number; readonly atMs: number }>();
  /** The same names by what the disk may take them for. */
  readonly #spellings = new Map<string, string>();

  /** @param isAtHand can somebody who is connected give this version? */
  constructor(records: FolderRecords, clock: Clock, isAtHand: (record: FileRecord) => boolean) {
    this.#records = records;
    this.#clock = clock;
    this.#isAtHand = isAtHand;
  }

  add(name: string): void {
    this.#taken.set(name, { ownSequence: this.#records.maxSequence(), atMs: this.#clock.monotonicMs() });
    this.#spellings.set(name.toLowerCase(), name);
  }

  /**
   * Do peers that are connected have this content under such a name, which differs from its own in case alone? It has been renamed,
   * and cannot have the new name before the old one is gone.
   */
  isRespelled(own: FileRecord): boolean {
    if (this.#taken.size === 0) return false;
    for (let at = own.name; at !== ''; at = parentOf(at)) {
      const spelling = this.#spellings.get(at.toLowerCase());
      if (spelling === undefined || spelling === at || !this.#taken.has(spelling)) continue;
      const newest = this.#records.newest(spelling + own.name.slice(at.length));
      if (newest !== undefined && !newest.deleted && sameContent(newest, own)) return this.#isAtHand(newest);
    }
    return false;
  }

  /** The name, or a directory that it is in, for which there is no point in trying again; undefined if there is none. */
  find(name: string): string | undefined {
    if (this.#taken.size === 0) return undefined;
    for (let at = name; at !== ''; at = parentOf(at)) if (this.#isTaken(at)) return at;
    return undefined;
  }

  #isTaken(name: string): boolean {
    const taken = this.#taken.get(name);
    if (taken === undefined) return false;
    const isUnchanged = taken.ownSequence === this.#records.maxSequence();
    if (isUnchanged && this.#clock.monotonicMs() - taken.atMs < PATIENCE_MS) return true;
    this.#taken.delete(name);
    return false;
  }

  /** Drops those that nobody wants any more. */
  keepOnly(isWanted: (name: string) => boolean): void {
    for (const name of this.#taken.keys()) if (!isWanted(name)) this.#taken.delete(name);
    for (const [folded, name] of this.#spellings) if (!this.#taken.has(name)) this.#spellings.delete(folded);
  }
}
