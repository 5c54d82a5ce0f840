/**
 * May this folder be told of, and brought up to date, yet? Not before a person has let it join, where that is asked for; not
 * while its records were made anew, or proved to be older than what a peer has heard of them, and no peer has been heard
 * (SPEC E5, E8).
 * @module
 */
import type { FolderRecords, PeerKey } from '../../ports/record-store.ts';
import { PROVISIONAL } from './folder-root.ts';
import { previewOf, type JoinPreview } from './join-preview.ts';
import type { Problem } from './problems.ts';

const SET_BACK = 'set back';

export class Admission {
  readonly #records: FolderRecords;
  readonly #onChange: () => void;
  #isHeld: boolean;
  #isScanned = false;
  #isPeerHeard = false;
  /** Peers that share it just now and have told all that they know. */
  readonly #heard = new Set<PeerKey>();
  /** Who knows more of our records than we do: nobody else's word will do while it is there. */
  #awaited: PeerKey | undefined;

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

  /** What peers have may be brought. */
  get mayPull(): boolean {
    return this.#isScanned && !this.#isHeld;
  }

  scanned(): void {
    this.#isScanned = true;
    this.#endProvisional();
  }

  /** The records are older than what a peer has heard of them: what they call a change may be none (SPEC E8). */
  get isSetBack(): boolean {
    return this.#records.note(PROVISIONAL) === SET_BACK;
  }

  /** A peer has heard more of our index than we know (R14): it gets a new ID, and the peer is waited for. */
  doubt(awaited: PeerKey): void {
    this.#awaited = awaited;
    this.#isPeerHeard = false;
    this.#records.renewIndexId();
    this.#records.setNote(PROVISIONAL, SET_BACK);
  }

  /** A peer has told all that it knew when it connected. */
  peerHeard(peer: PeerKey): void {
    this.#heard.add(peer);
    if (this.#awaited !== undefined && this.#awaited !== peer) return;
    this.#awaited = undefined;
    this.#isPeerHeard = true;
    this.#endProvisional();
  }

  /** It is not shared with this peer any more, which must not keep the others waiting without end. */
  peerLeft(peer: PeerKey): void {
    this.#heard.delete(peer);
    if (this.#awaited !== peer) return;
    this.#awaited = undefined;
    if (this.#heard.size === 0) return;
    this.#isPeerHeard = true;
    this.#endProvisional();
  }

  /** A person has said that it may join. */
  release(): void {
    this.#isHeld = false;
    this.#onChange();
  }

  /** What waits for a person. */
  waiting(): Problem[] {
    if (!this.#isHeld) return [];
    return [{ name: '', reason: 'held-join', text: 'It is new here, and nothing is copied before you say so' }];
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
