/**
 * A person says that what is held was not meant (rules U93–U95): what is gone here comes back from the peers, and what they
 * deleted or replaced stays, with a version that has seen theirs, so that it comes back to them.
 *
 * No content is discarded: what others have instead goes into their history, as what any change displaces.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import { revival } from '../../core/scan/changes.ts';
import { counterOf } from '../../core/model/version-vector.ts';
import type { HistoryEntry } from '../../ports/file-tree.ts';
import type { NeedCursor, NeedPhase } from '../../ports/record-store.ts';
import { HELD_BY_PEERS, HELD_HERE, HELD_REPLACEMENTS, type Brake } from './brake.ts';
import type { Act } from './losses.ts';
import type { FolderContext } from './folder-context.ts';
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
  /** Names of those in the history that could not be brought back: they are listed. Where that may pass, all of it is still held. */
  readonly failed: number;
}

const REASONS = [HELD_HERE, HELD_BY_PEERS, HELD_REPLACEMENTS] as const;
const PAGE = 500;
/** The reason of a problem. */
const NOT_UNDONE = 'not-undone';
/** A person may free some space, or close a program, and say it again. For all else nothing else may wait. */
const PASSING: ReadonlySet<string> = new Set(['E_DISK_FULL', 'E_IN_USE']);

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

  /** Until all of it is done everything is held, also after a restart: then a person says it again. */
  async run(): Promise<Undone> {
    const brake = this.#brake;
    const holds = REASONS.filter((reason) => brake.isHolding(reason));
    const { fetched, lost } = holds.includes(HELD_HERE) ? await this.#fetchBack() : { fetched: 0, lost: 0 };
    const { restored, failed, later } = await this.#restore(brake.act);
    if (later > 0) return { fetched, kept: 0, restored, lost, failed: failed + later };
    const deletes = holds.includes(HELD_BY_PEERS) ? this.#keepDeleted() : 0;
    const replacements = holds.includes(HELD_REPLACEMENTS) ? this.#keepReplaced() : 0;
    brake.releaseAll();
    return { fetched, kept: deletes + replacements, restored, lost, failed };
  }

  /**
   * Forgets what is gone here and a peer has, as if it had never been here: then it is wanted like anything new. The directories
   * that went with it are found to be missing in the same way.
   */
  async #fetchBack(): Promise<{ fetched: number; lost: number }> {
    const { tree, records, mounts, busy } = this.#context;
    let fetched = 0;
    let lost = 0;
    await mounts.refresh();
    if (!(await this.#context.rootIsOurs())) return { fetched, lost };
    for (let after = ''; ;) {
      const page = records.below('', after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return { fetched, lost };
      const names = page.filter(({ look }) => look !== undefined).map(({ record }) => record.name);
      const looks = await tree.look(names);
      const gone = names.filter((name, index) => looks[index] === undefined && !mounts.holds(name) && !busy.has(name));
      const looked = new Map(page.map(({ record }) => [record.name, record.sequence]));
      const has = (name: string): boolean => {
        const own = records.local(name)?.record; // one that was put in place meanwhile is another
        const newest = records.newest(name);
        if (own === undefined || own.sequence !== looked.get(name) || newest?.deleted !== false) return false;
        return records.holders(newest).length > 0;
      };
      const back = gone.filter(has);
      lost += gone.length - back.length;
      fetched += back.length;
      if (back.length > 0) this.#context.forget(back);
      after = last.record.name;
    }
  }

  #keepDeleted(): number {
    return this.#keep('delete-file', () => true) + this.#keep('delete-directory', () => true);
  }

  #keepReplaced(): number {
    const { records } = this.#context;
    return this.#keep('file', ({ record }) => {
      const newest = records.newest(record.name);
      return newest !== undefined && this.#brake.isReplacement(record, newest);
    });
  }

  /** Of names whose newest version is not here: ours stands, in a version that has seen all others. */
  #keep(phase: NeedPhase, isMeant: (mine: LocalRecord) => boolean): number {
    const { records, busy } = this.#context;
    const meant: LocalRecord[] = [];
    for (let after: NeedCursor = { phase, name: undefined }; ;) {
      const page = records.need(after, PAGE).filter((needed) => needed.phase === phase);
      const last = page.at(-1);
      if (last === undefined) break;
      for (const { name } of page) {
        const mine = records.local(name);
        if (mine?.look !== undefined && mine.record.version.length > 0 && !busy.has(name) && isMeant(mine))
          meant.push(mine);
      }
      after = { phase, name: last.name };
    }
    // Parents before what is in them, or peers would make directories of their own.
    meant.sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
    for (let start = 0; start < meant.length; start += PAGE) {
      const part = meant.slice(start, start + PAGE);
      this.#context.save(
        part.map(({ record, look }) => {
          const others = records.versions(record.name).remotes.map((remote) => remote.record);
          return { record: revival(record, others, this.#context.author(record.name)), look };
        }),
      );
    }
    return meant.length;
  }

  /**
   * What the same hands replaced or deleted here before it was too much, as it was before the first of it: there may be more than one
   * version of theirs in between. One name that cannot be brought back keeps no other from it.
   */
  async #restore(act: Act | undefined): Promise<Record<PutBack, number>> {
    const { tree, records } = this.#context;
    const done: Record<PutBack, number> = { restored: 0, failed: 0, later: 0 };
    if (act === undefined) return done;
    for (let after = 0; ;) {
      const page = records.changesSince(after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return done;
      const hands = new Map(page.filter((own) => isOfAct(own, act)).map((own) => [own.name, own.modifiedBy]));
      for (const [name, versions] of await tree.histories([...hands.keys()])) {
        const firstMs = act.firstMs(name, hands.get(name) ?? 0n);
        const before = versions.findLast(({ atMs }) => atMs >= firstMs);
        if (before === undefined) continue; // what was new stays
        done[await this.#putBack(before)] += 1;
      }
      after = last.sequence;
    }
  }

  async #putBack(version: HistoryEntry): Promise<PutBack> {
    const { problems, log } = this.#context;
    const { name } = version;
    try {
      await this.#restorer.putBack(version, 'whatever stands there');
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

function isOfAct({ type, modifiedBy, version }: FileRecord, { hands, fromS }: Act): boolean {
  return type === 'file' && hands.has(modifiedBy) && counterOf(version, modifiedBy) >= fromS;
}
