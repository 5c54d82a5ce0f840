/**
 * Giving a directory entry the normal form of its name.
 * @module
 */
import { lstatSync } from 'node:fs';
import { nameFault } from '../../core/model/folder-path.ts';
import type { Trouble } from '../../ports/file-tree.ts';
import { whileWritable } from './attributes.ts';
import type { SystemCalls } from './system-calls.ts';
import { errorCode, guarded, systemError } from './trouble.ts';
import { nameTrouble, type Walk } from './walk.ts';

/**
 * @returns false if something else has the wanted name, true if it has that name now, or is found under it as it is.
 * @throws Error for names that are none: a mistake of ours.
 */
export function normalize(
  walk: Walk,
  system: SystemCalls,
  directory: string,
  rawName: Uint8Array,
  wanted: string,
): boolean | Trouble {
  const raw = Buffer.from(rawName);
  const isRawGood = raw.length > 0 && !raw.includes(0) && !raw.includes('/') && !['.', '..'].includes(raw.toString());
  const isWantedGood = nameFault(wanted) === undefined && !wanted.includes('/');
  if (!isRawGood || !isWantedGood || (directory !== '' && nameTrouble(directory) !== undefined)) {
    throw systemError('EINVAL', 'rename');
  }
  return guarded(() => rename(walk, system, directory, raw, wanted));
}

function rename(walk: Walk, system: SystemCalls, directory: string, raw: Buffer, wanted: string): boolean {
  const parent = walk.directory(directory);
  if (parent === undefined) throw systemError('ENOENT', 'rename');
  const from = Buffer.concat([Buffer.from(`${parent}/`), raw]);
  const to = `${parent}/${wanted}`;
  if (isSameEntry(from, to)) return true;
  try {
    whileWritable(new Set([parent]), () => system.moveNoReplace(from, to));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * On a disk that takes all forms of a name for one (of macOS, or of Linux where it folds case), the entry has the wanted name
 * already. To rename it would be news for the watcher, and for nothing where the disk keeps names decomposed: at each walk again.
 */
function isSameEntry(from: Buffer, to: string): boolean {
  const there = lstatSync(to, { bigint: true, throwIfNoEntry: false });
  return there !== undefined && there.ino === lstatSync(from, { bigint: true }).ino;
}
