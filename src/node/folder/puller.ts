/**
 * Brings the folder to the newest versions that peers announced.
 *
 *   round:  directories → files and symlinks → deletes of files → deletes of directories, the deepest first
 *   name:   records → decide → (fetch the content into a staged file) → commit
 *
 * A name that cannot be done is left with a reason, and the round goes on: one bad file never stops the others. Nothing is
 * replaced but what the records know: if the disk shows anything else, the name is looked at and decided anew.
 * @module
 */
import { sameContent, type FileRecord, type LocalRecord } from '../../core/model/file-record.ts';
import { lacks } from '../../core/index/newest.ts';
import { conflictName } from '../../core/reconcile/conflict-name.ts';
import { decide, type Decision } from '../../core/reconcile/decide.ts';
import { ignoredRecord, revival } from '../../core/scan/changes.ts';
import { sleep } from '../../ports/clock.ts';
import { isTrouble, type Change, type Displace, type Trouble } from '../../ports/file-tree.ts';
import type { NeedCursor, NeedPhase, PeerKey, Versions } from '../../ports/record-store.ts';
import type { Brake } from './brake.ts';
import { Committer } from './committer.ts';
import type { DiskRoom } from './disk-room.ts';
import { Directories, type Handled } from './directories.ts';
import { attributesOf, FULL_TEXT, hasSameBytes, installation, sentence, STAGED_REMOVED_TEXT } from './placing.ts';
import { Patience } from './patience.ts';
import { Fetcher, type InFlight } from './fetcher.ts';
import type { FolderContext } from './folder-context.ts';
import type { Sources } from '../peer/sources.ts';
import { News } from './news.ts';
import { Respelling } from './respelling.ts';
import { TAKEN_TEXT, TakenNames } from './taken-names.ts';
import { Batcher, Budget } from '../wake.ts';

export interface Round {
  /** Names that were brought up to date. */
  readonly done: number;
  /** Another round at once is worth it. */
  readonly again: boolean;
  /** Names that wait for something. */
  readonly left: number;
}

interface Tally {
  done: number;
  again: boolean;
  readonly left: Set<string>;
  /** Nothing more has room here: of the other names nobody has asked what is to be done. */
  isFull: boolean;
}

/** In what a name is handled. */
interface Work {
  readonly phase: NeedPhase;
  readonly signal: AbortSignal;
  /** Beside the round: see {@link News}. */
  readonly isNews: boolean;
}

const PAGE = 200;
/** Names in work at the same time: two groups of the committer. Each is small, their bytes are bounded by the budget. */
const NAMES_AT_ONCE = 1000;
/** News so small are here in a moment on any LAN. What is larger waits its turn. */
const NEWS_BYTES_MAX = 32 * 1024 * 1024;
const CONFLICT_NAMES_MAX = 20;
const TWINS_MAX = 4;
const PHASES: readonly NeedPhase[] = ['directory', 'file', 'delete-file', 'delete-directory'];

export class Puller {
  readonly #context: FolderContext;
  readonly #brake: Brake;
  readonly #fetcher: Fetcher;
  readonly #room: DiskRoom;
  readonly #committer: Committer;
  readonly #directories: Directories;
  readonly #saves: Batcher<LocalRecord, undefined>;
  readonly #patience: Patience;
  readonly #taken: TakenNames;
  readonly #respelling: Respelling;
  readonly #inWork = new Set<string>();
  readonly #news = new News((name) => this.#inWork.has(name));

  constructor(context: FolderContext, sources: Sources, inFlight: InFlight, brake: Brake, room: DiskRoom) {
    this.#context = context;
    this.#brake = brake;
    this.#patience = new Patience(context.clock);
    this.#room = room;
    this.#fetcher = new Fetcher(context, sources, inFlight, room);
    this.#committer = new Committer(context);
    this.#taken = new TakenNames(context.records, context.clock);
    this.#respelling = new Respelling(context, this.#taken);
    this.#directories = new Directories(context, this.#committer, this.#taken);
    this.#saves = new Batcher(PAGE, (records) => {
      // RACE: what waited here as ignored may be wanted by now, and would stay unwanted for ever.
      const rules = context.ignores();
      context.save(records.filter(({ record }) => !record.invalid || rules.match(record.name).ignored));
      return Promise.resolve(records.map(() => undefined));
    });
  }

  /** Staged files that are of use after a restart: those of the names that come first. */
  stagesWorthKeeping(): ReadonlySet<string> {
    const { records } = this.#context;
    const page = records.need({ phase: 'file', name: undefined }, NAMES_AT_ONCE);
    const wanted = page.flatMap(({ name }) => records.newest(name) ?? []);
    return new Set(wanted.map((record) => this.#fetcher.stageName(record)));
  }

  /** Drops the problems of names that nobody wants any more. */
  forgetProblems(): void {
    const { records, problems } = this.#context;
    const isWanted = (name: string): boolean => lacks(records.local(name)?.record, records.newest(name));
    problems.clearUnwanted(isWanted);
    this.#taken.keepOnly(isWanted);
  }

  /** A peer has told of these. */
  hear(peer: PeerKey, told: readonly FileRecord[]): void {
    this.#news.hear(peer, told);
  }

  async round(signal: AbortSignal): Promise<Round> {
    const total: Tally = { done: 0, again: false, left: new Set(), isFull: false };
    let isLater = false;
    let isWhole = true;
    await this.#context.mounts.refresh();
    this.#brake.beginRound();
    for (const phase of PHASES) {
      if (phase !== 'directory' && (await this.#respelling.run())) total.again = true;
      isWhole = phase !== 'delete-file' || !this.#isMoreToCome(total);
      if (!isWhole) break;
      // Of deletes no more than are judged now: those that peers tell meanwhile are for the next round (R12).
      const judged = phase === 'delete-file' ? this.#context.records.counts().need.deletes : undefined;
      const mayDelete = phase !== 'delete-file' || this.#brake.mayPullDeletes(this.#taken);
      isLater ||= mayDelete === 'later';
      isWhole = mayDelete === true;
      if (!isWhole) break;
      const doneBefore = total.done;
      await this.#phase(phase, total, signal, judged);
      if (phase.startsWith('delete')) this.#brake.pulledDeletes(total.done - doneBefore);
    }
    if (!signal.aborted) this.#brake.endRound(isWhole && !total.isFull);
    const { done, again, left } = total;
    return { done, again, left: left.size + (isLater ? 1 : 0) };
  }

  /**
   * Have peers told of more to fetch than this round knew? Then deletes wait for the next one, which comes at once: a directory
   * that was renamed would else be judged by the half of it that is here, and what is still to be moved be gone.
   */
  #isMoreToCome(total: Tally): boolean {
    const { items, deletes } = this.#context.records.counts().need;
    const isMore = this.#patience.mayWait(deletes > 0 && total.done > 0 && items > total.left.size);
    if (isMore) total.again = true;
    return isMore;
  }

  /**
   * Handles the names of one phase, many at the same time and each as soon as there is room for it; among files also what peers tell
   * meanwhile, beside them.
   */
  async #phase(phase: NeedPhase, total: Tally, signal: AbortSignal, namesMax?: number): Promise<void> {
    const slots = new Budget(NAMES_AT_ONCE);
    const failures: unknown[] = [];
    const pull = (name: string, isNews: boolean): Promise<Handled | undefined> =>
      this.#tally(name, { phase, signal, isNews }, total).catch((cause: unknown) => void failures.push(cause));
    if (phase === 'file') this.#news.open((name) => pull(name, true));
    try {
      let room = namesMax ?? Number.POSITIVE_INFINITY;
      for (let after: NeedCursor = { phase, name: undefined }; !signal.aborted && failures.length === 0;) {
        const read = this.#context.records.need(after, PAGE).filter((needed) => needed.phase === phase);
        const page = read.slice(0, room);
        room -= page.length;
        const last = page.at(-1);
        if (last === undefined) break;
        if (phase === 'file' && !(await this.#room.hasAny())) {
          total.isFull = true;
          for (const { name } of page) {
            total.left.add(name); // and so do all that follow: none of them fits
            this.#leave(name, 'disk-full', FULL_TEXT);
          }
          break;
        }
        for (const { name } of page) {
          await slots.take(1);
          void pull(name, false).finally(() => slots.give(1));
        }
        after = { phase, name: last.name };
        // Names that nobody can give are done without any wait: a hundred thousand of them would hold up everybody else (R19).
        if (page.length === PAGE) await sleep(this.#context.clock, 0);
      }
    } finally {
      await slots.take(NAMES_AT_ONCE); // all are back
      await this.#news.close();
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Is it wanted, and nothing that others would have to wait for? A delete is judged first, with the others. */
  #isNews(name: string): boolean {
    const { records } = this.#context;
    const newest = records.newest(name);
    if (newest === undefined || newest.deleted || newest.size > NEWS_BYTES_MAX) return false;
    return lacks(records.local(name)?.record, newest);
  }

  async #tally(name: string, work: Work, total: Tally): Promise<Handled | undefined> {
    if (this.#inWork.has(name)) return undefined; // as news, or with the page that it was read with
    if (work.isNews && !this.#isNews(name)) return undefined;
    this.#inWork.add(name);
    try {
      const handled = work.signal.aborted ? 'left' : await this.#handle(name, work);
      total.left.delete(name); // it may have been left a moment before
      if (handled === 'done') total.done += 1;
      else if (handled === 'again') total.again = true;
      else total.left.add(name);
      return handled;
    } finally {
      this.#inWork.delete(name);
      this.#news.next();
    }
  }

  async #handle(name: string, work: Work): Promise<Handled> {
    const { records, problems, mounts } = this.#context;
    const [versions, newest] = [records.versions(name), records.newest(name)];
    if (newest === undefined) return 'done';
    const isAway = mounts.isAway(name); // the mount point is listed as a problem
    if (!isAway && this.#context.ignores().match(name).ignored) {
      await this.#saves.add({ record: ignoredRecord(newest), look: undefined });
      problems.clear(name);
      return 'done';
    }
    const mine = versions.local?.record;
    const decision = decide(
      mine,
      newest,
      versions.remotes.map((remote) => remote.record),
      this.#context.digest,
      this.#context.author(),
    );
    // A peer has deleted it since its name was read: that is judged with the other deletes (R12).
    if (decision === 'delete' && (work.phase === 'directory' || work.phase === 'file')) return 'again';
    const taken = decision === 'nothing' || isAway ? undefined : this.#taken.find(name);
    // Said again: that it is not there may have been seen since, which ends what was listed of it.
    if (taken !== undefined && taken !== name) problems.clear(name); // it waits with its directory, whatever kept it before
    if (taken !== undefined) return this.#leave(taken, 'exists', TAKEN_TEXT);
    if (decision === 'delete' && mine !== undefined && this.#taken.respelling(mine) !== undefined) return 'left';
    const isLoss = decision === 'install' || decision === 'delete';
    const giveBack = isLoss ? this.#brake.mayReplace(mine, newest) : () => {};
    if (giveBack === undefined) return 'left'; // also on a disk that is away: the act that it is of goes on to be held
    const handled = isAway ? 'left' : await this.#carryOut(decision, newest, versions, work);
    if (handled === 'done') problems.clear(name);
    else giveBack();
    return handled;
  }

  async #carryOut(decision: Decision, newest: FileRecord, versions: Versions, work: Work): Promise<Handled> {
    const { local } = versions;
    switch (decision) {
      case 'nothing':
        return 'done';
      case 'record':
        if (this.#mayStand(newest.name)) return 'left';
        await this.#saves.add({ record: { ...newest, sequence: 0 }, look: undefined });
        return 'done';
      case 'revive':
        if (local !== undefined) {
          const record = revival(local.record, [newest], this.#context.author(newest.name));
          await this.#saves.add({ record, look: local.look });
        }
        return 'done';
      case 'attributes':
        if (newest.type === 'symlink') {
          await this.#saves.add({ record: { ...newest, sequence: 0 }, look: local?.look });
          return 'done';
        }
        return this.#commit(newest, versions, attributesOf(newest, local));
      case 'delete':
        return this.#commit(newest, versions, {
          change: 'delete',
          name: newest.name,
          expected: local?.look,
          displace: { to: 'history' },
        });
      case 'install':
        return this.#install(newest, versions, () => ({ to: 'history' }), work);
      case 'install-beside':
        if (await hasSameBytes(this.#context.tree, newest, local))
          return this.#commit(newest, versions, attributesOf(newest, local));
        return this.#install(newest, versions, (attempt) => this.#beside(local, attempt), work);
    }
  }

  /** The version before may be in place, and not be recorded yet: a delete is carried out, once it was looked at (SPEC E7). */
  #mayStand(name: string): boolean {
    if (!this.#context.doubt.isUnseen(name)) return false;
    this.#context.suspect([name]);
    return true;
  }

  async #install(
    newest: FileRecord,
    versions: Versions,
    displaceAt: (attempt: number) => Displace,
    { signal, isNews }: Work,
  ): Promise<Handled> {
    let stage = '';
    if (newest.type === 'file') {
      if (await this.#moveHere(newest, versions)) return 'done';
      const fetched = await this.#fetcher.fetch(newest, versions.local?.record, signal, isNews ? 'news' : 'round');
      if (fetched === 'no-source') return this.#leave(newest.name, 'no-source', 'No connected computer has it yet');
      if (isTrouble(fetched)) {
        if (fetched.trouble === 'absent') return this.#leave(newest.name, 'staged-removed', STAGED_REMOVED_TEXT);
        // Half a file of ours must not be what keeps the disk full for everybody else.
        if (fetched.trouble === 'disk-full') await this.#context.tree.unstage([this.#fetcher.stageName(newest)]);
        return this.#leaveTrouble(newest.name, fetched);
      }
      ({ stage } = fetched);
    }
    for (let attempt = 1; attempt <= CONFLICT_NAMES_MAX; attempt += 1) {
      const displace = displaceAt(attempt);
      const change = installation(newest, versions.local, stage, displace);
      const result = await this.#committer.commit({ change, record: newest, basis: versions.local?.record });
      if (isTrouble(result) && result.trouble === 'exists' && displace.to === 'set-aside') continue;
      if (displace.to === 'set-aside') this.#context.suspect([displace.name]);
      return this.#after(result, newest, versions);
    }
    return this.#leave(newest.name, 'conflict-names', 'Too many conflict copies of it lie here already');
  }

  /**
   * Where the loser goes. Another device that had it too may have made the same copy already (SPEC M10); it may even have
   * arrived in the group that found its name taken.
   */
  #beside(local: LocalRecord | undefined, attempt: number): Displace {
    if (local === undefined) return { to: 'history' };
    for (let at = 1; at <= attempt; at += 1) {
      const there = this.#context.records.local(conflictName(local.record, at))?.record;
      if (there !== undefined && !there.invalid && sameContent(there, local.record)) return { to: 'history' };
    }
    return { to: 'set-aside', name: conflictName(local.record, attempt) };
  }

  /**
   * The same content stands under a name that peers have deleted: it was renamed, and so it is here, without a copy.
   * @returns false when there is no such file, or it is not as it was: then the content is put together anew.
   */
  async #moveHere(newest: FileRecord, { local }: Versions): Promise<boolean> {
    if (local?.look !== undefined || newest.size === 0) return false;
    const { records, digest, damageList } = this.#context;
    const author = this.#context.author();
    for (const twin of records.filesWithBlocks(newest.blocks, newest.blockSize, TWINS_MAX)) {
      const left = records.newest(twin.record.name);
      if (damageList.isListed(twin.record)) continue;
      if (left?.deleted !== true || decide(twin.record, left, [], digest, author) !== 'delete') continue;
      const { name, modifiedNs } = newest;
      const permissions = newest.noPermissions ? undefined : newest.permissions;
      const from = { from: twin.record.name, expectedFrom: twin.look };
      const change: Change = { change: 'move', name, ...from, permissions, modifiedNs };
      const commit = { change, record: newest, basis: local?.record, left: { record: left, basis: twin.record } };
      if ((await this.#committer.commit(commit)) === 'done') return true;
    }
    return false;
  }

  async #commit(record: FileRecord, versions: Versions, change: Change): Promise<Handled> {
    const committed = await this.#committer.commit({ change, record, basis: versions.local?.record });
    return this.#after(committed, record, versions);
  }

  async #after(result: 'done' | Trouble, newest: FileRecord, versions: Versions): Promise<Handled> {
    if (!isTrouble(result)) return 'done';
    switch (result.trouble) {
      case 'changed':
      case 'absent':
      case 'wrong-content':
        this.#context.suspect([newest.name]);
        return 'left';
      case 'parent':
        if (!newest.deleted) return this.#directories.makeParents(newest.name);
        this.#context.suspect([newest.name]); // gone with what it was in
        return 'left';
      case 'not-empty':
        return this.#directories.clear(newest.name, versions);
      default:
        return this.#leaveTrouble(newest.name, result);
    }
  }

  #leave(name: string, reason: string, text: string): Handled {
    // That what is here is damaged says more than that nobody can give the good one just now.
    if (reason === 'no-source' && this.#context.problems.of(name)?.reason === 'damaged') return 'left';
    this.#context.problems.set(name, reason, text, 'wanted');
    return 'left';
  }

  #leaveTrouble(name: string, trouble: Trouble): Handled {
    if (trouble.trouble === 'exists') this.#taken.add(name);
    return this.#leave(name, trouble.trouble, sentence(trouble));
  }
}
