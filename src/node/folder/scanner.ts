/**
 * Walks the folder and holds it against the records: what is new, what differs, what is gone. The net under the watcher,
 * and the first thing that happens (seed: checkForSelfUpdates).
 *
 * One directory at a time, so that a folder of any size fits; only names that differ are looked at closer.
 * @module
 */
import { sameLook } from '../../core/model/file-record.ts';
import { isInternalName, joinName, unfinishedCopyId } from '../../core/model/folder-path.ts';
import { isTrouble, type ListedEntry, type Listing } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import { NormalNames } from './normal-names.ts';
import type { ScanBell } from './scan-bell.ts';
import { isOrphaned, listUnclaimed } from './unclaimed.ts';

/** Names that are looked at closer together. */
const CANDIDATES_MAX = 1000;
/** What has an unfinished copy's name and is older was left by a kill, on whatever computer, and not made a moment ago. */
const UNFINISHED_MS = 24 * 3_600_000;

export class Scanner {
  readonly #context: FolderContext;
  readonly #names: NormalNames;
  readonly #inspect: (names: readonly string[]) => Promise<void>;

  constructor(context: FolderContext, inspect: (names: readonly string[]) => Promise<void>, bell: ScanBell) {
    this.#context = context;
    this.#names = new NormalNames(context, bell);
    this.#inspect = inspect;
  }

  /**
   * Scans everything below `directory` ('' for all). Resolves when all that had come to rest is recorded.
   * @returns true when nothing that is recorded there was missing.
   */
  async scan(directory: string, signal: AbortSignal): Promise<boolean> {
    const { mounts } = this.#context;
    await mounts.refresh();
    await mounts.learn([directory]);
    if (mounts.isAway(directory)) return true;
    const endScan = this.#context.problems.beginScan(directory);
    const missing = await this.#walk([directory], signal);
    // Somebody may have made a directory again before it was looked at closer: of what was in it nobody has seen yet that it is gone.
    const wasDirectory = (name: string): boolean => this.#context.records.local(name)?.record.type === 'directory';
    const again = missing.filter((name) => name !== '' && wasDirectory(name));
    await this.#walk(again, signal, 'if there');
    if (signal.aborted) return false;
    endScan();
    await this.#context.gitIndexes.read();
    return missing.length === 0;
  }

  /** @returns names that are recorded, and were not there when their directories were listed. */
  async #walk(directories: readonly string[], signal: AbortSignal, how?: 'if there'): Promise<readonly string[]> {
    const candidates: string[] = [];
    const missing: string[] = [];
    const pending = [...directories];
    for (let next = pending.pop(); next !== undefined && !signal.aborted; next = pending.pop()) {
      const listing = await this.#context.tree.list(next);
      if (isTrouble(listing)) {
        this.#context.problems.set(next, 'unreadable', `Cannot be listed: ${listing.detail}`, 'found');
        this.#context.doubt.refused(next);
        continue; // an error is not absence: what is known below stays as it is
      }
      if (listing === undefined) {
        if (how === 'if there') continue;
        missing.push(next);
        this.#names.gone(next);
        continue;
      }
      await this.#removeUnfinished(next, listing);
      this.#compare(next, await this.#names.entriesOf(next, listing), candidates, missing, pending);
      if (candidates.length >= CANDIDATES_MAX) await this.#inspect(candidates.splice(0));
    }
    if (signal.aborted) return missing;
    // What appeared is recorded before what is gone, so that peers hear of a move as "here it is" before "there it is not".
    if (candidates.length > 0) await this.#inspect(candidates);
    if (missing.length > 0) await this.#inspect(missing.filter((name) => name !== ''));
    return missing;
  }

  #compare(
    directory: string,
    entries: readonly ListedEntry[],
    candidates: string[],
    missing: string[],
    pending: string[],
  ): void {
    const { records, problems, mounts, doubt } = this.#context;
    const known = new Map(records.children(directory).map((local) => [local.record.name, local]));
    const below: string[] = [];
    for (const { base, look, trouble, isMount } of entries) {
      const name = joinName(directory, base);
      this.#context.gitIndexes.notice(name);
      const local = known.get(name);
      known.delete(name);
      if (isMount) mounts.seen(name);
      if (mounts.isAway(name)) doubt.away(name);
      if (isInternalName(name) || mounts.isAway(name)) continue;
      const match = this.#context.ignores().match(name);
      if (match.ignored) {
        if (local !== undefined) candidates.push(name);
        if (look?.type === 'directory' && !this.#context.ignores().canSkip(name)) below.push(name);
        continue;
      }
      if (look === undefined) {
        problems.set(name, 'unreadable', `Cannot be looked at: ${trouble?.detail ?? 'unknown'}`, 'found');
        doubt.leave(name);
        continue;
      }
      if (look.type === 'other') {
        problems.set(name, 'not-a-file', 'Pipes, sockets and devices are not synced', 'found');
        if (local !== undefined) candidates.push(name);
        continue;
      }
      if (local !== undefined) doubt.found(name, look);
      if (!sameLook(local?.look, look) || (local !== undefined && doubt.isAbout(local.record, look))) {
        candidates.push(name);
        doubt.leave(name);
      } else if (local !== undefined) {
        doubt.settle(name); // of a directory there is no more to look at, whatever an earlier run has left of it
        if (isOrphaned(this.#context, local.record)) candidates.push(name);
        else listUnclaimed(this.#context, local.record);
      }
      if (look.type === 'directory') below.push(name);
    }
    const gone: string[] = [];
    for (const name of known.keys()) {
      if (mounts.holds(name)) {
        doubt.away(name);
      } else {
        gone.push(name);
        doubt.leave(name);
      }
    }
    missing.push(...gone);
    doubt.listed(directory, below, new Set(gone));
    pending.push(...below.reverse());
  }

  async #removeUnfinished(directory: string, { entries }: Listing): Promise<void> {
    const { tree, clock, mounts } = this.#context;
    const names = entries
      .filter(({ base }) => unfinishedCopyId(base) !== undefined)
      .map(({ base }) => joinName(directory, base));
    const ours = names.filter((name) => !mounts.isAway(name));
    if (ours.length > 0) await tree.removeUnfinished(ours, clock.nowMs() - UNFINISHED_MS);
  }
}
