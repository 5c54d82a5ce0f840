/**
 * What this device has deleted so long ago that no power cut can take it back any more. Whatever stands under such a name was brought
 * by somebody: who renames a directory back leaves the files in it as old as they were.
 *
 * The records tell no time of a delete that a peer made, but they are saved one after the other: up to some number they were
 * there a minute before all was looked at last, and what had been done for them has reached the disk by then.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** A note: a sequence number. */
const WRITTEN_BACK = 'written back';
/** Twice what the kernel takes. */
const WRITE_BACK_MS = 60_000;

export class WrittenBack {
  readonly #records: FolderRecords;
  readonly #clock: Clock;
  #until: number;
  #next: { readonly sequence: number; readonly atMs: number };

  constructor(records: FolderRecords, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
    const noted = Number(records.note(WRITTEN_BACK));
    this.#until = Number.isSafeInteger(noted) ? noted : 0;
    this.#next = this.#now();
  }

  /** Has what the record of this number says been on the disk for long? */
  has(sequence: number): boolean {
    return sequence <= this.#until;
  }

  /**
   * All was looked at, and is what the records say.
   * @param note keeps a value for the next run, and returns false where that fails.
   */
  advance(note: (name: string, value: string) => boolean): void {
    const { sequence, atMs } = this.#next;
    if (this.#clock.monotonicMs() - atMs < WRITE_BACK_MS || !note(WRITTEN_BACK, String(sequence))) return;
    this.#until = sequence;
    this.#next = this.#now();
  }

  #now(): { sequence: number; atMs: number } {
    return { sequence: this.#records.maxSequence(), atMs: this.#clock.monotonicMs() };
  }
}
