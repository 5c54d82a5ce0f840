/**
 * Puts finished changes in place in groups: one durable write for many files, then one transaction for their records, then
 * one announcement (R1). Whatever becomes ready while a group is under way is the next group, so that a single file waits
 * for nobody and ten thousand share their fsyncs.
 * @module
 */
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import { compareVersions, NO_VERSION } from '../../core/model/version-vector.ts';
import { isTrouble, type Applied, type Change, type Trouble } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import { isBeforeItsParent } from './names-below.ts';
import { Batcher } from '../wake.ts';

/** What is true of a name once a change is in place. */
interface Outcome {
  readonly record: FileRecord;
  /** The own record of the name that the change was decided on. If it is another by now, so may be the decision. */
  readonly basis?: FileRecord | undefined;
}

export interface Commit extends Outcome {
  readonly change: Change;
  /** Of the name that a file was moved away from. */
  readonly left?: Outcome;
}

export type Committed = 'done' | Trouble;

const GROUP_MAX = 500;

export class Committer {
  readonly #context: FolderContext;
  readonly #groups: Batcher<Commit, Committed>;

  constructor(context: FolderContext) {
    this.#context = context;
    this.#groups = new Batcher(GROUP_MAX, (commits) => this.#commit(commits));
  }

  /** Resolves when the change is in place, recorded and announced, or was refused and nothing was touched. */
  commit(commit: Commit): Promise<Committed> {
    return this.#groups.add(commit);
  }

  async #commit(queued: readonly Commit[]): Promise<Committed[]> {
    const { mounts } = this.#context;
    // A disk may have been mounted since the last walk, and be gone before the next: then what is put on it looks deleted.
    await mounts.learn(queued.map(({ change }) => parentOf(change.name)));
    await mounts.refresh();
    const away = queued.filter((commit) => namesOf(commit).some((name) => mounts.isAway(name)));
    const results = new Map<Commit, Committed>();
    const fresh: Commit[] = [];
    const due = new Set<string>();
    for (const commit of queued) {
      if (away.includes(commit) || !this.#isFresh(commit)) continue;
      if (this.#isEarly(commit, due)) {
        results.set(commit, UNKNOWN_PARENT);
        continue;
      }
      due.add(commit.record.name);
      fresh.push(commit);
    }
    const committed = fresh.length === 0 ? [] : await this.#apply(fresh);
    for (const commit of away) results.set(commit, AWAY);
    for (const [index, commit] of fresh.entries()) results.set(commit, committed[index] ?? LOST);
    return queued.map((commit) => results.get(commit) ?? OUTDATED);
  }

  /**
   * Nothing that has a successor is put in place: were we to die before it is recorded, nobody would know it any more
   * (recovery.ts). Nor is a version claimed for bytes that nobody has looked at since they may have been damaged.
   */
  #isFresh({ change, left, ...arrived }: Commit): boolean {
    const { damageList, doubt, records } = this.#context;
    if (this.#isIgnored(change) || !this.#isLatest(arrived)) return false;
    if (change.change === 'attributes' && doubt.covers(change.name)) return false;
    if (left === undefined) return true;
    const leaving = records.local(left.record.name)?.record;
    // Nobody would know of its new name that the bytes are bad.
    if (leaving !== undefined && damageList.isListed(leaving)) return false;
    return this.#isLatest(left);
  }

  #isLatest({ record, basis }: Outcome): boolean {
    const { records } = this.#context;
    const now = records.local(record.name)?.record;
    const newest = records.newest(record.name);
    const standing = newest === undefined ? 'older' : compareVersions(newest.version, record.version);
    // One that came beside it and has won is a successor as well: the peer that had told of ours has taken it over, say.
    const isOutdated = standing === 'newer' || standing === 'concurrent';
    return !isOutdated && compareVersions(now?.version ?? NO_VERSION, basis?.version ?? NO_VERSION) === 'equal';
  }

  /**
   * A person may have taken a name out of the folder while its content was on its way: then it is theirs alone. Not asked of a
   * directory, which may be wanted for what is in it, nor of the name of a conflict copy.
   */
  #isIgnored(change: Change): boolean {
    if (change.change === 'directory') return false;
    const ignores = this.#context.ignores();
    const names = change.change === 'move' ? [change.name, change.from] : [change.name];
    return names.some((name) => ignores.match(name).ignored);
  }

  /** Nobody hears of what is in a directory before the directory. @param before what is told before it. */
  #isEarly({ record }: Commit, before: ReadonlySet<string>): boolean {
    return !record.deleted && isBeforeItsParent(this.#context, record.name, (parent) => before.has(parent));
  }

  /** Its directory was to be made just before, and somebody had made it. It is in place, and is found there. */
  #placedEarly(commit: Commit): Trouble {
    this.#context.doubt.unseen(commit.record); // it is no change of ours
    this.#context.suspect(namesOf(commit));
    return EARLY;
  }

  #notDone(commit: Commit, trouble: Trouble): Trouble {
    if (trouble.mayBeDone !== true) return trouble;
    for (const record of [commit.record, ...(commit.left ? [commit.left.record] : [])])
      this.#context.doubt.unseen(record);
    this.#context.suspect(namesOf(commit));
    return trouble;
  }

  async #apply(commits: readonly Commit[]): Promise<Committed[]> {
    const { tree, busy } = this.#context;
    const names = commits.flatMap(namesOf);
    busy.take(names);
    try {
      const applied = await tree.apply(commits.map((commit) => commit.change));
      const records: LocalRecord[] = [];
      const told = new Set<string>();
      const results = commits.map((commit, index): Committed => {
        const result = applied[index];
        if (result === undefined || isTrouble(result)) return this.#notDone(commit, result ?? LOST);
        if (this.#isEarly(commit, told)) return this.#placedEarly(commit);
        told.add(commit.record.name);
        records.push(...recordsOf(commit, result));
        return 'done';
      });
      if (records.length > 0) this.#context.save(records);
      return results;
    } finally {
      busy.release(names);
    }
  }
}

const OUTDATED: Trouble = { trouble: 'changed', detail: 'the record changed while the change was waiting' };
const AWAY: Trouble = { trouble: 'not-mounted', detail: 'the disk that was mounted here is not' };
/** Gone, or somebody has made it a moment ago: then it is told first. */
const UNKNOWN_PARENT: Trouble = { trouble: 'parent', detail: 'its directory is not known to be here' };
const EARLY: Trouble = { trouble: 'changed', detail: 'it is in a directory of which nobody has heard yet' };
const LOST: Trouble = { trouble: 'io', detail: 'no answer from the disk', mayBeDone: true };

function namesOf({ change }: Commit): string[] {
  if (change.change === 'move') return [change.name, change.from];
  if ('displace' in change && change.displace.to === 'set-aside') return [change.name, change.displace.name];
  return [change.name];
}

function recordsOf(commit: Commit, applied: Exclude<Applied, Trouble>): LocalRecord[] {
  const arrived = { record: { ...commit.record, sequence: 0 }, look: applied.look };
  if (commit.left === undefined) return [arrived];
  return [arrived, { record: { ...commit.left.record, sequence: 0 }, look: undefined }];
}
