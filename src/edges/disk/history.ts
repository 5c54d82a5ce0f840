/**
 * The history: what changes of peers replaced or removed, kept for a while.
 * @module
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, statfsSync } from 'node:fs';
import { byName, joinName, parentOf, toNormalForm } from '../../core/model/folder-path.ts';
import type { HistoryEntry, Staged } from '../../ports/file-tree.ts';
import { copyContent } from './copy.ts';
import { Turns, UNLIKE_FILE } from './hash.ts';
import { entriesOf, historySlots, slotTimeMs, type Slot } from './history-slot.ts';
import { lookAt, notAFile } from './look.ts';
import { BLOCK_BYTES } from './history-pruning.ts';
import { HISTORY } from './own-directory.ts';
import { createStaged } from './staging.ts';
import { trouble, troubleOf } from './trouble.ts';
import { nameTrouble, O_SAFE, Walk } from './walk.ts';

/** Newest first. Only files and symlinks are ever kept, so directories are just the way to them. */
export function history(walk: Walk, name: string): HistoryEntry[] {
  if (nameTrouble(name) !== undefined) return [];
  return historySlots(walk)
    .reverse()
    .flatMap((slot) => {
      walk.trim();
      return entryIn(walk, slot, name) ?? [];
    });
}

/** The same of many names: one walk over the slots, into the directories that lead to them. */
export function histories(walk: Walk, names: readonly string[]): Map<string, HistoryEntry[]> {
  const found = new Map<string, HistoryEntry[]>(names.map((name) => [name, []]));
  const onTheWay = new Set<string>();
  for (const name of names)
    for (let above = parentOf(name); above !== '' && !onTheWay.has(above); above = parentOf(above)) onTheWay.add(above);
  const visit = (slot: Slot, directory: string): void => {
    for (const name of namesIn(walk, slot.slot, directory)) {
      const entry = found.has(name) ? entryIn(walk, slot, name) : undefined;
      if (entry !== undefined) found.get(name)?.push(entry);
      else if (onTheWay.has(name)) visit(slot, name);
    }
  };
  for (const slot of historySlots(walk).reverse()) visit(slot, '');
  return found;
}

/** Names of files and symlinks that are kept below a directory ('' for all), in any slot. */
export function historyBelow(walk: Walk, directory: string): string[] {
  if (directory !== '' && nameTrouble(directory) !== undefined) return [];
  const names = new Set<string>();
  const visit = (slot: Slot, at: string): void => {
    for (const name of namesIn(walk, slot.slot, at)) {
      if (entryIn(walk, slot, name) === undefined) visit(slot, name);
      else names.add(name);
    }
  };
  for (const slot of historySlots(walk)) visit(slot, directory);
  return [...names].sort(byName);
}

/** What a slot has directly in a directory, as the records call it; nothing if that is none. */
function namesIn(walk: Walk, slot: string, directory: string): string[] {
  const kept = directory === '' ? slot : `${slot}/${directory}`;
  const bases = entriesOf(walk, `${HISTORY}/${kept}`);
  return bases.map((base) => joinName(directory, toNormalForm(base)));
}

/** The file or symlink that a slot has of a name. */
function entryIn(walk: Walk, { slot, atMs }: Slot, name: string): HistoryEntry | undefined {
  const path = walk.path(`${HISTORY}/${slot}/${name}`);
  const look = path === undefined ? undefined : lookAt(path);
  if (look === undefined || (look.type !== 'file' && look.type !== 'symlink')) return undefined;
  const { type, size, permissions, modifiedNs, symlinkTarget } = look;
  return { name, atMs, slot, type, size, permissions, modifiedNs, symlinkTarget };
}

/** Copies a version of a file to a staged file. A copy, and not a link: the history must not change with the file. */
export async function stageFromHistory(root: string, entry: HistoryEntry, stage: string): Promise<Staged> {
  const refused = nameTrouble(entry.name);
  if (refused !== undefined) return refused;
  const walk = new Walk(root);
  try {
    const path = slotTimeMs(entry.slot) === undefined ? undefined : walk.path(`${HISTORY}/${entry.slot}/${entry.name}`);
    if (path === undefined) return trouble('absent', 'the history no longer has it');
    const source = openSync(path, constants.O_RDONLY | O_SAFE);
    try {
      const stat = fstatSync(source);
      if (!stat.isFile()) return notAFile();
      // Before it takes what is left from everybody else on the disk.
      const { bavail, bsize } = statfsSync(root);
      if (stat.blocks * BLOCK_BYTES > bavail * bsize) return trouble('disk-full', 'no room for a copy');
      await copyToStage(walk, source, stage);
      return true;
    } finally {
      closeSync(source);
    }
  } catch (error) {
    return troubleOf(error, UNLIKE_FILE);
  } finally {
    walk.close();
  }
}

async function copyToStage(walk: Walk, source: number, stage: string): Promise<void> {
  const turns = new Turns();
  const target = createStaged(walk, stage);
  try {
    ftruncateSync(target, 0);
    for (const bytes of copyContent(source, target)) await turns.after(bytes);
    fsyncSync(target);
  } finally {
    closeSync(target);
  }
}
