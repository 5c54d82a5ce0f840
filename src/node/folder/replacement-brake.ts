/**
 * Holds back a peer that replaces what a folder has (R12): a program that encrypts or empties one file after the other.
 *
 * Edits are what a folder is for, and what is replaced goes into the history, so the bound is higher than that of deletes:
 * more than max(200, half) of the files, changed within one to two hours by those who changed them. A checkout of another
 * branch, a formatter's run or tags written into all photos rarely reach it; what came together after a holiday never does,
 * for it was not changed together. Counted as they are carried out, since such a program takes its time. Not counted: what
 * nobody had seen (a conflict copy stays beside), what stays under another name, what the same hand made just before, and what a
 * checkout of git has replaced, for that is in the repository.
 * @module
 */
import { sameBytes, sameContent, type FileRecord } from '../../core/model/file-record.ts';
import { compareVersions, counterOf } from '../../core/model/version-vector.ts';
import type { FolderRecords, PeerKey } from '../../ports/record-store.ts';
import { isByGit, isObject, treeOfObject, workTreeOf, type Trees } from './git-work.ts';

const FREE = 200;
const SHARE_FREE = 0.5;
/** Counters of versions are seconds, with Syncthing and with us. */
const HOUR_S = 3600n;
const HOURS_MAX = 100;
const TWINS_MAX = 20;

/** To be called if it is not carried out after all. */
export type GiveBack = () => void;

export class ReplacementBrake {
  readonly #records: FolderRecords;
  readonly #digest: (bytes: Uint8Array) => Uint8Array;
  /** Replacements carried out, by the hour in which they were made. */
  readonly #byHour = new Map<bigint, number>();
  /** Repositories of which an object was to be replaced: whoever does that is not git. */
  readonly #spoilt = new Set<string>();
  #trees: Trees = new Map();
  /** Names, and those of them in working trees of git. */
  readonly #held = new Set<string>();
  readonly #heldInTrees = new Set<string>();

  /** How far the index of each peer had been told when a person last said yes. */
  #approved: ReadonlyMap<PeerKey, number> = new Map();
  readonly #isApproved: (newest: FileRecord) => boolean;

  /**
   * @param digest SHA-256.
   * @param isApproved a person has said that this version is meant.
   */
  constructor(
    records: FolderRecords,
    digest: (bytes: Uint8Array) => Uint8Array,
    isApproved: (newest: FileRecord) => boolean = () => false,
  ) {
    this.#digest = digest;
    this.#records = records;
    this.#isApproved = isApproved;
  }

  /** A person says yes to all that peers have told by now. */
  approve(): void {
    const peers = this.#records.remotes();
    this.#approved = new Map(peers.map((peer) => [peer, this.#records.remoteIndex(peer).maxSequence]));
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

  /** Names that were held since {@link beginRound}. */
  get held(): number {
    return this.#held.size;
  }

  /** Were all of them in working trees of git? Then the word of its index may still be on its way. */
  get isMaybeGit(): boolean {
    return this.#held.size > 0 && this.#held.size === this.#heldInTrees.size;
  }

  beginRound(): void {
    this.#held.clear();
    this.#heldInTrees.clear();
    this.#trees = new Map();
  }

  /**
   * May the content that is here be replaced?
   * @param isApproved a person has just said that whatever comes is meant.
   * @returns undefined: it has to wait.
   */
  take(mine: FileRecord | undefined, newest: FileRecord, isApproved: boolean): GiveBack | undefined {
    if (isApproved || mine === undefined || !this.#isLoss(mine, newest)) return () => {};
    if (isObject(mine.name)) this.#spoilt.add(treeOfObject(mine.name));
    const tree = workTreeOf(this.#records, mine.name, this.#trees);
    const isGits = tree !== undefined && !this.#spoilt.has(tree);
    if (isGits && isByGit(this.#records, tree, newest)) return () => {};
    const hour = changedS(newest) / HOUR_S;
    const made = this.#count(hour) + Math.max(this.#count(hour - 1n), this.#count(hour + 1n));
    if (made >= Math.max(FREE, this.#records.counts().local.files * SHARE_FREE)) {
      if (this.#isApproved(newest)) return () => {};
      this.#held.add(mine.name);
      if (isGits) this.#heldInTrees.add(mine.name);
      return undefined;
    }
    this.#byHour.set(hour, this.#count(hour) + 1);
    const [oldest] = this.#byHour.keys();
    if (this.#byHour.size > HOURS_MAX && oldest !== undefined) this.#byHour.delete(oldest);
    return () => void this.#byHour.set(hour, this.#count(hour) - 1);
  }

  /** Is it a replacement of those that are counted? */
  counts(mine: FileRecord, newest: FileRecord): boolean {
    if (!this.#isLoss(mine, newest)) return false;
    const tree = workTreeOf(this.#records, mine.name, this.#trees);
    return tree === undefined || this.#spoilt.has(tree) || !isByGit(this.#records, tree, newest);
  }

  #count(hour: bigint): number {
    return this.#byHour.get(hour) ?? 0;
  }

  #isLoss(mine: FileRecord, newest: FileRecord): boolean {
    if (mine.type !== 'file' || mine.deleted || mine.invalid || mine.size === 0 || newest.deleted) return false;
    if (mine.version.length === 0 || sameContent(mine, newest)) return false;
    if (compareVersions(newest.version, mine.version) !== 'newer') return false;
    if (newest.modifiedBy === mine.modifiedBy && changedS(newest) - changedS(mine) < HOUR_S) return false;
    // It brings back what ours replaced: somebody has undone it (U95).
    const before = mine.previousBlocksHash;
    if (before.length > 0 && sameBytes(before, this.#digest(newest.blocks))) return false;
    const twins = this.#records.filesWithBlocks(mine.blocks, mine.blockSize, TWINS_MAX);
    return !twins.some((twin) => {
      const stays = this.#records.newest(twin.record.name);
      return stays !== undefined && !stays.deleted && sameContent(stays, mine);
    });
  }
}

/** When the last change of it was made, seconds since 1970 by the clock of who made it. */
function changedS({ version, modifiedBy }: FileRecord): bigint {
  return counterOf(version, modifiedBy);
}
