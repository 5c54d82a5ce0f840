/**
 * Names that cannot be used on this disk, because another file has them there: one that differs in case alone, say.
 *
 * To try again costs a whole transfer. So it waits until something has changed here; and for a while, where the disk changes
 * without our records.
 * @module
 */
import { sameContent, type FileRecord, type LocalRecord } from '../../core/model/file-record.ts';
import { isBelow, isBelowOneOf, parentOf } from '../../core/model/folder-path.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

/** Longer than all is walked through once (R5): what changed unseen is found by then. */
const PATIENCE_MS = 15 * 60_000;
/** Of more names, what is spelled otherwise in a directory that is spelled otherwise counts as deleted: too many, never too few. */
const SPELLINGS_MAX = 20_000;
/** Of one name. */
const VARIANTS_MAX = 8;

/** What people are told. */
export const TAKEN_TEXT = 'Another file has the name already';

export class TakenNames {
  readonly #records: FolderRecords;
  readonly #clock: Clock;
  readonly #taken = new Map<string, { readonly ownSequence: number; readonly atMs: number }>();
  /** The same names, and those that are to be in such directories, by what the disk may take them for. */
  readonly #spellings = new Map<string, Set<string>>();
  /** Those that the disk does not give to what stands there under another spelling. */
  readonly #refused = new Set<string>();

  constructor(records: FolderRecords, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  add(name: string): void {
    this.#taken.set(name, { ownSequence: this.#records.maxSequence(), atMs: this.#clock.monotonicMs() });
    this.#spell(name);
  }

  #spell(name: string): void {
    const spellings = this.#spellings.get(folded(name)) ?? new Set();
    if (spellings.size >= VARIANTS_MAX || this.#spellings.size >= SPELLINGS_MAX) return;
    this.#spellings.set(folded(name), spellings.add(name));
  }

  /**
   * What peers call the content that is here under a name which they have deleted, and which differs in case alone: it has been
   * renamed, or a directory that it is in. Undefined if it has not.
   */
  respelling(own: FileRecord): FileRecord | undefined {
    if (this.#taken.size === 0) return undefined;
    for (let at = own.name; at !== ''; at = parentOf(at)) {
      for (const top of this.#spellings.get(folded(at)) ?? []) {
        if (top === at || !this.#taken.has(top) || this.#refused.has(top)) continue;
        if (this.#records.newest(at)?.deleted !== true) break;
        // What is in a directory goes with it, or goes; a directory that is something else now takes nothing along.
        if (at !== own.name && !this.#isDirectory(top)) continue;
        const others = [...(this.#spellings.get(folded(own.name)) ?? [])].filter((name) => isBelow(name, top));
        for (const name of [top + own.name.slice(at.length), ...others]) {
          const newest = this.#records.newest(name);
          if (newest !== undefined && !newest.deleted && sameContent(newest, own)) return newest;
        }
      }
    }
    return undefined;
  }

  #isDirectory(name: string): boolean {
    const newest = this.#records.newest(name);
    return newest?.deleted === false && newest.type === 'directory';
  }

  /** What has one of the names under another spelling, and how it is to be called. */
  respelled(): { readonly own: LocalRecord; readonly to: string }[] {
    const parents = new Set([...this.#taken.keys()].map((name) => parentOf(name)));
    return [...parents].flatMap((parent) =>
      this.#records.children(parent).flatMap((own) => {
        const to = this.respelling(own.record)?.name ?? '';
        return this.#taken.has(to) && parentOf(to) === parent ? [{ own, to }] : [];
      }),
    );
  }

  /** The disk does not give this name to what has it under another spelling. */
  refuse(name: string): void {
    this.#refused.add(name);
  }

  /** The name, or a directory that it is in, for which there is no point in trying again; undefined if there is none. */
  find(name: string): string | undefined {
    if (this.#taken.size === 0) return undefined;
    for (let at = name; at !== ''; at = parentOf(at)) {
      if (!this.#isTaken(at)) continue;
      this.#spell(name);
      return at;
    }
    return undefined;
  }

  #isTaken(name: string): boolean {
    const taken = this.#taken.get(name);
    if (taken === undefined) return false;
    const isUnchanged = taken.ownSequence === this.#records.maxSequence();
    if (isUnchanged && this.#clock.monotonicMs() - taken.atMs < PATIENCE_MS) return true;
    this.#taken.delete(name);
    return false;
  }

  /** Drops those that nobody wants any more. */
  keepOnly(isWanted: (name: string) => boolean): void {
    for (const name of this.#taken.keys()) if (!isWanted(name)) this.#taken.delete(name);
    for (const name of this.#refused) if (!this.#taken.has(name)) this.#refused.delete(name);
    const taken = new Set(this.#taken.keys());
    for (const [key, spellings] of this.#spellings) {
      for (const name of spellings) if (!taken.has(name) && !isBelowOneOf(taken, name)) spellings.delete(name);
      if (spellings.size === 0) this.#spellings.delete(key);
    }
  }
}

/** As a disk that ignores case takes a name. */
function folded(name: string): string {
  return name.toLowerCase();
}
