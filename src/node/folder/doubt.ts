/**
 * After a stop that was no proper stop, power may have been lost: files may be damaged (R3), until all were looked at once.
 *
 * A file that was written shortly before may have lost bytes and still look as it did: same size, same times. Those are
 * hashed again. The kernel writes everything back within half a minute; how long before now that was nobody knows, but the
 * latest change that the records know of was not after it. After a proper stop the power may have gone soon, too: what was
 * written shortly before it is read again as well, and nothing else is doubted.
 * @module
 */
import type { LanfoldError } from '../../core/errors.ts';
import { isHere, type FileRecord, type LocalRecord, type Look } from '../../core/model/file-record.ts';
import { isBelow, isBelowOneOf, parentOf } from '../../core/model/folder-path.ts';
import { covers } from '../../core/model/version-vector.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import { isAway } from './folder-root.ts';
import { END_OF_TIME_NS, latestChangeNs } from './latest-change.ts';
import { parsedOwed, toMilliseconds, toNanoseconds, type Owed } from './owed.ts';
import { WrittenBack } from './written-back.ts';
import { WrittenInodes } from './written-inodes.ts';

/** Twice what the kernel takes. */
const WRITE_BACK_NS = 60_000_000_000n;
/** Files that were written shortly before; of more those that are moved before they are looked at count as new. */
const WRITTEN_MAX = 10_000;
/** Names that are there; of more those that are removed soon come back. */
const FOUND_MAX = 10_000;
/** More are not kept: at worst they end as conflicts. */
const UNSEEN_MAX = 10_000;

/** A note: it was in doubt, and has not been walked as a whole since, also if it was stopped properly. */
const IN_DOUBT = 'in doubt';
/** A note: {@link Owed}. */
const OWED = 'in doubt still';
/** Of more files their directories are listed; of more of those all stays in doubt. */
const OWED_MAX = 1000;
const ASKED_MAX = 10_000;
/**
 * A note: all that was written until a minute before this moment is known for what it is; milliseconds since 1970. It outlives
 * who set it: a second stop before all was read takes nothing from what the first has left.
 */
const PROVEN_UNTIL = 'proven until';
/** A note: the start of the machine in which it was in use last. */
const BOOT = 'boot';
/** A note: the machine was started anew, or a disk was away, and not all was looked at since. */
const MACHINE_IS_NEW = 'machine is new';

export class Doubt {
  readonly #records: FolderRecords;
  readonly #clock: Clock;
  readonly #writtenBack: WrittenBack;
  /** It may have been started anew since all was looked at. */
  #isMachineNew: boolean;
  /** The same of what an earlier run has left. */
  #wasMachineNew = false;
  #sinceNs: bigint | undefined;
  /** When it was begun: what has a later time was given it by somebody. */
  #untilNs = 0n;
  #isOn = false;
  /** The root was gone since it was last begun. */
  #wasAway = false;
  /** Not everything was looked at yet. */
  #isFirstLook = true;
  #hasStopped = false;
  /** Names of which it began, but whose bytes were not looked at yet: what moves is put off. */
  readonly #left = new Set<string>();
  /** The same after a proper stop: only that they look as before is no proof. */
  readonly #leftToRead = new Set<string>();
  /** Directories that could not be listed yet: nobody has looked at anything below them. */
  readonly #unlisted = new Set<string>();
  /** The same after a proper stop. */
  readonly #unlistedToRead = new Set<string>();
  /** Names that an earlier run has left so; and directories. */
  readonly #owed = new Set<string>();
  readonly #owedBelow = new Set<string>();
  #owedSinceNs = END_OF_TIME_NS;
  /** By name: what was wanted when it began, where the disk did not say what stands there. */
  readonly #unseen = new Map<string, FileRecord>();

  /** Disks inside that were away since: somebody else may have had them. */
  readonly #lent = new Set<string>();
  /** Names that power, lost before it began, can not have taken: they were there since. Kept of those that it may have taken. */
  readonly #found = new Set<string>();

  readonly #written: WrittenInodes;

  /**
   * @param digest SHA-256.
   * @param bootId another one after each start of the machine; undefined: nobody knows.
   */
  constructor(
    records: FolderRecords,
    clock: Clock,
    uncleanStop: boolean,
    digest: (bytes: Uint8Array) => Uint8Array,
    bootId?: string,
  ) {
    this.#records = records;
    this.#clock = clock;
    this.#written = new WrittenInodes(digest);
    this.#writtenBack = new WrittenBack(records, clock);
    const isDoubted = uncleanStop || records.note(IN_DOUBT) !== undefined;
    const isOtherStart = bootId === undefined || records.note(BOOT) !== bootId;
    // After a proper stop its end may still have been no proper one; but there that nobody knows says nothing.
    const isKnownStart = bootId !== undefined && records.note(BOOT) !== undefined;
    const isNew = isOtherStart && (isDoubted || isKnownStart);
    this.#isMachineNew = records.note(MACHINE_IS_NEW) !== undefined || isNew;
    // For the next run, too, if this one does not come to look at all; without that note it is to see it for itself.
    if (!this.#isMachineNew || this.#note(MACHINE_IS_NEW, 'yes')) this.#note(BOOT, bootId);
    this.#owes(records.note(OWED));
    if (isDoubted) this.begin();
    else this.#lookFrom(toNanoseconds(records.note(PROVEN_UNTIL)));
  }

  #owes(note: string | undefined): void {
    const owed = parsedOwed(note);
    if (owed === undefined) return;
    this.#owedSinceNs = BigInt(owed.provenUntilMs) * 1_000_000n - WRITE_BACK_NS;
    this.#wasMachineNew = owed.isMachineNew;
    for (const name of owed.names)
      if (name.endsWith('/')) this.#owedBelow.add(name.slice(0, -1));
      else this.#owed.add(name);
  }

  /** Nobody knows what has become of the disk meanwhile: its machine was switched off, or it was pulled out. */
  begin(): void {
    this.#isOn = true;
    this.#isFirstLook = true;
    this.#found.clear();
    this.#note(IN_DOUBT, 'yes');
    const latestNs = latestChangeNs(this.#records, this.#clock);
    const provenNs = toNanoseconds(this.#records.note(PROVEN_UNTIL));
    const sinceNs = provenNs === undefined || (latestNs !== undefined && latestNs < provenNs) ? latestNs : provenNs;
    this.#lookFrom(sinceNs);
    this.#noteDoubt(this.#sinceNs);
  }

  /** All is in doubt for the next run, too. @param sinceNs when the first was written of what may not have reached the disk. */
  #noteDoubt(sinceNs?: bigint): void {
    if (this.#isMachineNew || this.#wasAway) this.#note(MACHINE_IS_NEW, 'yes');
    this.#note(IN_DOUBT, 'yes');
    if (sinceNs !== undefined) this.#note(PROVEN_UNTIL, toMilliseconds(sinceNs + WRITE_BACK_NS));
  }

  /** Why the folder stops. */
  saw<Reason extends LanfoldError>(error: Reason): Reason {
    if (isAway(error)) {
      this.#wasAway = true;
      this.#note(MACHINE_IS_NEW, 'yes'); // also for the next run, if it is not back in this one
    }
    return error;
  }

  /** Nobody knows what was done to its disk meanwhile, if it was gone. */
  rootIsBack(): void {
    if (!this.#wasAway) return;
    this.#wasAway = false;
    this.#isMachineNew = true; // the disk is as good as that
    this.begin();
  }

  /** By the clock here. */
  get beganNs(): bigint {
    return this.#untilNs;
  }

  /** Not all was looked at since it began: what peers want is not judged by what stands here yet. */
  get isOn(): boolean {
    return this.#isOn;
  }

  #lookFrom(latestNs: bigint | undefined): void {
    this.#untilNs = BigInt(Math.floor(this.#clock.nowMs())) * 1_000_000n;
    this.#sinceNs = latestNs === undefined ? undefined : latestNs - WRITE_BACK_NS;
    const written = this.#sinceNs === undefined ? [] : this.#records.changedFrom(this.#sinceNs, WRITTEN_MAX);
    this.#written.set(written);
  }

  proven(look: Look): void {
    this.#written.proven(look);
  }

  hasLost(look: Look, blocksHash: Uint8Array): boolean {
    return this.#written.hasLost(look, blocksHash);
  }

  /** The folder stops properly, now. What could not be noted before may have room now; else the records make it no proper stop. */
  stopping(): void {
    this.#hasStopped = true;
    if (this.#isOn) this.#noteDoubt(this.#sinceNs);
    else if (this.#wasAway) this.#noteDoubt();
    else if (!this.#isFirstLook && !this.#noteOwed()) this.#noteDoubt(this.#leftSinceNs);
    if (this.#records.note(PROVEN_UNTIL) === undefined)
      this.#note(PROVEN_UNTIL, String(Math.floor(this.#clock.nowMs())));
  }

  /** Of all that could not be looked at. */
  get #leftSinceNs(): bigint {
    return smaller(this.#sinceNs ?? END_OF_TIME_NS, this.#owedSinceNs);
  }

  /** What could not be looked at is known by name from now on, and all else is in no doubt any more; false if it cannot be noted. */
  #noteOwed(): boolean {
    const isRecorded = (name: string): boolean => {
      const own = this.#records.local(name)?.record;
      return own !== undefined && !own.deleted && !own.invalid;
    };
    const unread = [...new Set([...this.#left, ...this.#leftToRead, ...this.#owed])];
    // Of so many only the directories count, and the records are not asked for each.
    const files = unread.length > ASKED_MAX ? unread : unread.filter(isRecorded);
    const directories = [...this.#unlisted, ...this.#unlistedToRead, ...this.#owedBelow];
    const isMany = files.length + directories.length > OWED_MAX;
    if (isMany) directories.push(...files.map(parentOf));
    const names = [...(isMany ? [] : files), ...[...new Set(directories)].map((directory) => `${directory}/`)];
    if (names.length > OWED_MAX) return false;
    const owed: Owed = {
      provenUntilMs: Number(toMilliseconds(this.#leftSinceNs + WRITE_BACK_NS)),
      names: names.sort(),
      isMachineNew: this.#isMachineNew || this.#wasMachineNew,
    };
    if (!this.#note(OWED, names.length === 0 ? undefined : JSON.stringify(owed))) return false;
    if (!this.#wasAway) this.#note(MACHINE_IS_NEW, undefined);
    // Below a directory that could not be listed deletes may still be taken back.
    if (!this.#wasAway && directories.length === 0) this.#writtenBack.advance((name, value) => this.#note(name, value));
    this.#note(IN_DOUBT, undefined);
    this.#note(PROVEN_UNTIL, undefined);
    return true;
  }

  /** False if it could not be. Records that fail are said to be broken where they are needed; and they make no proper stop. */
  #note(name: string, value: string | undefined): boolean {
    try {
      if (this.#records.note(name) !== value) this.#records.setNote(name, value);
      return true;
    } catch {
      return false;
    }
  }

  /** May the file have been damaged? */
  covers(name: string): boolean {
    return this.#isOn || this.#left.has(name) || isBelowOneOf(this.#unlisted, name) || this.#isOwed(name);
  }

  #isOwed(name: string): boolean {
    return this.#owed.has(name) || isBelowOneOf(this.#owedBelow, name);
  }

  /** May it have been, where only that it looks as before is no proof? */
  #isToRead(name: string): boolean {
    return this.#isFirstLook || this.#leftToRead.has(name) || isBelowOneOf(this.#unlistedToRead, name);
  }

  /** Is this look, which equals the recorded one, still no proof of the bytes? */
  isAbout({ name }: FileRecord, look: Look): boolean {
    // Also without a claim: a peer's version may stand here, and only its time is still to be set.
    return look.type === 'file' && this.isUnlooked(name) && this.isFresh(name, look);
  }

  /** Had this look come so shortly before the stop that it may not have reached the disk? */
  isFresh(name: string, look: Look): boolean {
    if (this.#isOwed(name) && this.#isRecent(look, this.#owedSinceNs)) return true;
    return this.#sinceNs !== undefined && this.#isRecent(look, this.#sinceNs);
  }

  /** May a power cut have taken the name, or have set it back? After a proper stop it has those alone that were written right before. */
  isAboutName({ record: { name }, look }: LocalRecord): boolean {
    return this.covers(name) || (this.#isToRead(name) && look !== undefined && this.isFresh(name, look));
  }

  /** May it have damaged what stands under the name? After a proper stop also what has another time, as somebody may have set that since. */
  mayHaveDamaged(local: LocalRecord): boolean {
    const { name } = local.record;
    return this.covers(name) || (this.lostPower(name) && this.isAboutName(local));
  }

  /** Something stands under the name: whoever takes it away from now on is no power cut. */
  found(name: string, look: Look): void {
    if (this.#found.size >= FOUND_MAX || !this.isUnlooked(name)) return;
    if (this.isFresh(name, look)) this.#found.add(name);
  }

  /**
   * May a power cut alone have taken something of what was not looked at since? Not where the machine has run on, and we were killed; and a
   * disk that was away may have been used on another computer.
   */
  lostPower(name: string): boolean {
    const isNew = this.#isMachineNew || (this.#wasMachineNew && this.#isOwed(name));
    return isNew && !this.#isLent(name);
  }

  #isLent(name: string): boolean {
    return this.#lent.has(name) || isBelowOneOf(this.#lent, name);
  }

  /** May a power cut have taken back what this record says, that it was deleted here? Not if it was long before, or the machine has run on. */
  mayHaveTakenBack({ name, sequence }: FileRecord): boolean {
    if (this.#writtenBack.has(sequence)) return false;
    return this.#isLent(name) ? this.covers(name) : this.lostPower(name) && this.isUnlooked(name);
  }

  /**
   * Has a power cut brought back what stood there before it became a directory, say? Whoever puts it there by hand changes it later. To
   * be asked of what is in doubt.
   */
  wasTakenBack(own: LocalRecord | undefined, now: Look): boolean {
    if (!isHere(own) || own.look === undefined || own.look.type === now.type) return false;
    const { record, look } = own;
    if (!this.lostPower(record.name) || !this.isFresh(record.name, look)) return false;
    return now.changedNs < look.changedNs && now.modifiedNs < look.changedNs;
  }

  /** Nobody has looked at it since the start, or since a doubt began: it may have got there at any time before. */
  isUnlooked(name: string): boolean {
    return this.covers(name) || this.#isToRead(name);
  }

  wasFound(name: string): boolean {
    return this.#found.has(name);
  }

  /** Who renames a file while the clock is behind sets the one time back, and leaves the other. */
  #isRecent({ changedNs, modifiedNs }: Look, sinceNs: bigint): boolean {
    return changedNs >= sinceNs || (modifiedNs >= sinceNs && modifiedNs <= this.#untilNs);
  }

  /** It is about to be looked at, which may be put off. `isDoubted`: also for what it went with, and not by its own name alone. */
  leave(name: string, isDoubted = this.covers(name)): void {
    if (this.#isOwed(name)) this.#owed.add(name); // its directory is about to be
    if (isDoubted) this.#left.add(name);
    else if (this.#isToRead(name)) this.#leftToRead.add(name);
  }

  /** The disk refuses to list a directory. Of one that it never let anybody list (`lost+found`), nothing is in doubt. */
  refused(directory: string): void {
    const isDoubted = this.covers(directory);
    if (!isDoubted && !this.#isToRead(directory)) return;
    if (this.#records.below(directory, '', 1).length === 0) return;
    (isDoubted ? this.#unlisted : this.#unlistedToRead).add(directory);
  }

  /** What is mounted there is away, and nobody knows what is done to it meanwhile. */
  away(name: string): void {
    if (this.#sinceNs === undefined) this.#lookFrom(latestChangeNs(this.#records, this.#clock));
    this.#unlisted.add(name);
    this.#lent.add(name);
    for (const found of this.#found) if (isBelow(found, name)) this.#found.delete(found);
  }

  /**
   * If the directory was refused before: its entries are seen now, and what is below its directories is not.
   * @param gone what was in it and is not any more: nothing in there is in doubt.
   */
  listed(directory: string, directories: readonly string[], gone: ReadonlySet<string>): void {
    for (const unlisted of [this.#unlisted, this.#unlistedToRead, this.#owedBelow]) {
      if (unlisted.delete(directory)) for (const below of directories) unlisted.add(below);
      if (gone.size === 0) continue; // of a large disk that is back, each directory comes here
      for (const name of unlisted) if (gone.has(name) || isBelowOneOf(gone, name)) unlisted.delete(name);
    }
  }

  /** Its bytes were looked at, or it is gone. */
  settle(name: string): void {
    this.#left.delete(name);
    this.#leftToRead.delete(name);
    this.#owed.delete(name);
  }

  /** It may stand there already, and the disk does not say so yet; peers may tell of newer versions before it does (SPEC E7). */
  unseen(wanted: FileRecord): void {
    if (this.#unseen.size < UNSEEN_MAX) this.#unseen.set(wanted.name, wanted);
  }

  isUnseen(name: string): boolean {
    return this.#unseen.has(name);
  }

  /** What may have been put in place before it began; once, for who sees what stands there. */
  takeUnseen(name: string): FileRecord | undefined {
    const wanted = this.#unseen.get(name);
    this.#unseen.delete(name);
    const own = this.#records.local(name)?.record;
    // It was put in place since, or something that has seen it: to take it up again would be to go back.
    const isOver = wanted !== undefined && own?.invalid === false && covers(own.version, wanted.version);
    return isOver ? undefined : wanted;
  }

  /** All files but those that are left were looked at. A walk that is over after the stop changes nothing of what the next run is told. */
  end(): void {
    if (this.#hasStopped) return;
    this.#isOn = false;
    this.#isFirstLook = false;
    this.#noteOwed();
  }
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
