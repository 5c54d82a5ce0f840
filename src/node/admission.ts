/**
 * May this folder be told of, and brought up to date, yet? Not before a person has let it join, where that is asked for; not
 * while its records were made anew and no peer has been heard (SPEC E5).
 * @module
 */
import type { FolderRecords } from '../ports/record-store.ts';
import { PROVISIONAL } from './folder-root.ts';
import { previewOf, type JoinPreview } from './join-preview.ts';

export class Admission {
  readonly #records: FolderRecords;
  readonly #onChange: () => void;
  #isHeld: boolean;
  #isScanned = false;
  #isPeerHeard = false;

  /** @param isHeld a person has to say that it may join. */
  constructor(records: FolderRecords, isHeld: boolean, onChange: () => void) {
    this.#records = records;
    this.#isHeld = isHeld;
    this.#onChange = onChange;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The records began with nothing, and no peer has told all it knows. */
  get isProvisional(): boolean {
    return this.#records.note(PROVISIONAL) !== undefined;
  }

  /** Peers are not to be told anything. */
  get isSilent(): boolean {
    return this.#isHeld || this.isProvisional;
  }

  /** Everything here was looked at once. */
  get isScanned(): boolean {
    return this.#isScanned;
  }

  scanned(): void {
    this.#isScanned = true;
    this.#endProvisional();
  }

  /** A peer has told all that it knew when it connected. */
  peerHeard(): void {
    this.#isPeerHeard = true;
    this.#endProvisional();
  }

  /** A person has said that it may join. */
  release(): void {
    this.#isHeld = false;
    this.#onChange();
  }

  /** What joining will do; undefined before all was looked at here and a peer has told all it has. */
  preview(): JoinPreview | undefined {
    return this.#isScanned && this.#isPeerHeard ? previewOf(this.#records) : undefined;
  }

  #endProvisional(): void {
    if (!this.#isScanned || !this.#isPeerHeard) return;
    if (this.isProvisional) this.#records.setNote(PROVISIONAL, undefined);
    this.#onChange();
  }
}
