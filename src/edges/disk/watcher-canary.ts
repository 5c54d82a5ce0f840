/**
 * The canary (R5): a file in the folder's own directory that is touched now and then. A back end that does not hear of it
 * is dead, whatever else it believes.
 * @module
 */
import { closeSync, constants, futimesSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { OWN_DIRECTORY } from '../../core/model/folder-path.ts';

/** Has a directory of its own: the one above is busy with staged files, and watching it would double their events. */
export const CANARY_DIRECTORY = `${OWN_DIRECTORY}/canary`;

/**
 * Makes the canary's directory and answers its path, or undefined where there is none to be had (a folder without its own
 * directory, a read-only disk). Never makes the folder's own directory: that says whose folder it is.
 */
export function canaryDirectory(root: string): string | undefined {
  const path = join(root, CANARY_DIRECTORY);
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
  }
  return path;
}

/** Changes the canary's times, and nothing else: an event with next to no disk work. False if that is refused. */
export function touchCanary(directory: string): boolean {
  const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  let file: number | undefined;
  try {
    // R17: a FIFO or a symlink in its place neither blocks us nor leads us away. Windows has neither flag.
    file = openSync(join(directory, 'beat'), O_WRONLY | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 0o600);
    const now = new Date();
    futimesSync(file, now, now);
    return true;
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Tells one directory from another that is put in its place; undefined if there is none. */
export function directoryIdentity(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}
