/**
 * Brings versions back from the folder's history. What stands there now goes into the history first, so that a restore can
 * be undone; the restored file is then an ordinary change of this device.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { NO_BYTES, type Look } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import { isTrouble, type Change, type HistoryEntry } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';

export class Restorer {
  readonly #context: FolderContext;
  /** Staged files of restores that are under way. */
  #count = 0;
  readonly stages = new Set<string>();

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** Versions in the history, newest first. */
  history(name: string): Promise<HistoryEntry[]> {
    return this.#context.tree.history(name);
  }

  /**
   * Puts the newest version in the history that is not younger than `atMs` back in place. Of a directory, all that the
   * history has below it: as it was then, or, without a time, what is not there any more.
   * @throws LanfoldError `E_NOT_IN_HISTORY`, or what the disk says.
   */
  async restore(name: string, atMs?: number): Promise<HistoryEntry> {
    const entry = await this.#find(name, atMs);
    if (entry !== undefined) return await this.putBack(entry);
    const restored = await this.#restoreBelow(name, atMs);
    const newest = restored.toSorted((a, b) => b.atMs - a.atMs)[0];
    if (newest === undefined) throw new LanfoldError('E_NOT_IN_HISTORY', { subject: name });
    const size = restored.reduce((sum, { size }) => sum + size, 0);
    return { ...newest, name, type: 'directory', size, symlinkTarget: NO_BYTES };
  }

  async #find(name: string, atMs = Number.POSITIVE_INFINITY): Promise<HistoryEntry | undefined> {
    return (await this.history(name)).find((candidate) => candidate.atMs <= atMs);
  }

  /** One name that cannot be put back does not keep the others from it; the first failure is told at the end. */
  async #restoreBelow(directory: string, atMs: number | undefined): Promise<HistoryEntry[]> {
    const { tree } = this.#context;
    const restored: HistoryEntry[] = [];
    const failures: unknown[] = [];
    for (const name of await tree.historyBelow(directory)) {
      const [look] = atMs === undefined ? await tree.look([name]) : [];
      const entry = look === undefined ? await this.#find(name, atMs) : undefined;
      if (entry === undefined) continue;
      try {
        restored.push(await this.putBack(entry));
      } catch (cause) {
        failures.push(cause);
      }
    }
    if (failures.length > 0) throw failures[0];
    return restored;
  }

  /** @throws LanfoldError `E_NOT_IN_HISTORY`, or what the disk says. */
  async putBack(entry: HistoryEntry): Promise<HistoryEntry> {
    // All that one group has removed is of one time, and several may be wanted back in one millisecond.
    const stage = `restore-${entry.atMs}-${this.#context.clock.nowMs()}-${(this.#count += 1)}`;
    this.stages.add(stage);
    try {
      return await this.#put(entry, stage);
    } finally {
      this.stages.delete(stage);
    }
  }

  async #put(entry: HistoryEntry, stage: string): Promise<HistoryEntry> {
    const { tree, mounts } = this.#context;
    const { name, permissions, modifiedNs, symlinkTarget: target } = entry;
    await mounts.refresh();
    if (mounts.isAway(name))
      throw new LanfoldError('E_NOT_IN_HISTORY', { subject: name, because: 'its disk is not mounted' });
    if (entry.type === 'file') {
      const staged = await tree.stageFromHistory(entry, stage);
      if (isTrouble(staged)) throw new LanfoldError('E_NOT_IN_HISTORY', { subject: name, because: staged.detail });
    }
    const [look] = await tree.look([name]);
    const expected: Look | undefined = isTrouble(look) ? undefined : look;
    const place = { name, expected, displace: { to: 'history' } } as const;
    const change: Change =
      entry.type === 'symlink'
        ? { change: 'symlink', target, ...place }
        : { change: 'file', stage, permissions, modifiedNs, ...place };
    const parents = this.#parents(name);
    // A directory that is there refuses to be made, which is as good.
    const applied = (await tree.apply([...parents, change])).at(-1);
    if (applied === undefined || isTrouble(applied)) {
      throw new LanfoldError('E_NOT_IN_HISTORY', {
        subject: name,
        because: applied?.detail ?? 'no answer from the disk',
      });
    }
    this.#context.suspect([...parents.map((parent) => parent.name), name]);
    return entry;
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
