/**
 * Forgets history: what is too old, and beyond a number of bytes. Counted is what an entry takes on the disk: a sparse file of a
 * terabyte may be one of a few kilobytes, and would cost all others their place.
 * @module
 */
import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { joinName, parentOf } from '../../core/model/folder-path.ts';
import type { PruneLimits } from '../../ports/file-tree.ts';
import { entriesOf, historySlots } from './history-slot.ts';
import { HISTORY } from './own-directory.ts';
import { guarded } from './trouble.ts';
import type { Walk } from './walk.ts';

/** The unit of `stat`, whatever the disk's own blocks are. */
export const BLOCK_BYTES = 512;

interface Kept {
  /** From the root. */
  readonly name: string;
  readonly bytes: number;
}

/** A slot, with what it takes. Not with its entries: nobody holds all names of a history. */
interface Measured {
  readonly directory: string;
  readonly bytes: number;
  /** Of its largest entry. */
  readonly bytesMax: number;
}

/** As {@link FileTree.pruneHistory} says. */
export function pruneHistory(
  walk: Walk,
  { old, bytesMax, keptFromMs = Number.POSITIVE_INFINITY }: PruneLimits,
): number {
  const left: Measured[] = [];
  for (const { slot, atMs } of historySlots(walk)) {
    if (atMs >= keptFromMs) continue;
    const directory = joinName(HISTORY, slot);
    const isOld = old.fromMs <= atMs && atMs < old.beforeMs;
    const isGone = isOld && guarded(() => removeTree(walk, directory)) === undefined;
    if (!isGone) left.push(measured(walk, directory));
  }
  let bytes = left.reduce((sum, slot) => sum + slot.bytes, 0);
  // What is too large by itself has to go in any case: before anything that can stay without it.
  for (const aboveBytes of [bytesMax, 0]) {
    for (const slot of left) {
      if (bytes <= bytesMax) return bytes;
      if (slot.bytesMax > aboveBytes) bytes -= shrink(walk, slot.directory, aboveBytes, bytes - bytesMax);
    }
  }
  return bytes;
}

function measured(walk: Walk, directory: string): Measured {
  let [bytes, bytesMax] = [0, 0];
  for (const entry of keptBelow(walk, directory)) {
    bytes += entry.bytes;
    bytesMax = Math.max(bytesMax, entry.bytes);
  }
  return { directory, bytes, bytesMax };
}

/**
 * Removes entries of one slot that take more than `aboveBytes`, until `bytes` are free: all of them went in the same moment, so
 * the largest go first, and the fewest.
 * @returns the bytes that are free.
 */
function shrink(walk: Walk, slot: string, aboveBytes: number, bytes: number): number {
  const entries = [...keptBelow(walk, slot)].filter((entry) => entry.bytes > aboveBytes);
  let freed = 0;
  for (const entry of entries.sort((a, b) => b.bytes - a.bytes)) {
    if (freed >= bytes) break;
    if (guarded(() => removeEntry(walk, entry.name)) === undefined) freed += entry.bytes;
  }
  return freed;
}

/** What is kept below a directory, at any depth. */
function* keptBelow(walk: Walk, directory: string): Generator<Kept> {
  for (const base of entriesOf(walk, directory)) {
    const name = joinName(directory, base);
    const path = walk.path(name);
    const stat = path === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) yield* keptBelow(walk, name);
    else if (stat !== undefined) yield { name, bytes: stat.blocks * BLOCK_BYTES };
  }
}

/** With the directories that have nothing more in them, up to the slot. */
function removeEntry(walk: Walk, name: string): void {
  const path = walk.path(name);
  if (path === undefined) return;
  unlinkSync(path);
  for (let directory = parentOf(name); directory !== HISTORY; directory = parentOf(directory)) {
    if (guarded(() => removeDirectory(walk, directory)) !== undefined) return; // not empty
  }
}

function removeTree(walk: Walk, directory: string): void {
  for (const base of entriesOf(walk, directory)) {
    const name = joinName(directory, base);
    const path = walk.path(name);
    if (path === undefined) continue;
    if (lstatSync(path).isDirectory()) removeTree(walk, name);
    else unlinkSync(path);
  }
  removeDirectory(walk, directory);
}

function removeDirectory(walk: Walk, directory: string): void {
  const path = walk.path(directory);
  if (path !== undefined) rmdirSync(path);
  walk.forget(directory);
}
