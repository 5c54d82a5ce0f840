/**
 * Brings versions back from the folder's history. What stands there now goes into the history first, so that a restore can
 * be undone; the restored file is then an ordinary change of this device.
 * @module
 */
import { LanfoldError } from '../core/errors.ts';
import type { Look } from '../core/model/file-record.ts';
import { parentOf } from '../core/model/folder-path.ts';
import { isTrouble, type Change, type HistoryEntry } from '../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';

export class Restorer {
  readonly #context: FolderContext;
  /** Staged files of restores that are under way. */
  readonly stages = new Set<string>();

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** Versions in the history, newest first. */
  history(name: string): Promise<HistoryEntry[]> {
    return this.#context.tree.history(name);
  }

  /**
   * Puts the newest version in the history that is not younger than `atMs` back in place.
   * @throws LanfoldError `E_NOT_IN_HISTORY`, or what the disk says.
   */
  async restore(name: string, atMs = Number.POSITIVE_INFINITY): Promise<HistoryEntry> {
    const entry = (await this.history(name)).find((candidate) => candidate.atMs <= atMs);
    if (entry === undefined) throw new LanfoldError('E_NOT_IN_HISTORY', { subject: name });
    const stage = `restore-${entry.atMs}-${this.#context.clock.nowMs()}`;
    this.stages.add(stage);
    try {
      return await this.#putBack(name, entry, stage);
    } finally {
      this.stages.delete(stage);
    }
  }

  async #putBack(name: string, entry: HistoryEntry, stage: string): Promise<HistoryEntry> {
    const { tree, mounts } = this.#context;
    await mounts.refresh();
    if (mounts.isAway(name))
      throw new LanfoldError('E_NOT_IN_HISTORY', { subject: name, because: 'its disk is not mounted' });
    const staged = await tree.stageFromHistory(entry, stage);
    if (isTrouble(staged)) throw new LanfoldError('E_NOT_IN_HISTORY', { subject: name, because: staged.detail });
    const [look] = await tree.look([name]);
    const expected: Look | undefined = isTrouble(look) ? undefined : look;
    const change: Change = {
      change: 'file',
      name,
      stage,
      permissions: entry.permissions,
      modifiedNs: entry.modifiedNs,
      expected,
      displace: { to: 'history' },
    };
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
