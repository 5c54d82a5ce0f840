/**
 * Gives entries the normal form of their names, on disk too (SPEC N6); a name whose twin in that form exists stays, and is reported.
 *
 * Not before everybody has let go of an entry: whoever unpacks an archive or copies a tree would no longer find the directory that
 * he has just made, and make it once more, beside ours.
 * @module
 */
import { isHere, type Look } from '../../core/model/file-record.ts';
import { joinName } from '../../core/model/folder-path.ts';
import { toUtf8 } from '../../core/text.ts';
import { isTrouble, type ListedEntry, type Listing } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';

/** Who works with an entry, or with what is in it, does something to it within this time; or holds it open. */
const QUIET_MS = 5000;
/** A directory in which something is written all the time gets its name all the same. */
const PATIENCE_MS = 10 * 60_000;

export class NormalNames {
  readonly #context: FolderContext;
  readonly #askLater: (directory: string, delayMs: number) => void;
  /** Since when something in a directory waits; monotonic milliseconds. */
  readonly #waiting = new Map<string, number>();

  /** @param askLater has a directory walked again. */
  constructor(context: FolderContext, askLater: (directory: string, delayMs: number) => void) {
    this.#context = context;
    this.#askLater = askLater;
  }

  /** What is in the directory, under the names that it has by then. What still waits is left out. */
  async entriesOf(directory: string, listing: Listing): Promise<ListedEntry[]> {
    const { problems } = this.#context;
    for (const shown of listing.unusable) {
      problems.set(joinName(directory, shown), 'name-not-allowed', 'Its name is not valid UTF-8', 'found');
    }
    const entries: ListedEntry[] = [];
    const bases = new Set(listing.entries.map(({ base }) => base));
    let waits = false;
    for (const entry of listing.entries) {
      const wanted = entry.base.normalize('NFC');
      if (wanted === entry.base) {
        entries.push(entry);
        continue;
      }
      if (this.#context.ignores().match(joinName(directory, entry.base)).ignored) continue;
      if (bases.has(wanted)) this.#clashes(joinName(directory, entry.base));
      else if (await this.#mayBeRenamed(directory, entry, wanted))
        entries.push(...(await this.#renamed(directory, entry.base, wanted)));
      else waits = true;
    }
    this.#comeBack(directory, waits);
    return entries;
  }

  /** Less and less often: each time all below the directory is walked. */
  #comeBack(directory: string, waits: boolean): void {
    if (!waits) {
      this.#waiting.delete(directory);
      return;
    }
    const nowMs = this.#context.clock.monotonicMs();
    const sinceMs = this.#waiting.get(directory) ?? nowMs;
    this.#waiting.set(directory, sinceMs);
    this.#askLater(directory, Math.max(QUIET_MS, nowMs - sinceMs));
  }

  async #mayBeRenamed(directory: string, { base, look }: ListedEntry, wanted: string): Promise<boolean> {
    const { tree, clock, records } = this.#context;
    const sinceMs = this.#waiting.get(directory);
    if (sinceMs !== undefined && clock.monotonicMs() - sinceMs >= PATIENCE_MS) return true;
    const normal = joinName(directory, wanted);
    if (look === undefined || isHere(records.local(normal))) return true; // it had its normal form a moment ago
    // Some disks take all forms of a name for one: there is nothing to rename.
    const [there] = await tree.look([normal]);
    if (there !== undefined && !isTrouble(there) && there.inode === look.inode) return true;
    return this.#isAtRest(joinName(directory, base), look);
  }

  /** Nothing was done to the entry, nor to anything in it, for a while, and nobody holds a file of it open for writing. */
  async #isAtRest(name: string, look: Look): Promise<boolean> {
    const { tree } = this.#context;
    if (this.#isFresh(look)) return false;
    if (look.type === 'file') return (await tree.writers([name]))[0] !== 'some';
    const pending = look.type === 'directory' ? [name] : [];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const listing = await tree.list(next);
      if (listing === undefined || isTrouble(listing)) continue;
      const files: string[] = [];
      for (const { base, look: inside } of listing.entries) {
        if (inside === undefined) continue;
        if (this.#isFresh(inside)) return false;
        if (inside.type === 'directory') pending.push(joinName(next, base));
        else if (inside.type === 'file') files.push(joinName(next, base));
      }
      if (files.length > 0 && (await tree.writers(files)).includes('some')) return false;
    }
    return true;
  }

  /** What is far ahead of the clock has its time from another one. */
  #isFresh({ changedNs }: Look): boolean {
    return Math.abs(this.#context.clock.nowMs() - Number(changedNs / 1_000_000n)) < QUIET_MS;
  }

  async #renamed(directory: string, base: string, wanted: string): Promise<ListedEntry[]> {
    const { tree, problems } = this.#context;
    const name = joinName(directory, base);
    const renamed = await tree.normalize(directory, toUtf8(base), wanted);
    if (renamed === true) {
      const [look] = await tree.look([joinName(directory, wanted)]);
      return look === undefined || isTrouble(look) ? [] : [{ base: wanted, look }];
    }
    if (renamed === false) this.#clashes(name);
    else if (renamed.trouble !== 'absent') {
      const text = `Its name cannot be given the form that is used everywhere (Unicode NFC): ${renamed.detail}`;
      problems.set(name, 'name-not-allowed', text, 'found');
    }
    return [];
  }

  #clashes(name: string): void {
    this.#context.problems.set(name, 'name-clash', 'Another file has the same name in another Unicode form', 'found');
  }
}
