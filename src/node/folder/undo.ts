/**
 * A person says that what is held was not meant (rules U93–U95): what is gone here comes back from the peers, and what they
 * deleted or replaced stays, with a version that has seen theirs, so that it comes back to them.
 *
 * No content is discarded: what others have instead goes into their history, as what any change displaces.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { newestOf } from '../../core/index/newest.ts';
import type { FileRecord, Look } from '../../core/model/file-record.ts';
import { revival } from '../../core/scan/changes.ts';
import { counterOf } from '../../core/model/version-vector.ts';
import { isTrouble, type HistoryEntry } from '../../ports/file-tree.ts';
import type { NeedCursor, NeedPhase } from '../../ports/record-store.ts';
import { HELD_BY_PEERS, HELD_HERE, type Brake } from './brake.ts';
import type { Stood } from './held-acts.ts';
import type { Act, Waiting } from './losses.ts';
import type { FolderContext } from './folder-context.ts';
import { inOtherForm } from './other-forms.ts';
import type { Restorer } from './restorer.ts';

export interface Undone {
  /** Names that are gone here and come back from peers. */
  readonly fetched: number;
  /** Names that peers deleted or replaced, and that stay as they are here. */
  readonly kept: number;
  /** Names that peers had replaced already, and that are as they were, out of the history. */
  readonly restored: number;
  /** Names that are gone here and that no peer is known to have: there is nothing to bring back. */
  readonly lost: number;
  /**
   * Names of those in the history that could not be brought back: they are listed. Where that may pass, all of it is still held; so it
   * is where the disk does not say of this many names whether they are gone.
   */
  readonly failed: number;
}

const PAGE = 500;
/** Disks tell times no worse than FAT. */
const GRAIN_NS = 2_000_000_000n;
/** The reason of a problem. */
const NOT_UNDONE = 'not-undone';
/**
 * A person may free some space, close a program, or mount a disk, and say it again; what was saved a moment ago is known by then. For
 * all else nothing else may wait.
 */
const PASSING: ReadonlySet<string> = new Set(['E_DISK_FULL', 'E_IN_USE', 'E_CHANGED', 'E_NOT_MOUNTED']);

/** The record of a name that is not on the disk. */
interface Gone {
  readonly name: string;
  readonly sequence: number;
}

interface Found {
  readonly gone: readonly Gone[];
  /** Names that are held, and of which the disk does not say that they are gone. */
  readonly untold: number;
}

const NOTHING_GONE: Found = { gone: [], untold: 0 };

/** How it went with one version. `later`: it may go another time. */
type PutBack = 'restored' | 'failed' | 'later';

export class Undo {
  readonly #context: FolderContext;
  readonly #brake: Brake;
  readonly #restorer: Restorer;

  constructor(context: FolderContext, brake: Brake, restorer: Restorer) {
    this.#context = context;
    this.#brake = brake;
    this.#restorer = restorer;
  }

  /**
   * Until all of it is done everything is held, also after a restart: then a person says it again. Each of its steps but that out
   * of the history is a single change of the records: what a kill or a walk would leave of so many could be few enough to pass.
   * @returns undefined when the root is away: what is gone, and what the history has, cannot be seen there, and all is still held.
   * @throws LanfoldError `E_NOT_ALL_HEARD`: what a peer has deleted, and what it still has, is not known. All is still held.
   */
  run(): Promise<Undone | undefined> {
    return this.#brake.whileUndoing(() => this.#run());
  }

  async #run(): Promise<Undone | undefined> {
    const brake = this.#brake;
    if (!(await this.#context.rootIsOurs())) return undefined;
    const found = brake.isHeld(HELD_HERE) ? await this.#gone() : NOTHING_GONE;
    this.#demandAllHeard();
    const { fetched, lost } = found.untold > 0 ? { fetched: 0, lost: 0 } : this.#fetchBack(found.gone);
    const done: Record<PutBack, number> = { restored: 0, failed: 0, later: found.untold };
    await this.#restoreGone(done);
    if (brake.act !== undefined) await this.#restore(brake.act, done);
    const { restored, failed, later } = done;
    if (!(await this.#context.rootIsOurs())) return undefined;
    if (later > 0) return { fetched, kept: 0, restored, lost, failed: failed + later };
    this.#demandAllHeard();
    // Asked only now: whoever does it went on meanwhile.
    const kept = this.#keep([...this.#deleted(), ...this.#replaced()]);
    brake.releaseAll();
    return { fetched, kept, restored, lost, failed };
  }

  #demandAllHeard(): void {
    const { id } = this.#context;
    if (!this.#context.isAllHeard()) throw new LanfoldError('E_NOT_ALL_HEARD', { subject: id });
  }

  /**
   * What is gone here. Of what is held the disk may not say whether it is: then all of it waits, or what is left would be few enough
   * to pass.
   */
  async #gone(): Promise<Found> {
    const { tree, records, mounts } = this.#context;
    const gone = new Map<string, Gone>();
    let untold = 0;
    await mounts.refresh();
    for (let after = ''; ;) {
      const page = records.below('', after, PAGE);
      const last = page.at(-1);
      if (last === undefined) break;
      const here = page.filter(({ look }) => look !== undefined).map(({ record }) => record);
      const looks = await tree.look(here.map(({ name }) => name));
      for (const [index, { name, sequence }] of here.entries()) {
        const look = looks[index];
        if (look !== undefined && !isTrouble(look)) continue;
        if (look === undefined && !mounts.holds(name)) gone.set(name, { name, sequence });
        else if (this.#mayBeHeld(name)) untold += 1;
      }
      after = last.record.name;
    }
    for (const name of await inOtherForm(tree, [...gone.keys()])) gone.delete(name);
    return { gone: [...gone.values()], untold };
  }

  /** Before it has been judged again, after a restart, nobody knows of which names it is. */
  #mayBeHeld(name: string): boolean {
    return this.#brake.heldFound?.touches(name) !== false;
  }

  /**
   * Forgets what is gone here and a peer has, as if it had never been here: then it is wanted like anything new. The directories
   * that went with it are found to be missing in the same way.
   */
  #fetchBack(gone: readonly Gone[]): { fetched: number; lost: number } {
    const { records, busy } = this.#context;
    // One that was put in place meanwhile has another record.
    const still = gone.filter(
      ({ name, sequence }) => records.local(name)?.record.sequence === sequence && !busy.has(name),
    );
    const back = still.filter(({ name }) => this.#isAtPeer(name)).map(({ name }) => name);
    if (back.length > 0) this.#context.forget(back);
    return { fetched: back.length, lost: still.length - back.length };
  }

  /** Does a peer have it, be it as it was before an edit of ours that nobody has fetched? */
  #isAtPeer(name: string): boolean {
    const others = this.#context.records.versions(name).remotes.map(({ record }) => record);
    return newestOf(others)?.deleted === false;
  }

  #deleted(): Waiting[] {
    const { act } = this.#brake;
    const isAny = this.#brake.isHeld(HELD_BY_PEERS);
    const isMeant = (_mine: FileRecord, { modifiedBy }: FileRecord): boolean =>
      isAny || act?.hands.has(modifiedBy) === true;
    const waiting = [...this.#wanted('delete-file', isMeant), ...this.#wanted('delete-directory', isMeant)];
    return isAny ? waiting : this.#brake.ofAct(waiting);
  }

  /** What others have edited meanwhile, and is still on its way, is none of it. */
  #replaced(): Waiting[] {
    const { act } = this.#brake;
    if (act === undefined) return [];
    const waiting = this.#wanted('file', (mine, newest) => {
      if (!act.hands.has(newest.modifiedBy)) return false;
      return this.#brake.isReplacement(mine, newest);
    });
    return this.#brake.ofAct(waiting);
  }

  /** Own versions that stand here and of whose names others have newer ones. */
  #wanted(phase: NeedPhase, isMeant: (mine: FileRecord, newest: FileRecord) => boolean): Waiting[] {
    const { records, busy } = this.#context;
    const found: Waiting[] = [];
    for (let after: NeedCursor = { phase, name: undefined }; ;) {
      const page = records.need(after, PAGE).filter((needed) => needed.phase === phase);
      const last = page.at(-1);
      if (last === undefined) return found;
      for (const { name } of page) {
        const mine = records.local(name);
        const newest = records.newest(name);
        if (mine?.look === undefined || mine.record.version.length === 0 || busy.has(name)) continue;
        if (newest !== undefined && isMeant(mine.record, newest)) found.push({ mine, newest });
      }
      after = { phase, name: last.name };
    }
  }

  /** Ours stands, in a version that has seen all others. */
  #keep(meant: readonly Waiting[]): number {
    const { records } = this.#context;
    if (meant.length === 0) return 0;
    // Parents before what is in them, or peers would make directories of their own.
    const inOrder = meant.toSorted((a, b) => (a.mine.record.name < b.mine.record.name ? -1 : 1));
    this.#context.save(
      inOrder.map(({ mine: { record, look } }) => {
        const others = records.versions(record.name).remotes.map((remote) => remote.record);
        return { record: revival(record, others, this.#context.author(record.name)), look };
      }),
    );
    return meant.length;
  }

  /**
   * What peers had deleted here of many at once before it was too much: what stood there then. What was moved away since is in no
   * history, and a clock that was ahead makes an older version the one that went there last.
   */
  async #restoreGone(done: Record<PutBack, number>): Promise<void> {
    const { tree } = this.#context;
    const { goneByPeers } = this.#brake;
    const names = [...goneByPeers.keys()].filter((name) => this.#isGoneByPeer(name));
    for (let start = 0; start < names.length; start += PAGE) {
      for (const [name, versions] of await tree.histories(names.slice(start, start + PAGE))) {
        const kept = versions.find((version) => isWhatStood(version, goneByPeers.get(name)));
        const isStillGone = this.#isGoneByPeer(name) && !this.#context.isPutBack(name);
        if (kept !== undefined && isStillGone) done[await this.#putBack(kept, undefined)] += 1;
      }
    }
  }

  #isGoneByPeer(name: string): boolean {
    const own = this.#context.records.local(name)?.record;
    return own?.deleted === true && !own.invalid && own.modifiedBy !== this.#context.author(name).device;
  }

  /**
   * What the same hands replaced or deleted here before it was too much, as it was before the first of it: there may be more than one
   * version of theirs in between. One name that cannot be brought back keeps no other from it.
   */
  async #restore(act: Act, done: Record<PutBack, number>): Promise<void> {
    const { tree, records } = this.#context;
    for (let after = 0; ;) {
      const page = records.changesSince(after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      const names = page.filter((own) => isOfAct(own, act)).map(({ name }) => name);
      for (const [name, versions] of await tree.histories(names)) {
        const own = records.local(name);
        // Somebody has changed it since, or it was brought back the last time that this was said.
        if (own === undefined || !isOfAct(own.record, act) || this.#context.isPutBack(name)) continue;
        const firstMs = act.firstMs(name, own.record.modifiedBy);
        const before = versions.findLast(({ atMs }) => atMs >= firstMs);
        if (before === undefined) continue; // what was new stays
        done[await this.#putBack(before, own.look)] += 1;
      }
      after = last.sequence;
    }
  }

  async #putBack(version: HistoryEntry, expected: Look | undefined): Promise<PutBack> {
    const { problems, log } = this.#context;
    const { name } = version;
    try {
      await this.#restorer.putBack(version, { expected });
      if (problems.of(name)?.reason === NOT_UNDONE) problems.clear(name);
      return 'restored';
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      problems.set(name, NOT_UNDONE, `It cannot be brought back: ${text}`, 'told');
      log.warn({ name, cause: String(cause) }, 'cannot bring back what was replaced');
      return cause instanceof LanfoldError && PASSING.has(cause.code) ? 'later' : 'failed';
    }
  }
}

/** What is ignored by now stays as it is: no record says what stands there. */
function isOfAct({ name, type, invalid, modifiedBy, version }: FileRecord, act: Act): boolean {
  return type === 'file' && !invalid && act.isOf(name, modifiedBy, counterOf(version, modifiedBy));
}

/** A copy that was made between two disks has its time as exactly as the other one can tell it. */
function isWhatStood({ size, modifiedNs }: HistoryEntry, stood: Stood | undefined): boolean {
  if (stood?.size !== size) return false;
  const apartNs = modifiedNs - stood.modifiedNs;
  return apartNs > -GRAIN_NS && apartNs < GRAIN_NS;
}
