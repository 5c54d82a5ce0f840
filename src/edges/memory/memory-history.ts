/**
 * The history of a folder in memory: each entry in a slot of its own, named by the moment.
 * @module
 */
import { byName, parentOf } from '../../core/model/folder-path.ts';
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

/** Names of files and symlinks that are kept below a directory, in any slot. */
export function historyBelow(folder: MemoryFolder, directory: string): string[] {
  const below = (name: string, inode: Inode | undefined): string[] =>
    [...(inode?.children ?? [])].flatMap(([base, child]) =>
      child.type === 'directory' ? below(`${name}/${base}`, child) : [`${name}/${base}`],
    );
  const names = slots(folder).flatMap(({ slot }) => below(directory, keptIn(folder, slot, directory)));
  return [...new Set(names)].sort(byName);
}

/** What a slot holds of a name. */
export function keptIn(folder: MemoryFolder, slot: string, name: string): Inode | undefined {
  return slotOf(slot) === undefined ? undefined : folder.find(`${HISTORY}/${slot}/${name}`);
}

/** @returns the bytes that are left. */
export function pruneHistory(folder: MemoryFolder, { old, bytesMax, keptFromMs }: PruneLimits): number {
  const known = slots(folder).map((slot) => ({ ...slot, bytes: bytesIn(folder.find(`${HISTORY}/${slot.slot}`)) }));
  let left = known.reduce((sum, slot) => sum + slot.bytes, 0);
  for (const { slot, atMs, bytes } of known) {
    const isOld = old.fromMs <= atMs && atMs < old.beforeMs;
    if (!isOld && left <= bytesMax) continue;
    if (keptFromMs !== undefined && atMs >= keptFromMs) continue;
    removeTree(folder.disk, folder.path(`${HISTORY}/${slot}`));
    left -= bytes;
  }
  return left;
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
