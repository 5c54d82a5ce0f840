/**
 * The history: what changes of peers replaced or removed, kept for a while.
 * @module
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { byName, joinName } from '../../core/model/folder-path.ts';
import type { HistoryEntry, Staged } from '../../ports/file-tree.ts';
import { copyContent } from './copy.ts';
import { Turns, UNLIKE_FILE } from './hash.ts';
import { entriesOf, historySlots, slotTimeMs } from './history-slot.ts';
import { lookAt, notAFile } from './look.ts';
import { HISTORY } from './own-directory.ts';
import { createStaged } from './staging.ts';
import { trouble, troubleOf } from './trouble.ts';
import { nameTrouble, O_SAFE, Walk } from './walk.ts';

/** Newest first. Only files and symlinks are ever kept, so directories are just the way to them. */
export function history(walk: Walk, name: string): HistoryEntry[] {
  if (nameTrouble(name) !== undefined) return [];
  const entries: HistoryEntry[] = [];
  for (const { slot, atMs } of historySlots(walk).reverse()) {
    walk.trim();
    const path = walk.path(`${HISTORY}/${slot}/${name}`);
    const look = path === undefined ? undefined : lookAt(path);
    if (look === undefined || (look.type !== 'file' && look.type !== 'symlink')) continue;
    const { type, size, permissions, modifiedNs, symlinkTarget } = look;
    entries.push({ name, atMs, slot, type, size, permissions, modifiedNs, symlinkTarget });
  }
  return entries;
}

/** Names of files and symlinks that are kept below a directory, in any slot. */
export function historyBelow(walk: Walk, directory: string): string[] {
  if (nameTrouble(directory) !== undefined) return [];
  const names = new Set<string>();
  const visit = (slot: string, name: string): void => {
    for (const base of entriesOf(walk, `${slot}/${name}`)) {
      const child = joinName(name, base);
      const path = walk.path(`${slot}/${child}`);
      const look = path === undefined ? undefined : lookAt(path);
      if (look?.type === 'directory') visit(slot, child);
      else if (look?.type === 'file' || look?.type === 'symlink') names.add(child);
    }
  };
  for (const { slot } of historySlots(walk)) visit(`${HISTORY}/${slot}`, directory);
  return [...names].sort(byName);
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
      if (!fstatSync(source).isFile()) return notAFile();
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
