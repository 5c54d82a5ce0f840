/**
 * Deletes by peers that come one soon after the other, carried out or still wanted: they are judged as one act (R12), and for as long
 * as it is held nothing that comes back makes it smaller. For {@link Brake}.
 * @module
 */
import type { NeedCursor } from '../../ports/record-store.ts';
import type { BrakeContext } from './brake.ts';
import { isByGit, workTreeOf, type Trees } from './git-work.ts';
import type { HeldAct, Stood } from './held-acts.ts';
import type { TakenNames } from './taken-names.ts';
import { Twins } from './twins.ts';

export const DELETES_FREE = 50;
const PAGE = 500;

type Taken = Pick<TakenNames, 'respelling'>;

export class PeerDeletes {
  readonly #context: Pick<BrakeContext, 'records' | 'gitIndexes' | 'digest'>;
  readonly startedMs: number;
  /** So many were carried out. */
  deletes: number;
  /** Names whose content was nowhere else, with what stood there: of those that were carried out, and of those that are to go. */
  readonly gone: Map<string, Stood>;
  /** Of an act that is held: names of those that were carried out before it was. */
  readonly carriedOut: Map<string, Stood>;
  /** While it is held: names that the folder had then, with those that had gone. What is brought back makes it no larger. */
  #heldTotal: number | undefined;

  /** @param held it goes on after a restart. */
  constructor(context: Pick<BrakeContext, 'records' | 'gitIndexes' | 'digest'>, startedMs: number, held?: HeldAct) {
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
    this.#heldTotal = total;
    for (const [name, stood] of gone) if (records.local(name)?.record.deleted === true) carriedOut.set(name, stood);
    return { deletes, gone: new Map(gone), carriedOut: new Map(carriedOut), total, held: [] };
  }

  /** It may go on. */
  release(): void {
    this.#heldTotal = undefined;
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
      const page = records.need(after, PAGE).filter((needed) => needed.phase === 'delete-file');
      const last = page.at(-1);
      if (last === undefined) break;
      for (const { name } of page) {
        const { record: own, look } = records.local(name) ?? {};
        if (own === undefined || own.type !== 'file' || own.size === 0 || this.#isByGit(name, trees)) continue;
        if (!twins.hasOne(own) && taken.respelling(own) === undefined) gone.set(name, look ?? own);
      }
      after = { phase: 'delete-file', name: last.name };
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
