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
import { isTrouble, type ListedEntry, type Listing, type Writers } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import type { ScanBell } from './scan-bell.ts';

/** Who works with an entry, or with what is in it, does something to it within this time; or holds it open. */
const QUIET_MS = 5000;
/** A directory in which something is written all the time gets its name all the same. */
const PATIENCE_MS = 10 * 60_000;

/** An entry whose name is not in normal form. */
interface Misnamed extends ListedEntry {
  /** From the root, as it is and as it is to be. */
  readonly name: string;
  readonly normal: string;
  /** The last part of that. */
  readonly wanted: string;
}

export class NormalNames {
  readonly #context: FolderContext;
  readonly #bell: Pick<ScanBell, 'askLater' | 'askNoLonger'>;
  /** Since when something in a directory waits; monotonic milliseconds. */
  readonly #waiting = new Map<string, number>();

  /** @param bell has a directory walked again. */
  constructor(context: FolderContext, bell: Pick<ScanBell, 'askLater' | 'askNoLonger'>) {
    this.#context = context;
    this.#bell = bell;
  }

  /** What is in the directory, under the names that it has by then. What still waits is left out. */
  async entriesOf(directory: string, listing: Listing): Promise<ListedEntry[]> {
    const { problems } = this.#context;
    for (const shown of listing.unusable) {
      problems.set(joinName(directory, shown), 'name-not-allowed', 'Its name is not valid UTF-8', 'found');
    }
    const entries: ListedEntry[] = [];
    const others: Misnamed[] = [];
    const bases = new Set(listing.entries.map(({ base }) => base));
    for (const entry of listing.entries) {
      const wanted = entry.base.normalize('NFC');
      const name = joinName(directory, entry.base);
      if (wanted === entry.base) entries.push(entry);
      else if (this.#context.ignores().match(name).ignored) continue;
      else if (bases.has(wanted)) this.#clashes(name);
      else others.push({ ...entry, name, wanted, normal: joinName(directory, wanted) });
    }
    if (others.length === 0) {
      this.#comeBack(directory, false);
      return entries;
    }
    const ready = await this.#ready(directory, others);
    this.#comeBack(directory, ready.length < others.length);
    return [...entries, ...(await this.#renamed(directory, ready))];
  }

  /** What is made anew under the name of a directory begins to wait anew. */
  gone(directory: string): void {
    this.#comeBack(directory, false);
  }

  /** Less and less often: each time all below the directory is walked. */
  #comeBack(directory: string, waits: boolean): void {
    if (!waits) {
      if (this.#waiting.delete(directory)) this.#bell.askNoLonger(directory);
      return;
    }
    const nowMs = this.#context.clock.monotonicMs();
    const sinceMs = this.#waiting.get(directory) ?? nowMs;
    this.#waiting.set(directory, sinceMs);
    this.#bell.askLater(directory, Math.max(QUIET_MS, nowMs - sinceMs));
  }

  /** Those that may get their normal form now. */
  async #ready(directory: string, others: readonly Misnamed[]): Promise<readonly Misnamed[]> {
    const { tree, clock, records } = this.#context;
    const nowMs = clock.monotonicMs();
    const waitedMs = nowMs - (this.#waiting.get(directory) ?? nowMs);
    if (waitedMs >= PATIENCE_MS) return others;
    const there = await tree.look(others.map(({ normal }) => normal));
    const isDue = ({ look, normal }: Misnamed, index: number): boolean => {
      if (look === undefined || isHere(records.local(normal))) return true; // it had its normal form a moment ago
      // Some disks take all forms of a name for one: there is nothing to rename.
      const found = there[index];
      return found !== undefined && !isTrouble(found) && found.inode === look.inode;
    };
    const due = new Set(others.filter(isDue));
    const asked = others.filter((other) => !due.has(other));
    const resting = await this.#resting(asked, waitedMs);
    return others.filter((other) => due.has(other) || resting.has(other));
  }

  /** To whom nothing was done for a while, nor to anything in them, and of which nobody holds a file open for writing. */
  async #resting(others: readonly Misnamed[], waitedMs: number): Promise<ReadonlySet<Misnamed>> {
    const quiet = others.filter(({ look }) => look !== undefined && !this.#isFresh(look, waitedMs));
    const files = quiet.filter(({ look }) => look?.type === 'file');
    const writers = files.length === 0 ? [] : await this.#context.tree.writers(files.map(({ name }) => name));
    const resting = new Set(quiet);
    for (const [index, file] of files.entries()) if (mayBeWritten(writers[index])) resting.delete(file);
    for (const other of quiet) {
      if (other.look?.type === 'directory' && !(await this.#isAtRestBelow(other.name, waitedMs))) resting.delete(other);
    }
    return resting;
  }

  async #isAtRestBelow(directory: string, waitedMs: number): Promise<boolean> {
    const { tree } = this.#context;
    const pending = [directory];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const listing = await tree.list(next);
      if (listing === undefined || isTrouble(listing)) continue;
      const files: string[] = [];
      for (const { base, look: inside } of listing.entries) {
        if (inside === undefined) continue;
        if (this.#isFresh(inside, waitedMs)) return false;
        if (inside.type === 'directory') pending.push(joinName(next, base));
        else if (inside.type === 'file') files.push(joinName(next, base));
      }
      if (files.length > 0 && (await tree.writers(files)).some(mayBeWritten)) return false;
    }
    return true;
  }

  /** Of what is ahead of the clock, which was set back, or is not that of the disk, nobody knows when it was changed. */
  #isFresh({ changedNs }: Look, waitedMs: number): boolean {
    const agoMs = this.#context.clock.nowMs() - Number(changedNs / 1_000_000n);
    return (agoMs < 0 ? waitedMs : agoMs) < QUIET_MS;
  }

  async #renamed(directory: string, ready: readonly Misnamed[]): Promise<ListedEntry[]> {
    const { tree, problems } = this.#context;
    const done: Misnamed[] = [];
    for (const other of ready) {
      const renamed = await tree.normalize(directory, toUtf8(other.base), other.wanted);
      if (renamed === true) done.push(other);
      else if (renamed === false) this.#clashes(other.name);
      else if (renamed.trouble !== 'absent') {
        const text = `Its name cannot be given the form that is used everywhere (Unicode NFC): ${renamed.detail}`;
        problems.set(other.name, 'name-not-allowed', text, 'found');
      }
    }
    const looks = done.length === 0 ? [] : await tree.look(done.map(({ normal }) => normal));
    return done.flatMap(({ wanted: base }, index) => {
      const look = looks[index];
      return look === undefined || isTrouble(look) ? [] : [{ base, look }];
    });
  }

  #clashes(name: string): void {
    this.#context.problems.set(name, 'name-clash', 'Another file has the same name in another Unicode form', 'found');
  }
}

function mayBeWritten(writers: Writers | undefined): boolean {
  return writers === 'some' || writers === 'untold';
}
