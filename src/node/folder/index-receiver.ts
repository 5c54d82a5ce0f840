/**
 * Takes what peers say of their records, and says at once what has to be said to it.
 * @module
 */
import { lacks } from '../../core/index/newest.ts';
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import { mustRevive } from '../../core/reconcile/decide.ts';
import { disowned, revival } from '../../core/scan/changes.ts';
import { isLeftover, isTheirs } from '../../core/scan/provisional.ts';
import { sleep } from '../../ports/clock.ts';
import type { PeerKey } from '../../ports/record-store.ts';
import type { FolderContext } from './folder-context.ts';

const ANSWER_LATER_MS = 100;
/** Names that are answered in one turn and one transaction. */
const ANSWERS_AT_ONCE = 500;
/** Of more names the next word of a peer is waited for. */
const UNANSWERED_MAX = 10_000;
/** Of a peer's records, per query. */
const PAGE = 2000;

export class IndexReceiver {
  readonly #context: FolderContext;
  readonly #device: bigint;
  readonly #isClosed: () => boolean;
  /** Names of which something may have to be said soon: once they are put in place, say. */
  readonly #busy = new Set<string>();
  /** The same, once it is known what stands there. */
  readonly #unanswered = new Set<string>();
  #isCaughtUp = false;

  /** @param device short ID of this device. */
  constructor(context: FolderContext, device: bigint, isClosed: () => boolean) {
    this.#context = context;
    this.#isClosed = isClosed;
    this.#device = device;
    context.onForgotten((names) => {
      for (const name of names) this.#answerLater(name);
    });
  }

  receive(peer: PeerKey, told: readonly FileRecord[], replace: boolean): void {
    this.#context.records.saveRemote(peer, told, replace);
    const answers = told.flatMap((theirs) => this.#answerTo(theirs));
    if (answers.length > 0) this.#context.save(answers);
  }

  /** All was looked at, or these: what was in doubt may be known for what it is. */
  looked(names?: readonly string[]): void {
    if (names === undefined && !this.#isCaughtUp) void this.#catchUp();
    if (names === undefined) this.#lookAtUnseen();
    const due = names?.filter((name) => this.#unanswered.has(name)) ?? [...this.#unanswered];
    if (due.length > 0) this.#answer(due);
  }

  /** A walk does not come to what is neither on the disk nor recorded. */
  #lookAtUnseen(): void {
    const { doubt, mounts } = this.#context;
    const unseen = [...this.#unanswered].filter((name) => doubt.isUnseen(name) && !mounts.isAway(name));
    if (unseen.length > 0) this.#context.suspect(unseen);
  }

  /**
   * Of what was to be answered when the last run ended nobody tells again. Where all peers have everything, nothing of the kind is
   * left; else it is looked for once, among all that they have deleted.
   */
  async #catchUp(): Promise<void> {
    const { records, clock, log } = this.#context;
    this.#isCaughtUp = true;
    try {
      for (const peer of this.#isAnyBehind() ? records.remotes() : [])
        for (let after = 0; !this.#isClosed();) {
          const page = records.deletedAt(peer, after, PAGE);
          if (page === undefined) break;
          this.#answer(page.names);
          after = page.end;
          await sleep(clock, 0);
        }
    } catch (cause) {
      log.warn({ cause: String(cause) }, 'cannot answer what peers told before');
    }
  }

  #isAnyBehind(): boolean {
    const { records } = this.#context;
    return records.remotes().some((peer) => {
      const { needItems, needDeletes } = records.completion(peer);
      return needItems + needDeletes > 0;
    });
  }

  #answerLater(name: string): void {
    const isTimed = this.#busy.size > 0;
    this.#busy.add(name);
    if (isTimed) return; // a timer for each would be one more for each word of a peer, and for each try
    this.#context.clock.after(ANSWER_LATER_MS, () => {
      const names = [...this.#busy];
      this.#busy.clear();
      this.#answer(names);
    });
  }

  /** Says of these names what there is to say by now: of some at a time, for it may be many. */
  #answer(names: readonly string[]): void {
    if (this.#isClosed()) return;
    const { records, log, clock } = this.#context;
    const rest = names.slice(ANSWERS_AT_ONCE);
    try {
      const answers = names.slice(0, ANSWERS_AT_ONCE).flatMap((name) => {
        if (this.#mustWait(name)) return [];
        const told = records.versions(name).remotes.map(({ record }) => record);
        return told.flatMap((theirs) => this.#answerTo(theirs)).slice(0, 1);
      });
      if (answers.length > 0) this.#context.save(answers);
    } catch (cause) {
      log.warn({ names: names.length, cause: String(cause) }, 'cannot answer what peers told');
      return;
    }
    if (rest.length > 0) clock.after(0, () => this.#answer(rest));
  }

  /** It is being put in place, or nobody knows yet what stands there: what is to be said depends on that. */
  #mustWait(name: string): boolean {
    const { busy, doubt, mounts, records } = this.#context;
    this.#unanswered.delete(name);
    if (busy.has(name)) this.#answerLater(name);
    else if (
      records.local(name) === undefined &&
      (doubt.isUnlooked(name) || doubt.isUnseen(name) || mounts.isAway(name))
    ) {
      if (this.#unanswered.size < UNANSWERED_MAX) this.#unanswered.add(name);
    } else return false;
    return true;
  }

  /**
   * A delete of what was never here is nothing to do, but to pass on to who still has it and cannot hear it from whoever did it:
   * of peers that are not connected with each other nobody else tells (SPEC X2). Not where a person's file may stand that was never
   * recorded: with this record it would count as one that is back from a delete (SPEC E9). Nor where the version before may be in
   * place unrecorded: it is to be deleted (SPEC E7).
   */
  #passOn(name: string): LocalRecord[] {
    const { records } = this.#context;
    if (records.remotes().length < 2) return [];
    const newest = records.newest(name);
    if (newest?.deleted !== true) return [];
    const isMissed = records.versions(name).remotes.some(({ record }) => !record.deleted && lacks(record, newest));
    return isMissed ? [{ record: { ...newest, sequence: 0 }, look: undefined }] : [];
  }

  #answerTo(theirs: FileRecord): LocalRecord[] {
    if (this.#mustWait(theirs.name)) return [];
    const local = this.#context.records.local(theirs.name);
    if (local === undefined) return this.#passOn(theirs.name);
    if (local.look === undefined) return [];
    if (this.#context.isProvisional()) {
      if (this.#context.isSetBack() && isTheirs(local.record, theirs, this.#device)) {
        return [{ record: { ...theirs, sequence: 0 }, look: local.look }];
      }
      const hash = this.#context.digest(local.record.blocks);
      if (isLeftover(local.record, local.look, theirs, hash, this.#context.author())) {
        return [{ record: disowned(local.record), look: local.look }];
      }
    }
    // Only for the version that wins: for an outdated one its successor speaks, where that is.
    if (!mustRevive(local.record, theirs) || lacks(local.record, this.#context.records.newest(theirs.name))) return [];
    return [{ record: revival(local.record, [theirs], this.#context.author(theirs.name)), look: local.look }];
  }
}
