/**
 * Deletes by peers that come one soon after the other, carried out or still wanted: they are judged as one act (R12), and for as long
 * as it is held nothing that comes back makes it smaller. For {@link Brake}.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { counterOf } from '../../core/model/version-vector.ts';
import type { FolderRecords, NeedCursor } from '../../ports/record-store.ts';
import type { GitIndexes } from './git-indexes.ts';
import { isByGit, workTreeOf, type Trees } from './git-work.ts';
import type { HeldAct, Stood } from './held-acts.ts';
import type { TakenNames } from './taken-names.ts';
import { Twins } from './twins.ts';

export const DELETES_FREE = 50;
const PAGE = 500;
/** Of more names that were let go what stood there is not noted. */
const NAMES_MAX = 20_000;
/** Who moves a file makes the new one no longer before the old one is told as deleted. */
const MOVE_S = 1800n;

type Taken = Pick<TakenNames, 'respelling'>;

export interface PeerDeletesContext {
  readonly records: FolderRecords;
  readonly gitIndexes: GitIndexes;
  /** SHA-256. */
  readonly digest: (bytes: Uint8Array) => Uint8Array;
}

export class PeerDeletes {
  readonly #context: PeerDeletesContext;
  readonly startedMs: number;
  /** So many were carried out. */
  deletes: number;
  /** Names whose content was nowhere else, with what stood there: of those that were carried out, and of those that are to go. */
  readonly gone: Map<string, Stood>;
  /** Files that were let go, and, once the act is held, were carried out before it was; with what stood there. */
  readonly carriedOut: Map<string, Stood>;
  /** While it is held: names that the folder had then, with those that had gone. What is brought back makes it no larger. */
  #heldTotal: number | undefined;

  /** @param held it goes on after a restart. */
  constructor(context: PeerDeletesContext, startedMs: number, held?: HeldAct) {
    this.#context = context;
    this.startedMs = startedMs;
    this.deletes = held?.deletes ?? 0;
    this.gone = new Map(held?.gone);
    this.carriedOut = new Map(held?.carriedOut);
    this.#heldTotal = held === undefined ? undefined : (held.total ?? Number.POSITIVE_INFINITY);
  }

  /** Names of the folder, with those that have gone of the act. */
  get total(): number {
    const { local } = this.#context.records.counts();
    const total = local.files + local.directories + local.symlinks + this.deletes;
    return Math.min(total, this.#heldTotal ?? total);
  }

  /** It waits for a person from now on. */
  hold(): HeldAct {
    const { records } = this.#context;
    const { deletes, gone, carriedOut, total } = this;
    const trees: Trees = new Map();
    this.#heldTotal = total;
    for (const name of carriedOut.keys())
      if (records.local(name)?.record.deleted !== true || this.#isByGit(name, trees)) carriedOut.delete(name);
    return { deletes, gone: new Map(gone), carriedOut: new Map(carriedOut), total, held: [] };
  }

  /** They may go. Should the next of them be too many, an undo brings these back: all but what was moved, or is git's work. */
  letGo(taken: Taken): void {
    const { records } = this.#context;
    const { carriedOut } = this;
    const moved = new Twins(this.#context, (name, file) => this.#isMovedTo(name, file));
    const trees: Trees = new Map();
    this.#heldTotal = undefined;
    for (let after: NeedCursor = { phase: 'delete-file', name: undefined }; carriedOut.size < NAMES_MAX;) {
      const page = this.#toGo(after);
      const last = page.at(-1);
      if (last === undefined) return;
      for (const name of page) {
        const { record: own, look } = records.local(name) ?? {};
        if (own === undefined || own.type !== 'file' || this.#isByGit(name, trees)) continue;
        // The others that are empty are no place of it.
        const isMoved = own.size > 0 && !this.gone.has(name) && moved.hasOne(own);
        if (!isMoved && taken.respelling(own) === undefined) carriedOut.set(name, look ?? own);
      }
      after = { phase: 'delete-file', name: last };
    }
  }

  /** A copy that was there long before is none. */
  #isMovedTo(name: string, file: FileRecord): boolean {
    const { records } = this.#context;
    const here = records.newest(name);
    const gone = records.newest(file.name);
    if (here === undefined || here.deleted || gone === undefined || here.modifiedBy !== gone.modifiedBy) return false;
    return counterOf(here.version, here.modifiedBy) > counterOf(gone.version, gone.modifiedBy) - MOVE_S;
  }

  /** A page of names that peers have deleted. */
  #toGo(after: NeedCursor): string[] {
    const page = this.#context.records.need(after, PAGE);
    return page.filter(({ phase }) => phase === 'delete-file').map(({ name }) => name);
  }

  /**
   * Counts the needed deletes whose content does not stay here under another name, nor in a repository of git: a moved directory is no
   * loss. What was carried out before it was held counts also where it stands again.
   * @returns true when all of them are in working trees of git.
   */
  count(taken: Taken): boolean {
    const { records } = this.#context;
    const { gone } = this;
    const twins = new Twins(this.#context, (name) => records.newest(name)?.deleted === false);
    const trees: Trees = new Map();
    for (const name of gone.keys()) {
      if (this.#heldTotal !== undefined && this.carriedOut.has(name)) continue;
      // It has come back under another name, or the word of it, that it is git's work, came after the delete.
      if (this.#isElsewhere(name, twins, taken) || this.#isByGit(name, trees)) gone.delete(name);
    }
    let after: NeedCursor = { phase: 'delete-file', name: undefined };
    while (gone.size <= DELETES_FREE) {
      const page = this.#toGo(after);
      const last = page.at(-1);
      if (last === undefined) break;
      for (const name of page) {
        const { record: own, look } = records.local(name) ?? {};
        if (own === undefined || own.type !== 'file' || own.size === 0 || this.#isByGit(name, trees)) continue;
        if (!twins.hasOne(own) && taken.respelling(own) === undefined) gone.set(name, look ?? own);
      }
      after = { phase: 'delete-file', name: last };
    }
    return [...gone.keys()].every((name) => workTreeOf(records, name, trees) !== undefined);
  }

  #isByGit(name: string, trees: Trees): boolean {
    const { records, gitIndexes } = this.#context;
    const tree = workTreeOf(records, name, trees);
    const newest = tree === undefined ? undefined : records.newest(name);
    return tree !== undefined && newest !== undefined && isByGit(records, gitIndexes, tree, newest);
  }

  /** Is the content of this file here under a name that stays, or gets another spelling of its own? */
  #isElsewhere(name: string, twins: Twins, taken: Taken): boolean {
    const own = this.#context.records.local(name)?.record;
    if (own === undefined || own.deleted || own.type !== 'file') return false;
    return twins.hasOne(own) || taken.respelling(own) !== undefined;
  }
}
