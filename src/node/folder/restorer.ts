/**
 * Brings versions back from the folder's history. What stands there now goes into the history first, so that a restore can
 * be undone; the restored file is then an ordinary change of this device.
 * @module
 */
import { LanfoldError, type ErrorCode } from '../../core/errors.ts';
import { NO_BYTES, type Look } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import { isTrouble, type Change, type HistoryEntry, type Trouble } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';

/** The history is walked once for so many names. */
const PAGE = 5000;

/** What a version may take the place of: a file that has another look than is expected stays. */
export type Instead = 'nothing' | 'whatever stands there' | { readonly expected: Look | undefined };

const CODES: Partial<Record<Trouble['trouble'], ErrorCode>> = {
  'disk-full': 'E_DISK_FULL',
  'in-use': 'E_IN_USE',
  changed: 'E_CHANGED',
  'name-not-allowed': 'E_NAME_NOT_ALLOWED',
  'not-mounted': 'E_NOT_MOUNTED',
};

export class Restorer {
  readonly #context: FolderContext;
  /** Staged files of restores that are under way. */
  readonly #stages = new Set<string>();
  #count = 0;
  #swept: Promise<void> = Promise.resolve();

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** Versions in the history, newest first. */
  history(name: string): Promise<HistoryEntry[]> {
    return this.#context.tree.history(name);
  }

  /**
   * Puts a version of the history back in place: the newest, or, of a time, the one that stood there until it was replaced, at
   * that time or as the first after it. Of a directory ('' for the whole folder), all that the history has below it: as it was at
   * that time, or, without one, what is not there any more. A name that was both is what it was last, or, where nothing is gone
   * below it, the file.
   * @throws LanfoldError `E_NOT_IN_HISTORY`, or what the disk says.
   */
  async restore(name: string, atMs?: number): Promise<HistoryEntry> {
    const versions = name === '' ? [] : await this.history(name);
    const entry = atMs === undefined ? versions[0] : replacedFirst(versions, atMs);
    const isDirectory = entry === undefined || (atMs === undefined && (await this.#wasDirectoryLast(entry)));
    if (!isDirectory) return await this.putBack(entry, 'whatever stands there');
    const restored = await this.#restoreBelow(name, atMs);
    const newest = restored.toSorted((a, b) => b.atMs - a.atMs)[0];
    if (newest === undefined) {
      // Of the directory that stands there nothing is gone: it is the file that is meant, or why it cannot come is to be told.
      if (entry !== undefined) return await this.putBack(entry, 'whatever stands there');
      const because = atMs === undefined ? {} : { because: 'nothing was replaced or deleted there since then' };
      throw new LanfoldError('E_NOT_IN_HISTORY', { subject: name === '' ? this.#context.id : name, ...because });
    }
    const size = restored.reduce((sum, { size }) => sum + size, 0);
    return { ...newest, name, type: 'directory', size, symlinkTarget: NO_BYTES };
  }

  /**
   * Removes what is staged, but for some, and for what is being restored. Nothing is staged for a restore meanwhile: the disk may
   * see to it only when this has long been asked for.
   */
  async sweep(keep: Iterable<string>): Promise<void> {
    const swept = this.#context.tree.unstage({ keep: new Set([...keep, ...this.#stages]) });
    this.#swept = swept.catch(() => {});
    await swept;
  }

  /** One name that cannot be put back does not keep the others from it; the first failure is told at the end. */
  async #restoreBelow(directory: string, atMs: number | undefined): Promise<HistoryEntry[]> {
    const restored: HistoryEntry[] = [];
    const failures: unknown[] = [];
    const names = await this.#context.tree.historyBelow(directory);
    for (let start = 0; start < names.length; start += PAGE) {
      const page = names.slice(start, start + PAGE);
      const entries = atMs === undefined ? await this.#gone(page) : await this.#stoodAt(page, atMs);
      for (const entry of entries) {
        try {
          restored.push(await this.putBack(entry, atMs === undefined ? 'nothing' : 'whatever stands there'));
        } catch (cause) {
          failures.push(cause);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
    return restored;
  }

  /** Was the name of a file that of a directory later on, which stands there now or of which something was kept since? */
  async #wasDirectoryLast({ name, atMs }: HistoryEntry): Promise<boolean> {
    const { tree } = this.#context;
    const names = await tree.historyBelow(name);
    if (names.length === 0) return false;
    const [look] = await tree.look([name]);
    if (look !== undefined) return !isTrouble(look) && look.type === 'directory';
    const histories = await tree.histories(names);
    return [...histories.values()].some(([newest]) => newest !== undefined && newest.atMs > atMs);
  }

  /** The newest version of each name that is not there any more. */
  async #gone(names: readonly string[]): Promise<HistoryEntry[]> {
    const looks = await this.#context.tree.look(names);
    const gone = names.filter((_, index) => looks[index] === undefined);
    const histories = await this.#context.tree.histories(gone);
    return gone.flatMap((name) => histories.get(name)?.[0] ?? []);
  }

  /**
   * What stood under each name at a time, as far as it was replaced since: what was written later was not there yet. By the times
   * of the files, which programs set and other clocks have made: what was unpacked or moved there later, with an older time, counts
   * as there, and an edit of this very device is in no history, so that of what it replaced nothing is known.
   */
  async #stoodAt(names: readonly string[], atMs: number): Promise<HistoryEntry[]> {
    const histories = await this.#context.tree.histories(names);
    const entries = names.flatMap((name) => replacedFirst(histories.get(name) ?? [], atMs) ?? []);
    return entries.filter(({ modifiedNs }) => modifiedNs <= BigInt(Math.floor(atMs)) * 1_000_000n);
  }

  /** @throws LanfoldError `E_NOT_IN_HISTORY`, or what the disk says. */
  async putBack(entry: HistoryEntry, instead: Instead): Promise<HistoryEntry> {
    // All that one group has removed is of one time, and several may be wanted back in one millisecond.
    const stage = `restore-${entry.atMs}-${this.#context.clock.nowMs()}-${(this.#count += 1)}`;
    this.#stages.add(stage);
    try {
      await this.#swept;
      await this.#put(entry, stage, instead);
      return entry;
    } catch (cause) {
      // It would take its room until the next round, which may be in a month. A disk that is gone keeps it till it is back.
      await this.#context.tree.unstage([stage]).catch(() => {});
      throw cause;
    } finally {
      this.#stages.delete(stage);
    }
  }

  async #put(entry: HistoryEntry, stage: string, instead: Instead): Promise<void> {
    const { tree, mounts } = this.#context;
    const { name, permissions, modifiedNs, symlinkTarget: target } = entry;
    await mounts.learn([parentOf(name)]);
    await mounts.refresh();
    if (mounts.isAway(name)) throw new LanfoldError('E_NOT_MOUNTED', { subject: name });
    if (entry.type === 'file') {
      const staged = await tree.stageFromHistory(entry, stage);
      if (isTrouble(staged)) throw refusal(name, staged);
    }
    const expected = await this.#expected(name, instead);
    const place = { name, expected, displace: { to: 'history' } } as const;
    const change: Change =
      entry.type === 'symlink'
        ? { change: 'symlink', target, ...place }
        : { change: 'file', stage, permissions, modifiedNs, ...place };
    const parents = this.#parents(name);
    // A directory that is there refuses to be made, which is as good.
    const applied = (await tree.apply([...parents, change])).at(-1);
    if (isTrouble(applied)) throw refusal(name, applied);
    this.#context.putBack(name);
    this.#context.suspect([...parents.map((parent) => parent.name), name]);
  }

  async #expected(name: string, instead: Instead): Promise<Look | undefined> {
    if (instead === 'nothing') return undefined;
    if (instead !== 'whatever stands there') return instead.expected;
    const [look] = await this.#context.tree.look([name]);
    return isTrouble(look) ? undefined : look;
  }

  /** Directories above a name that may be gone by now. */
  #parents(name: string): Change[] {
    const above: string[] = [];
    for (let parent = parentOf(name); parent !== ''; parent = parentOf(parent)) above.unshift(parent);
    return above.map((directory) => ({
      change: 'directory',
      name: directory,
      permissions: undefined,
      expected: undefined,
      displace: { to: 'history' },
    }));
  }
}

/** Of versions, newest first, the one that was replaced first, at a time or after it: it stood there until then. */
function replacedFirst(versions: readonly HistoryEntry[], atMs: number): HistoryEntry | undefined {
  return versions.findLast((version) => version.atMs >= atMs);
}

function refusal(name: string, { trouble, detail }: Trouble): LanfoldError {
  const code = CODES[trouble];
  if (code !== undefined) return new LanfoldError(code, { subject: name });
  const because = trouble === 'not-empty' ? 'a directory with something in it stands there now' : detail;
  return new LanfoldError('E_NOT_RESTORED', { subject: name, because });
}
