/**
 * May this folder be told of, and brought up to date, yet? Not before a person has let it join, where that is asked for; not
 * while its records were made anew, or proved to be older than what a peer has heard of them, and no peer has been heard
 * (SPEC E5, E8).
 * @module
 */
import type { Clock, Timer } from '../../ports/clock.ts';
import type { FolderRecords, PeerKey } from '../../ports/record-store.ts';
import { PROVISIONAL } from './folder-root.ts';
import { previewOf, type JoinPreview } from './join-preview.ts';
import type { Problem } from './problems.ts';

const SET_BACK = 'set back';
/** A note, as JSON: peers that have begun to tell all of their index anew, and have not come to its end. */
const TELLING_ANEW = 'telling anew';
/** So long nobody else's word will do. Who has much to tell takes seconds; who never comes to an end must not mute us. */
const AWAITED_MS = 60_000;
/** Once in this time one peer may say that it knows more of our records than we do: nobody puts back a backup more often. */
const DOUBT_EACH_MS = 3_600_000;

export class Admission {
  readonly #records: FolderRecords;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #onRetold: () => void;
  #isHeld: boolean;
  #isScanned = false;
  #isPeerHeard = false;
  /** What a peer had told, and has not told anew yet. */
  #isDropped = false;
  /** Peers that share it just now and have told all that they know. */
  readonly #heard = new Set<PeerKey>();
  /** Who knows more of our records than we do: nobody else's word will do while it is there, for a minute. */
  #awaited: PeerKey | undefined;
  #awaitedTimer: Timer | undefined;
  /** When each peer has last been believed that; monotonic. */
  readonly #doubtedMs = new Map<PeerKey, number>();

  /**
   * @param isHeld a person has to say that it may join.
   * @param onRetold what a peer had told was dropped, and all of it was told anew: not everything may be there any more.
   */
  constructor(
    records: FolderRecords,
    isHeld: boolean,
    clock: Clock,
    onChange: () => void,
    onRetold: () => void = () => {},
  ) {
    this.#records = records;
    this.#isHeld = isHeld;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onRetold = onRetold;
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

  /**
   * A peer says that it has heard more of our index than we know (R14): it gets a new ID, and the peer is waited for.
   * @returns false if it has said so within the hour: it is not believed.
   */
  doubt(awaited: PeerKey): boolean {
    const nowMs = this.#clock.monotonicMs();
    const lastMs = this.#doubtedMs.get(awaited);
    if (lastMs !== undefined && nowMs - lastMs < DOUBT_EACH_MS) return false;
    this.#records.renewIndexId();
    this.#records.setNote(PROVISIONAL, SET_BACK);
    this.#doubtedMs.set(awaited, nowMs);
    this.#isPeerHeard = false;
    this.#await(awaited);
    return true;
  }

  /** A peer tells all of its index anew. Noted before what it told is dropped, for it may come to nothing more after that. */
  tellsAnew(peer: PeerKey): void {
    this.#noteTelling([...this.#tellingAnew, peer]);
  }

  /** What a peer told is dropped, and it will be asked to tell all of it anew. Itself it stays known. */
  dropTold(peer: PeerKey): void {
    this.tellsAnew(peer);
    this.#isDropped = true;
    this.#records.saveRemote(peer, [], true);
  }

  /** No peer tells its index anew just now, or was cut off while it did: until then what it has not said is no word of it. */
  get isAllHeard(): boolean {
    return this.#tellingAnew.length === 0;
  }

  get #tellingAnew(): PeerKey[] {
    const noted = JSON.parse(this.#records.note(TELLING_ANEW) ?? '[]') as string[];
    const known = new Set(this.#records.remotes().map(String));
    return noted.filter((peer) => known.has(peer)).map(BigInt);
  }

  #noteTelling(peers: readonly PeerKey[]): void {
    const value = peers.length === 0 ? undefined : JSON.stringify([...new Set(peers.map(String))]);
    if (value !== this.#records.note(TELLING_ANEW)) this.#records.setNote(TELLING_ANEW, value);
  }

  /** A peer has told all that it knew when it connected. */
  peerHeard(peer: PeerKey): void {
    this.#noteTelling(this.#tellingAnew.filter((other) => other !== peer));
    this.saysNoMore(peer);
    if (!this.#isDropped || !this.isAllHeard) return;
    this.#isDropped = false;
    this.#onRetold();
  }

  /** A peer has told what it will for now. It may have fallen asleep: that is no end of what it tells anew. */
  saysNoMore(peer: PeerKey): void {
    this.#heard.add(peer);
    if (this.#awaited !== undefined && this.#awaited !== peer) return;
    this.#awaitNobody();
  }

  /** It is not shared with this peer any more, which must not keep the others waiting without end. */
  peerLeft(peer: PeerKey): void {
    this.#heard.delete(peer);
    if (this.#awaited === peer) this.#awaitNobody();
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.#awaitedTimer?.cancel();
  }

  #await(peer: PeerKey): void {
    this.#awaitedTimer?.cancel();
    this.#awaited = peer;
    this.#awaitedTimer = this.#clock.after(AWAITED_MS, () => {
      try {
        this.#awaitNobody();
      } catch {
        this.#await(peer); // the records fail: tried again
      }
    });
  }

  /** Whoever has told all that it knows will do, or the next to do so. */
  #awaitNobody(): void {
    this.#awaitedTimer?.cancel();
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
