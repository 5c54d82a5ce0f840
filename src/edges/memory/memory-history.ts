/**
 * The history of a folder in memory: each entry in a slot of its own, named by the moment.
 * @module
 */
import { byName, joinName, parentOf, toNormalForm } from '../../core/model/folder-path.ts';
import type { HistoryEntry, PruneLimits } from '../../ports/file-tree.ts';
import { type Inode, lookOf, removeTree } from './memory-disk.ts';
import { HISTORY, type MemoryFolder } from './memory-folder.ts';

interface Slot {
  readonly slot: string;
  readonly atMs: number;
  readonly number: number;
}

/** Moves what stands under a name into the history. */
export function keepInHistory(folder: MemoryFolder, name: string, nowMs: number): void {
  const history = folder.ensure(HISTORY);
  let number = 0;
  while (folder.disk.find(`${history}/${nowMs}-${number}`) !== undefined) number += 1;
  const kept = `${HISTORY}/${nowMs}-${number}/${name}`;
  folder.ensure(parentOf(kept));
  folder.disk.rename(folder.path(name), folder.path(kept));
}

/** Newest first. */
export function historyOf(folder: MemoryFolder, name: string): HistoryEntry[] {
  return slots(folder)
    .reverse()
    .flatMap(({ slot, atMs }) => {
      const inode = keptIn(folder, slot, name);
      if (inode === undefined || (inode.type !== 'file' && inode.type !== 'symlink')) return [];
      const { size, permissions, modifiedNs, symlinkTarget } = lookOf(inode);
      return [{ name, atMs, slot, type: inode.type, size, permissions, modifiedNs, symlinkTarget }];
    });
}

/** Names of files and symlinks that are kept below a directory ('' for all), in any slot. */
export function historyBelow(folder: MemoryFolder, directory: string): string[] {
  const below = (at: string, inode: Inode | undefined): string[] =>
    [...(inode?.children ?? [])].flatMap(([base, child]) => {
      const name = joinName(at, toNormalForm(base));
      return child.type === 'directory' ? below(name, child) : [name];
    });
  const names = slots(folder).flatMap(({ slot }) => below(directory, keptIn(folder, slot, directory)));
  return [...new Set(names)].sort(byName);
}

/** What a slot holds of a name; of '', all. */
export function keptIn(folder: MemoryFolder, slot: string, name: string): Inode | undefined {
  const kept = name === '' ? slot : `${slot}/${name}`;
  return slotOf(slot) === undefined ? undefined : folder.find(`${HISTORY}/${kept}`);
}

/** As the real one does; here each entry has a slot of its own. */
export function pruneHistory(
  folder: MemoryFolder,
  { old, bytesMax, keptFromMs = Number.POSITIVE_INFINITY }: PruneLimits,
): number {
  const forget = (slot: string): void => removeTree(folder.disk, folder.path(`${HISTORY}/${slot}`));
  const left: { slot: string; bytes: number }[] = [];
  for (const { slot, atMs } of slots(folder)) {
    if (atMs >= keptFromMs) continue;
    if (old.fromMs <= atMs && atMs < old.beforeMs) forget(slot);
    else left.push({ slot, bytes: bytesIn(folder.find(`${HISTORY}/${slot}`)) });
  }
  let bytes = left.reduce((sum, entry) => sum + entry.bytes, 0);
  const isTooLarge = (entry: { bytes: number }): boolean => entry.bytes > bytesMax;
  for (const entry of [...left.filter(isTooLarge), ...left.filter((one) => !isTooLarge(one) && one.bytes > 0)]) {
    if (bytes <= bytesMax) break;
    forget(entry.slot);
    bytes -= entry.bytes;
  }
  return bytes;
}

/** Oldest first. */
function slots(folder: MemoryFolder): Slot[] {
  const names = [...(folder.find(HISTORY)?.children.keys() ?? [])];
  return names.flatMap((name) => slotOf(name) ?? []).sort((a, b) => a.atMs - b.atMs || a.number - b.number);
}

function slotOf(name: string): Slot | undefined {
  const match = /^(\d+)-(\d+)$/u.exec(name);
  return match === null ? undefined : { slot: name, atMs: Number(match[1]), number: Number(match[2]) };
}

function bytesIn(inode: Inode | undefined): number {
  if (inode === undefined) return 0;
  return [...inode.children.values()].reduce((sum, child) => sum + bytesIn(child), inode.content.length);
}
