/**
 * Looks at names that may have changed, and turns what it finds into records.
 *
 *   names → look → (file: is it still being written?) → hash → judge → save
 *
 * A look that changes while we hash is no look: the name waits and is looked at again. Between the judgement and the save
 * there is no await, so that no record can slip in between.
 * RACE: a user who writes in the microseconds between the second look and the save is seen by the watcher and looked at
 * again; until then the record is one change old, never wrong.
 * @module
 */
import {
  isHere,
  NO_BYTES,
  sameLook,
  type EntryType,
  type FileRecord,
  type LocalRecord,
  type Look,
} from '../../core/model/file-record.ts';
import { byName, isInternalName, normalPart } from '../../core/model/folder-path.ts';
import { damaged as asDamaged, disowned, judge, type Finding, type Sighting } from '../../core/scan/changes.ts';
import { isTrouble, type Hashed } from '../../ports/file-tree.ts';
import { Absence } from './absence.ts';
import { basisOf, isOld, type Basis } from './basis.ts';
import type { Brake } from './brake.ts';
import type { FolderContext } from './folder-context.ts';
import { markIgnored } from './ignored-names.ts';
import { letGo, listInUse } from './in-use.ts';
import { isAmong, isBeforeItsParent, orphansOf, withUnknownParents } from './names-below.ts';
import { PowerCutSigns } from './power-cut-signs.ts';
import { isOrphaned, listUnclaimed, noteDamaged } from './unclaimed.ts';
import type { Settler } from './settler.ts';

/** Names per message to the disk, and per transaction. */
const CHUNK = 500;

export class Inspector {
  readonly #context: FolderContext;
  readonly #settler: Settler;
  readonly #absence: Absence;
  readonly #signs: PowerCutSigns;

  constructor(context: FolderContext, settler: Settler, brake: Brake) {
    this.#context = context;
    this.#settler = settler;
    this.#absence = new Absence(context, settler, brake);
    this.#signs = new PowerCutSigns(context);
  }

  /** Looks at these names, records what changed, and leaves to the settler what has not come to rest. */
  async inspect(names: readonly string[]): Promise<void> {
    const { moment } = this.#settler; // what happens to a name from now on is seen by a later look
    const absent: string[] = [];
    const doubtful = new Set<string>();
    const all = withUnknownParents(this.#context.records, names);
    for (let start = 0; start < all.length; start += CHUNK) {
      await this.#inspectChunk(all.slice(start, start + CHUNK), absent, doubtful);
    }
    const { gone, lost, untold } = await this.#signs.takeLost(absent, doubtful);
    for (const name of lost) this.#settler.forget(name, moment);
    for (const name of untold) this.#settler.later(name);
    for (const name of [...gone, ...lost]) this.#context.doubt.settle(name);
    await this.#absence.record(gone);
  }

  /** Looks whether deletes that wait for a person are still gone. */
  judgeHeld(): Promise<void> {
    return this.#absence.judgeHeld();
  }

  async #inspectChunk(names: readonly string[], absent: string[], doubtful: Set<string>): Promise<void> {
    const { tree, records, problems, busy, doubt } = this.#context;
    const wanted = names.filter((name) => this.#isOurs(name));
    // What is put in place while we look makes the look old.
    for (const name of wanted) doubt.leave(name);
    const basis = basisOf(this.#context, this.#settler, wanted);
    const { moment } = basis;
    const looks = await tree.look(wanted);
    const others: { name: string; look: Look & { type: EntryType } }[] = [];
    const files: { name: string; look: Look; local: LocalRecord | undefined }[] = [];
    for (const [index, name] of wanted.entries()) {
      const look = looks[index];
      const local = records.local(name);
      if (isOld(this.#context, name, basis)) {
        this.#settler.later(name);
        continue;
      }
      if (look !== undefined && !isTrouble(look)) doubt.found(name, look);
      const orphans = orphansOf(this.#context, local, look);
      const gone = (missing: readonly string[]): void => {
        absent.push(...missing);
        if (isHere(local) && doubt.isAboutName(local)) for (const one of missing) doubtful.add(one);
      };
      if (orphans.length > 0) {
        // Peers must hear that the content is gone before they hear that the directory is something else now.
        gone(orphans);
        this.#settler.later(name);
      } else if (busy.has(name)) this.#settler.later(name);
      else if (isTrouble(look)) this.#unreadable(name, `Cannot be looked at: ${look.detail}`, moment);
      else if (look === undefined || look.type === 'other') {
        if (look === undefined) problems.clear(name);
        if (isHere(local)) {
          gone([name]);
          continue;
        }
        this.#settler.forget(name, moment);
        doubt.settle(name);
        if (doubt.takeUnseen(name) !== undefined) this.#context.pullSoon(); // a delete of it waits for that
      } else if (isHere(local) && sameLook(local.look, look) && !this.#isToHash(local.record, look)) {
        letGo(this.#context, name);
        this.#settler.forget(name, moment);
        doubt.settle(name);
      } else if (look.type === 'file') files.push({ name, look, local });
      else others.push({ name, look: { ...look, type: look.type } });
    }
    const settled = await this.#settled(files);
    const hashed = await this.#hash(settled, moment);
    const empty = { blockSize: 0, blocks: NO_BYTES };
    const found = [...others.map(({ name, look }) => ({ name, seen: { look, ...empty } })), ...hashed];
    const damaged = await this.#signs.damaged(found);
    await this.#context.mounts.refresh();
    if (found.length === 0) return;
    const [still, isOurs] = await Promise.all([this.#asFound(found), this.#context.rootIsOurs()]);
    if (!isOurs) return; // something else was looked at
    this.#record(still, damaged, basis);
    this.#signs.retell();
  }

  /** What was hashed for minutes may have been moved or removed since, and a look that found it gone has left no trace. */
  async #asFound<Name extends { name: string; seen: Sighting }>(found: readonly Name[]): Promise<Name[]> {
    const looks = await this.#context.tree.look(found.map(({ name }) => name));
    return found.filter(({ name, seen }, index) => {
      const look = looks[index];
      const isStill = !isTrouble(look) && sameLook(look, seen.look);
      if (!isStill) this.#settler.later(name);
      return isStill;
    });
  }

  /**
   * Ignored and internal names are nobody's business, nor are those on a disk that is not mounted; a record of a name that is
   * ignored from now on says so once.
   */
  #isOurs(name: string): boolean {
    if (name === '' || isInternalName(name) || normalPart(name) !== name || this.#context.mounts.isAway(name)) {
      this.#settler.forget(name);
      return false;
    }
    if (!this.#context.ignores().match(name).ignored) return true;
    markIgnored(this.#context, [name]);
    this.#context.problems.clear(name);
    this.#settler.forget(name);
    return false;
  }

  async #settled<File extends { name: string; look: Look; local: LocalRecord | undefined }>(
    files: readonly File[],
  ): Promise<(File & { isUntold: boolean })[]> {
    if (files.length === 0) return [];
    const writers = await this.#context.tree.writers(files.map((file) => file.name));
    const told = files.map((file, index) => ({ ...file, writers: writers[index] ?? 'unknown' }));
    return told.flatMap((file) => {
      const { name, look, local } = file;
      if (this.#mayBeDamaged(look, local)) return [{ ...file, isUntold: false }];
      const sizeBefore = isHere(local) ? local.record.size : 0;
      // What cannot be opened is listed as that. If it can be by then, a program may be in the middle of writing it.
      const isUntold = file.writers === 'untold';
      const known = file.writers === 'untold' ? 'unknown' : file.writers;
      const isSettled = this.#settler.isSettled(name, look, sizeBefore, known);
      if (!isSettled && file.writers === 'some') listInUse(this.#context, name, this.#settler.isLate(name));
      return isSettled ? [{ ...file, isUntold }] : [];
    });
  }

  /**
   * Its recorded time says that nobody has written to it since. To wait until it is filled again would be to wait until the
   * disk is trusted, and then to tell peers that a person has emptied it.
   */
  #mayBeDamaged(look: Look, local: LocalRecord | undefined): boolean {
    if (local?.look === undefined || local.look.modifiedNs !== look.modifiedNs) return false;
    return this.#context.doubt.mayHaveDamaged(local);
  }

  /** Also what looks as it is recorded. */
  #isToHash(own: FileRecord, look: Look): boolean {
    return this.#context.doubt.isAbout(own, look) || isOrphaned(this.#context, own);
  }

  async #hash(
    files: readonly { name: string; look: Look; local: LocalRecord | undefined; isUntold: boolean }[],
    moment: number,
  ): Promise<{ name: string; seen: Sighting }[]> {
    if (files.length === 0) return [];
    const jobs = files.map(({ name, local }) => ({
      name,
      blockSizeBefore: local?.record.blockSize || (this.#context.records.newest(name)?.blockSize ?? 0),
    }));
    const results = await this.#context.tree.hash(jobs);
    const found: { name: string; seen: Sighting }[] = [];
    for (const [index, file] of files.entries()) {
      const seen = this.#sighting(file.name, file.look, results[index], moment);
      if (seen !== undefined && file.isUntold) this.#settler.later(file.name);
      else if (seen !== undefined) found.push({ name: file.name, seen });
    }
    return found;
  }

  #sighting(name: string, look: Look, hashed: Hashed | undefined, moment: number): Sighting | undefined {
    if (hashed === undefined || isTrouble(hashed)) {
      if (hashed?.trouble === 'denied' || hashed?.trouble === 'io') {
        this.#unreadable(name, `Cannot be read: ${hashed.detail}`, moment);
      } else this.#settler.later(name);
      return undefined;
    }
    if (!sameLook(hashed.before, look) || !sameLook(hashed.before, hashed.after)) {
      this.#settler.later(name); // it moved under our eyes (SPEC S1)
      return undefined;
    }
    return { look: { ...hashed.after, type: 'file' }, blockSize: hashed.blockSize, blocks: hashed.blocks };
  }

  /** It is tried again when something happens to it, and with each sweep. */
  #unreadable(name: string, text: string, moment: number): void {
    this.#context.problems.set(name, 'unreadable', text, 'found');
    this.#settler.forget(name, moment);
  }

  #record(found: readonly { name: string; seen: Sighting }[], damaged: ReadonlySet<string>, basis: Basis): void {
    const { records, problems, doubt, digest } = this.#context;
    const saves: LocalRecord[] = [];
    const looks: { name: string; look: Look }[] = [];
    const givenUp: string[] = [];
    for (const { name, seen } of [...found].sort((a, b) => byName(a.name, b.name))) {
      if (this.#context.mounts.isAway(name)) {
        this.#settler.forget(name); // what stands there now is hidden by the disk once that is back
        continue;
      }
      const isEarly = isBeforeItsParent(this.#context, name, isAmong(saves));
      if (isEarly || this.#context.busy.has(name) || isOld(this.#context, name, basis)) {
        this.#settler.later(name);
        continue;
      }
      this.#settler.forget(name, basis.moment);
      const isUnlooked = doubt.isUnlooked(name);
      const local = records.local(name);
      const mayBeBack = local?.record.deleted === true && doubt.mayHaveTakenBack(local.record);
      doubt.settle(name);
      if (local !== undefined && damaged.has(name)) {
        saves.push({ record: asDamaged(local.record, seen), look: seen.look });
        this.#signs.remember(seen);
        givenUp.push(name);
        continue;
      }
      letGo(this.#context, name);
      const newest = records.newest(name);
      const isListed = local !== undefined && this.#context.damageList.isAsBad(local, seen);
      const placed = doubt.takeUnseen(name);
      if (placed !== undefined) this.#context.pullSoon(); // peers may have told of newer versions since
      const mine = local !== undefined && isOrphaned(this.#context, local.record) ? undefined : local;
      const judged = judge(name, mine, newest, seen, this.#context.author(name), digest, placed);
      const finding: Finding = isListed ? { found: 'same' } : judged;
      // Other permissions make neither a directory that cannot be listed better nor bytes that are damaged.
      const isAsBad = finding.found === 'same' && problems.of(name)?.reason === 'damaged';
      if (seen.look.type !== 'directory' && !isAsBad) problems.clear(name);
      if (finding.found === 'same') {
        looks.push({ name, look: seen.look });
        if (local !== undefined && local.record.version.length > 0 && !isListed) doubt.proven(seen.look);
        if (local !== undefined && listUnclaimed(this.#context, local.record)) this.#signs.remember(seen);
      } else if (finding.found === 'change') {
        const isMovedDamage = this.#signs.isMoved(local, seen);
        const isOld = isMovedDamage || this.#signs.isLeftover(finding.record, seen.look, mayBeBack);
        saves.push({ record: isOld ? disowned(finding.record) : finding.record, look: seen.look });
        if (isUnlooked && local === undefined) this.#signs.arrived(name, seen.look);
        if (isMovedDamage) givenUp.push(name);
      } else saves.push(this.#adopt(finding.record, seen.look, finding.exact));
    }
    if (looks.length > 0) records.saveLooks(looks);
    if (saves.length > 0) this.#context.save(saves);
    noteDamaged(this.#context, givenUp);
    // What has no claim gives way to what peers have, and they may have told all of it already.
    if (saves.some(({ record }) => record.version.length === 0)) this.#context.pullSoon();
  }

  /**
   * The newest version stands here already. If only its times or bits differ, it is recorded without a claim, and the
   * puller sets them and takes the version over.
   */
  #adopt(newest: FileRecord, look: Look, exact: boolean): LocalRecord {
    return { record: exact ? { ...newest, sequence: 0 } : disowned(newest), look };
  }
}
