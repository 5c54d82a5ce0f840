/**
 * Holds back a peer that replaces or deletes what a folder has, one file after the other (R12): a program that encrypts or empties
 * them, or writes others in their place.
 *
 * Edits are what a folder is for, and what is replaced goes into the history, so the bound is higher than that of deletes in one go
 * ({@link Brake}): more than max(200, half) of the files, changed within one to two hours by those who changed them. A checkout
 * of another branch, a formatter's run or tags written into all photos rarely reach it; what came together after a holiday never
 * does, for it was not changed together. Counted as they are carried out, since such a program takes its time. Not counted: what
 * stays beside as a conflict copy, or under another name, what the same hand made just before, and what a checkout of git has
 * replaced, for that is in the repository. Once it is too much, all that the same hand does waits, however slow it gets, and so does
 * what any other does who is busy at it; single edits of others go on.
 * @module
 */
import { sameBytes, sameContent, type FileRecord } from '../../core/model/file-record.ts';
import { compareVersions, counterOf } from '../../core/model/version-vector.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords, PeerKey } from '../../ports/record-store.ts';
import type { GitIndexes } from './git-indexes.ts';
import { isByGit, isObject, treeOfObject, workTreeOf, type Trees } from './git-work.ts';
import { BUSY_MIN, HOUR_S, Losses, type Act, type LossesContext, type Waiting } from './losses.ts';
import { Twins } from './twins.ts';

const FREE = 200;
const SHARE_FREE = 0.5;
/** Who notices that something went wrong, and has the version of before put back, does it soon. */
const UNDONE_S = 2n * HOUR_S;
/** Who keeps what he writes for some hours only (a camera, say) deletes it for as long as he goes on. */
const KEPT_S = 24n * HOUR_S;
/** A version that counts so few more than ours was made just after it, or by a clock that is behind and has nothing to say. */
const UNCLOCKED_S_MAX = 10n;
/** How long a person's yes holds for what the same hands go on with. */
const APPROVAL_MS = 15 * 60_000;
/** Of more files with the same content as what is replaced some are not asked for. */
const TWINS_MAX = 20;

/** To be called if it is not carried out after all. */
export type GiveBack = () => void;

export type ReplacementContext = LossesContext & {
  readonly records: FolderRecords;
  readonly gitIndexes: GitIndexes;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** SHA-256. */
  readonly digest: (bytes: Uint8Array) => Uint8Array;
};

export class ReplacementBrake {
  readonly #records: FolderRecords;
  readonly #digest: (bytes: Uint8Array) => Uint8Array;
  readonly #losses: Losses;
  readonly #gitIndexes: GitIndexes;
  readonly #clock: Pick<Clock, 'monotonicMs' | 'nowMs'>;
  /** Repositories of which an object was to be replaced: whoever does that is not git. */
  readonly #spoilt = new Set<string>();
  #trees: Trees = new Map();
  #twins: Twins;
  /** Names, and those of them in working trees of git. */
  readonly #held = new Set<string>();
  readonly #heldDeletes = new Set<string>();
  readonly #heldInTrees = new Set<string>();

  /** How far the index of each peer had been told when a person last said yes. */
  #approved: ReadonlyMap<PeerKey, number> = new Map();
  /** Whose doing it was, which may go on for a while. */
  #approvedHands: { readonly hands: ReadonlySet<bigint>; readonly untilMs: number } = { hands: new Set(), untilMs: 0 };
  readonly #isApproved: (newest: FileRecord) => boolean;

  /** @param isApproved a person has said that this version is meant. */
  constructor(context: ReplacementContext, isApproved: (newest: FileRecord) => boolean = () => false) {
    this.#digest = context.digest;
    this.#records = context.records;
    this.#losses = new Losses(context);
    this.#gitIndexes = context.gitIndexes;
    this.#clock = context.clock;
    this.#isApproved = isApproved;
    this.#twins = this.#twinsNow();
  }

  /** A person says yes to all that peers have told by now. */
  approve(): void {
    const peers = this.#records.remotes();
    this.#approved = new Map(peers.map((peer) => [peer, this.#records.remoteIndex(peer).maxSequence]));
    const hands = new Set(this.#losses.act?.hands);
    this.#approvedHands = { hands, untilMs: this.#clock.monotonicMs() + APPROVAL_MS };
    this.#losses.decide();
  }

  /** Nothing of it waits any more. */
  release(): void {
    this.#losses.release();
  }

  /** A person has undone it. */
  undone(): void {
    this.#losses.decide();
  }

  /** What is held; undefined if nothing is. */
  get act(): Act | undefined {
    return this.#losses.act;
  }

  /**
   * Of versions that wait, those of the act. What its hand did days before waits with it, and is none of it. But what it has done in
   * the hours up to where the act seems to begin is: were all of an hour still to come, nothing of it has been counted.
   */
  ofAct(waiting: readonly Waiting[]): Waiting[] {
    const { act } = this.#losses;
    if (act === undefined) return [];
    const counts = new Map<string, number>();
    const made = waiting.map((one) => {
      const hour = this.#madeS(one.mine.record, one.newest) / HOUR_S;
      const key = `${one.newest.modifiedBy} ${hour}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { one, hour };
    });
    const isOfAct = ({ name, modifiedBy }: FileRecord, hour: bigint): boolean => {
      for (let at = hour; !act.isOf(name, modifiedBy, (at + 1n) * HOUR_S); at += 1n)
        if ((counts.get(`${modifiedBy} ${at}`) ?? 0) < BUSY_MIN) return false;
      return true;
    };
    return made.filter(({ one, hour }) => isOfAct(one.newest, hour)).map(({ one }) => one);
  }

  /** Had a peer told of this version when a person last said yes? */
  wasTold({ name, version }: FileRecord): boolean {
    return this.#records
      .versions(name)
      .remotes.some(
        ({ peer, record }) =>
          compareVersions(record.version, version) === 'equal' && record.sequence <= (this.#approved.get(peer) ?? -1),
      );
  }

  /** Names that were held since {@link beginRound}: to be replaced, and to be deleted. */
  get held(): number {
    return this.#held.size;
  }

  get heldDeletes(): number {
    return this.#heldDeletes.size;
  }

  /** Were all of them in working trees of git? Then the word of its index may still be on its way. */
  get isMaybeGit(): boolean {
    return this.#held.size > 0 && this.#held.size === this.#heldInTrees.size;
  }

  beginRound(): void {
    this.#held.clear();
    this.#heldDeletes.clear();
    this.#heldInTrees.clear();
    this.#trees = new Map();
    this.#twins = this.#twinsNow();
  }

  endRound(): void {
    this.#losses.save();
    if (this.#held.size + this.#heldDeletes.size === 0) this.#losses.release();
  }

  /**
   * May the content that is here be replaced, or go?
   * @param isApproved a person has just said that whatever comes is meant.
   * @returns undefined: it has to wait.
   */
  take(mine: FileRecord | undefined, newest: FileRecord, isApproved: boolean): GiveBack | undefined {
    if (isApproved || mine === undefined || !this.#isLoss(mine, newest) || this.#isApprovedHand(newest))
      return () => {};
    if (isObject(mine.name) && !newest.deleted) this.#spoilt.add(treeOfObject(mine.name));
    const tree = workTreeOf(this.#records, mine.name, this.#trees);
    const isGits = tree !== undefined && !this.#spoilt.has(tree);
    if (isGits && isByGit(this.#records, this.#gitIndexes, tree, newest)) return () => {};
    const madeS = this.#madeS(mine, newest);
    const bound = Math.max(FREE, this.#records.counts().local.files * SHARE_FREE);
    const isTooMuch = this.#losses.around(madeS) >= bound && this.#losses.isBusy(newest.modifiedBy, madeS);
    if (!isTooMuch && !this.#losses.isHeld(newest.modifiedBy))
      return this.#losses.add(mine.name, newest.modifiedBy, madeS, bound);
    if (this.#isApproved(newest)) return () => {};
    this.#losses.hold(newest.modifiedBy, madeS);
    (newest.deleted ? this.#heldDeletes : this.#held).add(mine.name);
    if (isGits && !newest.deleted) this.#heldInTrees.add(mine.name);
    return undefined;
  }

  #isApprovedHand({ modifiedBy }: FileRecord): boolean {
    const { hands, untilMs } = this.#approvedHands;
    return hands.has(modifiedBy) && this.#clock.monotonicMs() <= untilMs;
  }

  /** Is it a loss of those that are counted? */
  counts(mine: FileRecord, newest: FileRecord): boolean {
    if (!this.#isLoss(mine, newest)) return false;
    const tree = workTreeOf(this.#records, mine.name, this.#trees);
    return tree === undefined || this.#spoilt.has(tree) || !isByGit(this.#records, this.#gitIndexes, tree, newest);
  }

  #isLoss(mine: FileRecord, newest: FileRecord): boolean {
    if (mine.type !== 'file' || mine.deleted || mine.invalid || mine.size === 0) return false;
    if (mine.version.length === 0 || sameContent(mine, newest)) return false;
    const replaced = this.#digest(mine.blocks);
    // Of two versions that had not seen each other ours stays beside, unless the other says that it had this very content.
    const isSeen = compareVersions(newest.version, mine.version) === 'newer';
    if (!isSeen && !sameBytes(newest.previousBlocksHash, replaced)) return false;
    if (this.#isOfSameHand(mine, newest, replaced)) return false;
    // It brings back what ours replaced: somebody has undone it (U95), who has kept it or does it soon after.
    const before = mine.previousBlocksHash;
    if (before.length > 0 && sameBytes(before, this.#digest(newest.blocks))) {
      const isKept = !sameBytes(newest.previousBlocksHash, replaced);
      if (isKept || changedS(newest) - changedS(mine) < UNDONE_S) return false;
    }
    // Whoever renames deletes: as many files as are in a directory may have one content. To replace them is none.
    if (newest.deleted) return !this.#twins.hasOne(mine);
    const twins = this.#records.filesWithBlocks(mine.blocks, mine.blockSize, TWINS_MAX);
    return !twins.some((twin) => this.#stays(twin.record.name, mine));
  }

  #twinsNow(): Twins {
    return new Twins({ records: this.#records, digest: this.#digest }, (name, mine) => this.#stays(name, mine));
  }

  /** Is it this very content that is to be had under the name? */
  #stays(name: string, mine: FileRecord): boolean {
    const newest = this.#records.newest(name);
    return newest !== undefined && !newest.deleted && sameContent(newest, mine);
  }

  /**
   * When the newest was made, in seconds since 1970. Where ours stood here for long, and the other counts hardly further, its clock
   * is behind: then it was made just now, as far as anybody knows.
   */
  #madeS(mine: FileRecord, newest: FileRecord): bigint {
    const madeS = changedS(newest);
    if (madeS - counterOf(mine.version, newest.modifiedBy) > UNCLOCKED_S_MAX) return madeS;
    const nowS = BigInt(Math.floor(this.#clock.nowMs() / 1000));
    const sinceS = (this.#records.local(mine.name)?.look?.changedNs ?? 0n) / 1_000_000_000n;
    return sinceS > 0n && nowS - sinceS > HOUR_S ? nowS : madeS;
  }

  /** Whoever made the content just before may do with it what they like. (Who gave it other permissions has not made it.) */
  #isOfSameHand(mine: FileRecord, newest: FileRecord, mineHash: Uint8Array): boolean {
    if (newest.modifiedBy !== mine.modifiedBy || sameBytes(mine.previousBlocksHash, mineHash)) return false;
    const apartS = this.#madeS(mine, newest) - changedS(mine);
    return apartS > 0n && apartS < (newest.deleted ? KEPT_S : HOUR_S);
  }
}

/** When the last change of it was made, seconds since 1970 by the clock of who made it. */
function changedS({ version, modifiedBy }: FileRecord): bigint {
  return counterOf(version, modifiedBy);
}
