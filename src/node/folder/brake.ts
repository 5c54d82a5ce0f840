/**
 * Holds deletes that look like an accident: more than max(50, a fifth) of a folder at once, by one scan or from peers, wait
 * until a person says that they are meant (R12), and so do replacements by peers ({@link ReplacementBrake}). Everything else
 * goes on meanwhile.
 */
import type { FolderRecords, NeedCursor } from '../../ports/record-store.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import type { Problem } from './problems.ts';
import { ReplacementBrake, type GiveBack } from './replacement-brake.ts';

const DELETES_FREE = 50;
const SHARE_FREE = 0.2;
/** Deletes this close together count as one act: the watcher reports a big removal in many pieces. */
const ONE_ACT_MS = 10_000;
const TWINS_MAX = 20;
/** How long a person's yes holds. */
const APPROVAL_MS = 15 * 60_000;
export const HELD_HERE = 'held-deletes-here';
export const HELD_BY_PEERS = 'held-deletes-by-peers';
export const HELD_REPLACEMENTS = 'held-replacements-by-peers';

export interface BrakeContext {
  readonly records: FolderRecords;
  nowMs(): number;
}

export class Brake {
  readonly #context: BrakeContext;
  #act = { startedMs: Number.NEGATIVE_INFINITY, deletes: 0 };
  /** Deletes that were carried out, and the names of all whose content was nowhere else. */
  #pulled = { startedMs: Number.NEGATIVE_INFINITY, deletes: 0, gone: new Set<string>() };
  readonly #replacements: ReplacementBrake;
  #approvedUntilMs = Number.NEGATIVE_INFINITY;
  readonly #held = new Map<string, string>();

  constructor(context: BrakeContext) {
    this.#context = context;
    this.#replacements = new ReplacementBrake(context.records);
  }

  /** A person says that what is held is meant. */
  approve(): void {
    this.#approvedUntilMs = this.#context.nowMs() + APPROVAL_MS;
    this.#held.clear();
  }

  /** Peers have taken their deletes back: there is nothing to confirm. */
  releasePulled(): void {
    this.#held.delete(HELD_BY_PEERS);
  }

  /** Peers want nothing to be replaced any more. */
  releaseReplacements(): void {
    this.#held.delete(HELD_REPLACEMENTS);
  }

  /** A round of pulling begins: {@link mayReplace} will be asked for all that is to be replaced. */
  beginRound(): void {
    this.#replacements.beginRound();
  }

  endRound(): void {
    const count = this.#replacements.held;
    if (count === 0) this.releaseReplacements();
    else {
      const text = `Other computers replaced more than half of this folder; ${count} files stay as they are until you confirm`;
      this.#held.set(HELD_REPLACEMENTS, text);
    }
  }

  /** May this content give way to a peer's? @returns what to call if it did not; undefined if it may not. */
  mayReplace(mine: FileRecord | undefined, newest: FileRecord): GiveBack | undefined {
    return this.#replacements.take(mine, newest, this.#isApproved);
  }

  /** A walk has found all that is recorded: whatever was gone is back. */
  releaseFound(): void {
    this.#held.delete(HELD_HERE);
  }

  /** True while deletes that were found here wait for a person. */
  get isHoldingFound(): boolean {
    return this.#held.has(HELD_HERE);
  }

  /** What waits for a person. */
  held(): Problem[] {
    return [...this.#held].map(([reason, text]) => ({ name: '', reason, text }));
  }

  /** May this many deletes, found here by looking, be announced? Names that only moved are not to be counted. */
  mayAnnounceDeletes(count: number): boolean {
    const nowMs = this.#context.nowMs();
    if (nowMs - this.#act.startedMs > ONE_ACT_MS) this.#act = { startedMs: nowMs, deletes: 0 };
    const { local } = this.#context.records.counts();
    const deletes = this.#act.deletes + count;
    if (this.#isTooMany(deletes, local.files + local.directories + local.symlinks + this.#act.deletes)) {
      this.#held.set(
        HELD_HERE,
        `${count} files are gone from this folder. They stay on the other computers until you confirm`,
      );
      return false;
    }
    this.#act.deletes = deletes;
    this.#held.delete(HELD_HERE);
    return true;
  }

  /** May the deletes that peers announced be carried out here? They come in parts, which count as one act. */
  mayPullDeletes(): boolean {
    const { local, need } = this.#context.records.counts();
    const nowMs = this.#context.nowMs();
    if (nowMs - this.#pulled.startedMs > ONE_ACT_MS) this.#pulled = { startedMs: nowMs, deletes: 0, gone: new Set() };
    const { deletes: done, gone } = this.#pulled;
    for (const name of gone) if (this.#isElsewhere(name)) gone.delete(name); // it has come back under another name
    this.#addGone(gone);
    const total = local.files + local.directories + local.symlinks + done;
    if (this.#isTooMany(done + need.deletes, total) && gone.size > DELETES_FREE) {
      this.#held.set(
        HELD_BY_PEERS,
        `Other computers deleted ${need.deletes} files of this folder. They stay here until you confirm`,
      );
      return false;
    }
    this.#held.delete(HELD_BY_PEERS);
    return true;
  }

  /** So many of them were carried out; the others are asked for again. */
  pulledDeletes(count: number): void {
    this.#pulled.deletes += count;
  }

  get #isApproved(): boolean {
    return this.#context.nowMs() <= this.#approvedUntilMs;
  }

  #isTooMany(deletes: number, total: number): boolean {
    return deletes > Math.max(DELETES_FREE, total * SHARE_FREE) && !this.#isApproved;
  }

  /** Adds the needed deletes whose content does not stay here under another name: a moved directory is no loss. */
  #addGone(gone: Set<string>): void {
    const { records } = this.#context;
    let after: NeedCursor = { phase: 'delete-file', name: undefined };
    while (gone.size <= DELETES_FREE) {
      const page = records.need(after, 500).filter((needed) => needed.phase === 'delete-file');
      const last = page.at(-1);
      if (last === undefined) return;
      for (const { name } of page) {
        const own = records.local(name)?.record;
        if (own === undefined || own.type !== 'file' || own.size === 0) continue;
        if (!this.#isElsewhere(name)) gone.add(name);
      }
      after = { phase: 'delete-file', name: last.name };
    }
  }

  /** Is the content of this file here under a name that stays? */
  #isElsewhere(name: string): boolean {
    const { records } = this.#context;
    const own = records.local(name)?.record;
    if (own === undefined || own.deleted || own.type !== 'file') return false;
    const twins = records.filesWithBlocks(own.blocks, own.blockSize, TWINS_MAX);
    return twins.some((twin) => records.newest(twin.record.name)?.deleted === false);
  }
}
