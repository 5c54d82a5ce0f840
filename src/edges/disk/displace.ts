/**
 * Keeping what a change replaces or removes: in the history, or set aside under another name (R9).
 *
 * Where the disk has hard links, what is replaced gets its second name first and loses its first one only by the rename
 * of its successor: no instant, and no crash, leaves the name empty or the old content without a name.
 * @module
 */
import { linkSync, unlinkSync } from 'node:fs';
import { sameLook } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import type { Displace } from '../../ports/file-tree.ts';
import type { Batch } from './batch.ts';
import { copyEntry } from './copy.ts';
import { lookAt, lookBySystem, type LookOnDevice } from './look.ts';
import { isUnsupported } from './system-calls.ts';
import { errorCode, systemError } from './trouble.ts';
import { nameTrouble } from './walk.ts';

/** Takes back what was done, as far as the disk lets it. */
export type Undo = () => void;

/**
 * Gives the entry at `path` a second place. Without hard links it is moved there, and its name is empty until its successor
 * comes.
 *
 * A rename may say that it failed and be done all the same (over a network). So the second place is given up only if the
 * first one is still what it was: never goes the last place of anything.
 * @throws Error EEXIST if the name to set it aside under is taken.
 */
export function keepSecond(batch: Batch, name: string, path: string, displace: Displace): Undo {
  const seen = lookBySystem(path);
  let isMoved = false;
  let isCopied = false;
  const place = put(batch, name, displace, (to) => {
    try {
      linkSync(path, to);
    } catch (error) {
      if (errorCode(error) === 'EXDEV') {
        copyEntry(path, to, batch.system);
        isCopied = true;
      } else if (!hasNoLinks(error)) throw error;
      else {
        batch.system.moveNoReplace(path, to);
        isMoved = true;
      }
    }
  });
  return () => {
    if (isMoved) batch.system.moveNoReplace(place, path);
    else if (isStill(path, seen, isCopied)) unlinkSync(place);
  };
}

/** Is this what was seen there before? A second link moves the time of its inode, and keeps its number from any other. */
function isStill(path: string, seen: LookOnDevice | undefined, isCopied: boolean): boolean {
  const now = lookBySystem(path);
  if (now === undefined || seen === undefined || now.device !== seen.device) return false;
  return isCopied ? sameLook(now.look, seen.look) : now.look.inode === seen.look.inode;
}

/** Moves the entry at `path` away; nothing is left under its name. */
export function moveAway(batch: Batch, name: string, path: string, displace: Displace): Undo {
  const place = put(batch, name, displace, (to) => {
    try {
      batch.system.moveNoReplace(path, to);
    } catch (error) {
      if (errorCode(error) !== 'EXDEV') throw error;
      moveByCopy(batch, path, to);
    }
  });
  return () => batch.system.moveNoReplace(place, path);
}

/** A copy takes its time: what is saved meanwhile stays. Nor does a copy stay of what cannot be removed. */
function moveByCopy(batch: Batch, path: string, to: string): void {
  const before = lookAt(path);
  copyEntry(path, to, batch.system);
  try {
    if (!sameLook(lookAt(path), before)) throw systemError('ECHANGED', 'unlink');
    unlinkSync(path);
  } catch (error) {
    unlinkSync(to);
    throw error;
  }
}

function put(batch: Batch, name: string, displace: Displace, fill: (to: string) => void): string {
  if (displace.to === 'history') return batch.slot.keep(name, fill);
  const refused = nameTrouble(displace.name);
  if (refused !== undefined) throw systemError('EINVAL', `set aside: ${refused.detail}`);
  const to = batch.walk.path(displace.name);
  if (to === undefined) throw systemError('ENOTDIR', 'set aside');
  fill(to);
  batch.touchedDirectories.add(parentOf(displace.name));
  return to;
}

/** No links on this disk, too many of them, or (EPERM) not to a file of another user. */
function hasNoLinks(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EPERM' || code === 'EMLINK' || isUnsupported(error);
}
