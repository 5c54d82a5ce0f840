/**
 * Renames what peers have renamed in case alone, where the disk ignores case: it stands in the way of its own new name. A directory
 * is renamed with all that is in it, so that nothing of it is gone for a while, nor fetched, and what is ignored or of this computer
 * alone comes along.
 *
 * Only once all in it that is recorded here is to be in it under the new name, with the content that it has: what is not is deleted or
 * replaced first, and judged as such. Were we to die between the rename and its records, the next walk would find what peers have told.
 * @module
 */
import { isHere, sameContent, type LocalRecord } from '../../core/model/file-record.ts';
import { baseName, isBelowOneOf, joinName, parentOf } from '../../core/model/folder-path.ts';
import { decide } from '../../core/reconcile/decide.ts';
import { disowned, sameAttributes } from '../../core/scan/changes.ts';
import { isTrouble, type Applied, type Change } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import { markIgnored } from './ignored-names.ts';
import { namesBelow } from './names-below.ts';
import type { TakenNames } from './taken-names.ts';

/** From each old name to the new one, directories before what is in them. */
type Names = ReadonlyMap<string, string>;

export class Respelling {
  readonly #context: FolderContext;
  readonly #taken: TakenNames;

  constructor(context: FolderContext, taken: TakenNames) {
    this.#context = context;
    this.#taken = taken;
  }

  /** @returns true when something was renamed. */
  async run(): Promise<boolean> {
    if (this.#context.records.counts().need.deletes === 0) return false;
    let isAny = false;
    for (const { own, to } of this.#taken.respelled()) if (await this.#rename(own, to)) isAny = true;
    return isAny;
  }

  async #rename({ record: { name: from } }: LocalRecord, to: string): Promise<boolean> {
    const { tree, busy, mounts } = this.#context;
    const names = this.#namesIn(from, to);
    if (names === undefined) return false;
    if (mounts.hasIn(from)) {
      this.#taken.refuse(to); // the disk in it is known by its name
      return false;
    }
    const changes = [...names].flatMap(([old, name]) => this.#changeOf(old, name));
    const taken = [...names].flat();
    busy.take(taken);
    try {
      const applied = await tree.apply(changes);
      const [first] = applied;
      // What has just been changed is looked at anew; all else stays, and is judged as a loss.
      if (isTrouble(first) && first.trouble === 'changed') this.#context.suspect([from]);
      else if (isTrouble(first)) this.#taken.refuse(to);
      if (first === undefined || isTrouble(first)) return false;
      markIgnored(this.#context, namesBelow(this.#context.records, from)); // it has come along
      this.#record(names, changes, applied);
      return true;
    } finally {
      busy.release(taken);
    }
  }

  /** Undefined if not all of it may be renamed: not yet, or, if it is refused, not at all. */
  #namesIn(from: string, to: string): Names | undefined {
    const { records, mounts, damageList } = this.#context;
    const rules = this.#context.ignores();
    if (mounts.isAway(from)) return undefined;
    const names = new Map<string, string>();
    for (const old of [from, ...namesBelow(records, from)]) {
      const own = records.local(old);
      if (!isHere(own) || rules.match(old).ignored) continue;
      const name = this.#newNameOf(own);
      // Damage has to be fetched whole, and what is ignored under its new name is to go.
      if (damageList.isListed(own.record) || (name !== undefined && rules.match(name).ignored)) {
        this.#taken.refuse(to);
        return undefined;
      }
      if (name === undefined || (old === from ? name !== to : names.get(parentOf(old)) !== parentOf(name)))
        return undefined;
      names.set(old, name);
    }
    return names.size === 0 ? undefined : names;
  }

  #newNameOf({ record, look }: LocalRecord): string | undefined {
    const { records, digest } = this.#context;
    const left = records.newest(record.name);
    if (look === undefined || left === undefined) return undefined;
    if (decide(record, left, [], digest, this.#context.author()) !== 'delete') return undefined;
    return this.#taken.respelling(record)?.name;
  }

  /** Of what is in a directory only what has another name there is renamed by itself: in the directory as it is called by then. */
  #changeOf(old: string, name: string): Change[] {
    const look = this.#context.records.local(old)?.look;
    const isTop = parentOf(old) === parentOf(name);
    if (look === undefined || (!isTop && baseName(old) === baseName(name))) return [];
    const from = joinName(parentOf(name), baseName(old));
    const { modifiedNs } = look;
    return [{ change: 'move', from, name, expectedFrom: look, permissions: undefined, modifiedNs }];
  }

  #record(names: Names, changes: readonly Change[], applied: readonly Applied[]): void {
    const { records } = this.#context;
    const arrived: LocalRecord[] = [];
    const left: LocalRecord[] = [];
    const results = new Map(changes.map(({ name }, index) => [name, applied[index]]));
    const failed = new Set(changes.map(({ name }) => name).filter((name) => isTrouble(results.get(name))));
    for (const [old, name] of names) {
      const own = records.local(old);
      const [newest, gone] = [records.newest(name), records.newest(old)];
      // What could not be renamed is found where it is, and so is what peers want no more.
      if (failed.has(name) || isBelowOneOf(failed, name) || own === undefined) continue;
      if (newest === undefined || !sameContent(newest, own.record) || gone?.deleted !== true) continue;
      const result = results.get(name);
      const look = result === undefined || isTrouble(result) ? own.look : result.look;
      const isExact = sameAttributes(newest, own.record);
      arrived.push({ record: isExact ? { ...newest, sequence: 0 } : disowned(newest), look });
      left.push({ record: { ...gone, sequence: 0 }, look: undefined });
    }
    this.#context.save([...arrived, ...left.reverse()]);
  }
}
