/**
 * Names that are recorded, and gone from the disk: deletes, if two looks and a root that is ours around them say so, unless they
 * wait for a person ({@link Brake}).
 * @module
 */
import { isHere, sameContent, type LocalRecord } from '../../core/model/file-record.ts';
import { byName, topmostOf } from '../../core/model/folder-path.ts';
import { deletion } from '../../core/scan/changes.ts';
import { SETTLE } from '../../core/scan/settle.ts';
import { isTrouble } from '../../ports/file-tree.ts';
import { basisOf, isOld } from './basis.ts';
import type { Brake } from './brake.ts';
import type { FolderContext } from './folder-context.ts';
import { goneByGit } from './git-work.ts';
import type { HeldNames } from './held-names.ts';
import { markIgnored } from './ignored-names.ts';
import { namesBelow } from './names-below.ts';
import { inOtherForm } from './other-forms.ts';
import { Patience } from './patience.ts';
import type { Settler } from './settler.ts';
import { Twins } from './twins.ts';

/** Deletes per transaction. */
const CHUNK = 500;

export class Absence {
  readonly #context: FolderContext;
  readonly #settler: Settler;
  readonly #brake: Brake;
  readonly #patience: Patience;

  constructor(context: FolderContext, settler: Settler, brake: Brake) {
    this.#context = context;
    this.#settler = settler;
    this.#brake = brake;
    this.#patience = new Patience(context.clock);
  }

  /** These names were not there when somebody looked. */
  async record(absent: readonly string[]): Promise<void> {
    if (absent.length === 0) return;
    const due = this.#settler.gone(absent);
    const held = new Set(due.filter((name) => this.#brake.heldFound?.touches(name)));
    const others = due.filter((name) => !held.has(name));
    if (others.length > 0) await this.#judge(others, this.#brake.heldFound === undefined);
    // A part of what waits for a person is judged with all of it, or it would get out bit by bit.
    if (held.size > 0) await this.#judge([...new Set([...held, ...(this.#brake.heldFound?.all ?? [])])], true);
  }

  /** What waits for a person may be back by now. */
  async judgeHeld(): Promise<void> {
    await this.#judge([...(this.#brake.heldFound?.all ?? [])], true);
  }

  async #judge(settled: readonly string[], isOfHeld: boolean): Promise<void> {
    // Absence is only believed in a root that is still ours: an unmounted disk deletes nothing (SPEC F2).
    if (settled.length === 0 || !(await this.#context.rootIsOurs())) return;
    // Asked before the last look: after that there is no await, or what is put in place meanwhile would be taken for gone.
    // What is held is no less of an accident for what git does later.
    const asked = settled.filter((name) => !isOfHeld || this.#brake.heldFound?.touches(name) !== true);
    const byGit = await goneByGit(this.#context, asked);
    const { moment } = this.#settler;
    const { stillGone, unknown } = await this.#stillGone(settled);
    const held = isOfHeld ? this.#brake.heldFound : undefined;
    // What is left of it may be few, but only once each of them has been seen where it was: the next walk asks again.
    if (held !== undefined && this.#isUnsure(held, new Set(settled), unknown)) {
      for (const name of settled) this.#settler.forget(name, moment);
      return;
    }
    const { records, busy } = this.#context;
    const below = topmostOf(new Set(stillGone)).flatMap((name) => namesBelow(records, name));
    const names = new Set([...stillGone, ...below]);
    const isOurs = (name: string): boolean => !busy.has(name) && !this.#context.ignores().match(name).ignored;
    const here = [...names].filter((name) => isOurs(name) && isHere(records.local(name)));
    const gone = this.#withoutUnclaimed(here);
    // A large directory that was renamed is gone before all that is in it has been found again: judged by then, the brake would
    // hold it for an accident, and peers would hear that it is gone before they hear where it is.
    if (held === undefined && this.#patience.mayWait(gone.length >= SETTLE.absentMany && this.#context.isWalking())) {
      for (const name of settled) this.#settler.later(name);
      return;
    }
    const lost = new Set(gone);
    const twins = new Twins(this.#context, (name) => !lost.has(name));
    const counting = gone.filter((name) => !byGit.has(name) && !this.#isElsewhere(name, twins));
    const others = isOfHeld ? this.#leftOtherwise(lost) : [];
    if (gone.length === 0) {
      if (held !== undefined) this.#brake.foundAgain();
    } else if (this.#brake.mayAnnounceDeletes(counting.length, gone, { isOfHeld, others })) {
      gone.sort((a, b) => byName(b, a)); // children before their directory
      for (let start = 0; start < gone.length; start += CHUNK) {
        this.#context.save(gone.slice(start, start + CHUNK).flatMap((name) => this.#deletionOf(name)));
      }
      markIgnored(this.#context, [...names]);
    }
    // Those that wait for a person do so not here: the next walk finds them anew.
    for (const name of names) this.#settler.forget(name, moment);
  }

  /** Those of what is held that are not gone any more, and not back either: they are ignored now, say, or a peer has deleted them. */
  #leftOtherwise(gone: ReadonlySet<string>): string[] {
    const { records } = this.#context;
    const ignores = this.#context.ignores();
    const isBack = (name: string): boolean => isHere(records.local(name)) && !ignores.match(name).ignored;
    return [...(this.#brake.heldFound?.all ?? [])].filter((name) => !gone.has(name) && !isBack(name));
  }

  /** Of some the disk does not say whether they are still gone, or they are being put in place, or came to it just now. */
  #isUnsure(held: HeldNames, judged: ReadonlySet<string>, unknown: readonly string[]): boolean {
    const { records, busy, doubt } = this.#context;
    const isUnknown = unknown.some((name) => isHere(records.local(name)));
    return isUnknown || [...held.all].some((name) => busy.has(name) || doubt.covers(name) || !judged.has(name));
  }

  /**
   * The disk may have been away at the first look, and back when the root was checked: only two looks around it count. And what
   * was put in place while the answer was under way is not gone. `unknown`: nobody can say of these.
   */
  async #stillGone(gone: readonly string[]): Promise<{ stillGone: string[]; unknown: string[] }> {
    const { mounts, tree } = this.#context;
    await mounts.refresh();
    const { moment } = this.#settler;
    const others = await inOtherForm(tree, gone);
    for (const name of others) this.#settler.forget(name, moment); // each walk tries to give it its normal form
    const names = gone.filter((name) => !others.has(name));
    const basis = basisOf(this.#context, this.#settler, names);
    const looks = await tree.look(names);
    const unknown: string[] = [];
    const stillGone = names.filter((name, index) => {
      const look = looks[index];
      const isGone = look === undefined || (!isTrouble(look) && look.type === 'other');
      if (mounts.holds(name)) this.#settler.forget(name);
      else if (!isGone || isOld(this.#context, name, basis)) this.#settler.later(name);
      if (isTrouble(look) || mounts.holds(name) || isOld(this.#context, name, basis)) unknown.push(name);
      return isGone && !isOld(this.#context, name, basis) && !mounts.holds(name);
    });
    return { stillGone, unknown };
  }

  /**
   * Who removes what has no claim, a damaged file say, has not seen what others have under the name: that is no delete of theirs, and
   * comes back. (A version made here would be newer than all that this device has ever made of the name.)
   */
  #withoutUnclaimed(names: readonly string[]): string[] {
    const { records, problems, damageList } = this.#context;
    const unclaimed = names.filter((name) => {
      const own = records.local(name)?.record;
      if (own?.type !== 'file') return false;
      const newest = records.newest(name);
      if (own.version.length > 0)
        return newest?.deleted === false && damageList.isListed(own) && records.holders(own).length > 0;
      return newest === undefined || (!newest.deleted && !sameContent(own, newest));
    });
    if (unclaimed.length === 0) return [...names];
    for (const name of unclaimed) {
      const own = records.local(name);
      if (own !== undefined) damageList.left(own);
      problems.clear(name);
    }
    this.#context.forget(unclaimed);
    this.#context.pullSoon();
    const forgotten = new Set(unclaimed);
    return names.filter((name) => !forgotten.has(name));
  }

  #deletionOf(name: string): LocalRecord[] {
    const { records, problems, doubt, digest } = this.#context;
    const local = records.local(name);
    if (!isHere(local)) return [];
    problems.clear(name);
    // A delete that a peer announced and that is done here already, by a crash at the right moment, is no delete of ours.
    const theirs = [records.newest(name), doubt.takeUnseen(name)].find((known) => known?.deleted === true);
    const record = theirs ?? deletion(local.record, this.#context.author(name), digest);
    return [{ record: { ...record, sequence: 0 }, look: undefined }];
  }

  /** The same content stays under another name: it was moved, not deleted. */
  #isElsewhere(name: string, twins: Twins): boolean {
    const own = this.#context.records.local(name)?.record;
    if (own === undefined || own.type !== 'file') return own?.type === 'directory';
    return twins.hasOne(own);
  }
}
