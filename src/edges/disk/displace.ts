/**
 * Keeping what a change replaces or removes: in the history, or set aside under another name (R9).
 *
 * Where the disk has hard links, what is replaced gets its second name first and loses its first one only by the rename
 * of its successor: no instant, and no crash, leaves the name empty or the old content without a name.
 * @module
 */
import { linkSync, unlinkSync } from 'node:fs';
import { type Look, sameLook } from '../../core/model/file-record.ts';
import { isBelow, OWN_DIRECTORY, parentOf } from '../../core/model/folder-path.ts';
import type { Displace } from '../../ports/file-tree.ts';
import type { Batch } from './batch.ts';
import { copyEntry } from './copy.ts';
import { isInUse } from './in-use.ts';
import { isToBeCopied, lookAt, lookBySystem, type LookOnDevice } from './look.ts';
import { HISTORY, syncDirectory } from './own-directory.ts';
import { stagedPath } from './staging.ts';
import { isUnsupported } from './system-calls.ts';
import { errorCode, systemError } from './trouble.ts';
import { whileCopying } from './unfinished-copies.ts';
import { nameTrouble } from './walk.ts';

/** Takes back what was done, as far as the disk lets it. */
export type Undo = () => void;

interface Source {
  readonly path: string;
  readonly look: Look | undefined;
}

/**
 * Gives the entry at `path` a second place. Without hard links it is moved there, and its name is empty until its successor
 * comes.
 *
 * A rename may say that it failed and be done all the same (over a network). So the second place is given up only if the
 * first one is still what it was: never goes the last place of anything.
 * @param expected what was seen there.
 * @throws Error EEXIST if the name to set it aside under is taken.
 */
export function keepSecond(batch: Batch, name: string, path: string, expected: Look, displace: Displace): Undo {
  const seen = lookBySystem(path);
  let isCopied = false;
  let isMoved = false;
  const place = put(batch, name, displace, (to) => {
    try {
      if (displace.to === 'history' && isToBeCopied(seen)) throw systemError('EXDEV', 'link');
      linkSync(path, to);
    } catch (error) {
      if (errorCode(error) === 'EXDEV') {
        copyTo(batch, name, { path, look: seen?.look }, to, displace);
        isCopied = true;
      } else if (!hasNoLinks(error)) throw error;
      else {
        batch.system.moveNoReplace(path, to);
        isMoved = true;
      }
    }
  });
  const undo = (): void => {
    if (isMoved) batch.system.moveNoReplace(place, path);
    else if (isStill(path, seen)) unlinkSync(place);
  };
  undoing(undo, () => {
    if (isCopied) settleHistory(batch, place, seen);
    if (isMoved) checkMoved(batch, place, expected);
  });
  return undo;
}

/**
 * Moves the entry at `path` away; nothing is left under its name.
 * @param expected what was seen there: what somebody has made of it since, or is about to, stays.
 */
export function moveAway(batch: Batch, name: string, path: string, expected: Look, displace: Displace): Undo {
  const seen = lookBySystem(path);
  let isCopied = false;
  const place = put(batch, name, displace, (to) => {
    try {
      if (displace.to === 'history' && isToBeCopied(seen)) throw systemError('EXDEV', 'rename');
      batch.system.moveNoReplace(path, to);
    } catch (error) {
      if (errorCode(error) !== 'EXDEV') throw error;
      copyTo(batch, name, { path, look: seen?.look }, to, displace);
      isCopied = true;
    }
  });
  const putBack = (): void => batch.system.moveNoReplace(place, path);
  if (isCopied) {
    undoing(
      () => isStill(path, seen) && unlinkSync(place),
      () => {
        settleHistory(batch, place, seen);
        removeCopied(batch, path, expected);
      },
    );
  } else undoing(putBack, () => checkMoved(batch, place, expected));
  return putBack;
}

/** What was saved, or opened to be written, between the last look and the move is an edit, and no part of the history. */
function checkMoved({ system }: Batch, place: string, expected: Look): void {
  const moved = lookBySystem(place)?.look;
  if (moved === undefined || !sameLook(moved, { ...expected, changedNs: moved.changedNs }))
    throw systemError('ECHANGED', 'rename');
  if (isInUse(system, place, moved)) throw systemError('EINUSE', 'rename');
}

/** What is saved before or while it is copied stays, and so does what somebody has opened meanwhile to write it. */
function removeCopied({ system }: Batch, path: string, expected: Look): void {
  if (isInUse(system, path, expected)) throw systemError('EINUSE', 'unlink');
  if (!sameLook(lookAt(path), expected)) throw systemError('ECHANGED', 'unlink');
  unlinkSync(path);
}

/** Under its name the copy is whole. */
function copyTo(batch: Batch, name: string, { path, look }: Source, to: string, displace: Displace): void {
  if (lookBySystem(to) !== undefined) throw systemError('EEXIST', 'copy');
  if (displace.to === 'history' && isCopiedAhead(batch, name, look, to)) return;
  whileCopying(batch, displace.to === 'history' ? HISTORY : parentOf(displace.name), (copy) => {
    copyEntry(path, copy, batch.system);
    if (!batch.walk.leadsStill(parentOf(name))) throw systemError('ECHANGED', 'copy');
    batch.system.moveNoReplace(copy, to);
  });
}

/** Was the file as it is now copied before, durably? Then that copy comes to its place. */
function isCopiedAhead({ walk, system, copies }: Batch, name: string, look: Look | undefined, to: string): boolean {
  const ahead = copies.get(name);
  if (ahead === undefined || !sameLook(ahead.look, look)) return false;
  try {
    system.moveNoReplace(stagedPath(walk, ahead.stage) ?? '', to);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    return false; // it is gone, or its way leads to another disk
  }
  copies.delete(name);
  return true;
}

/**
 * Makes durable where the history has a copy, before what was copied goes: of two disks, a power cut may take from the one what
 * the other has lost for good.
 */
function settleHistory({ walk, touchedDirectories }: Batch, place: string, seen: LookOnDevice | undefined): void {
  if (lookBySystem(place)?.device === seen?.device) return;
  for (const name of touchedDirectories) {
    if (name !== OWN_DIRECTORY && name !== HISTORY && !isBelow(name, HISTORY)) continue;
    syncDirectory(walk, name);
    touchedDirectories.delete(name);
  }
}

/** Is this what was seen there before? A second link moves the time of its inode. */
function isStill(path: string, seen: LookOnDevice | undefined): boolean {
  const now = lookBySystem(path);
  return now !== undefined && now.device === seen?.device && now.look.inode === seen.look.inode;
}

function put(batch: Batch, name: string, displace: Displace, fill: (to: string) => void): string {
  if (displace.to === 'history') return inHistory(() => batch.slot.keep(name, fill));
  const refused = nameTrouble(displace.name);
  if (refused !== undefined) throw systemError('EINVAL', `set aside: ${refused.detail}`);
  const to = batch.walk.path(displace.name);
  if (to === undefined) throw systemError('ENOTDIR', 'set aside');
  fill(to);
  batch.touchedDirectories.add(parentOf(displace.name));
  return to;
}

/** A symlink to a larger disk in the place of the history, say, is never followed: who put it there has to hear of it. */
function inHistory<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw errorCode(error) === 'ENOTDIR' ? systemError('ENOHISTORY', 'mkdir') : error;
  }
}

/** Runs `run`; if it fails, takes back what was done before it, and passes the failure on. */
export function undoing<T>(undo: Undo | undefined, run: () => T): T {
  try {
    return run();
  } catch (error) {
    try {
      undo?.();
    } catch {
      // What could not be put back is in the history or set aside: kept, if not in its place.
    }
    throw error;
  }
}

/** No links on this disk, too many of them, or (EPERM) not to a file of another user. */
function hasNoLinks(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EPERM' || code === 'EMLINK' || isUnsupported(error);
}
