/**
 * Putting one change in place.
 *
 * Each function first looks at the name once more: what is not as the caller saw it last was changed by the user and
 * stays (R7). From that look to the rename nothing of ours runs in between.
 * RACE: a program that replaces the very same name in these few microseconds can still lose its version. Where nothing
 * was there before, the rename itself refuses to replace (`renameat2`), so there is no such gap.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { type Look, sameLook } from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import {
  isTrouble,
  type Applied,
  type Change,
  type Displace,
  type Expected,
  type Trouble,
} from '../../ports/file-tree.ts';
import { setAttributes } from './attributes.ts';
import type { Batch } from './batch.ts';
import { copyEntry } from './copy.ts';
import { keepSecond, moveAway, undoing } from './displace.ts';
import { isInUse } from './in-use.ts';
import { lookAt, lookBySystem, notAFile } from './look.ts';
import { STAGING } from './own-directory.ts';
import { stagedPath } from './staging.ts';
import { errorCode, guarded, systemError, trouble } from './trouble.ts';
import { whileCopying } from './unfinished-copies.ts';

type Arrived = Exclude<Applied, Trouble>;
type ChangeOf<Kind extends Change['change']> = Extract<Change, { change: Kind }>;

/** @throws Error with the system's code; the caller makes a trouble of it. */
export function place(batch: Batch, change: Change): Applied {
  const path = batch.walk.path(change.name);
  if (path === undefined) return trouble('parent', 'the parent directory is not there');
  switch (change.change) {
    case 'file':
      return placeNew(batch, change, path, stagedPath(batch.walk, change.stage));
    case 'symlink':
      return placeSymlink(batch, change, path);
    case 'directory':
      return placeDirectory(batch, change, path);
    case 'attributes':
      return changeAttributes(batch, change, path);
    case 'delete':
      return remove(batch, change, path);
    case 'move':
    default:
      return move(batch, change, path);
  }
}

/** Puts a staged file or symlink under a name. */
function placeNew(
  batch: Batch,
  change: { readonly name: string; readonly expected: Expected; readonly displace: Displace },
  path: string,
  staged: string | undefined,
): Applied {
  if (staged === undefined) return trouble('absent', 'there is no such staged file');
  const now = lookAt(path);
  if (!sameLook(now, change.expected)) return changed();
  if (now === undefined && isTaken(path)) return taken();
  if (isInUse(batch.system, path, now)) return inUse();
  batch.touchedDirectories.add(parentOf(change.name)).add(STAGING);
  if (now?.type === 'directory') removeDirectory(batch, change.name, path); // ENOTEMPTY: what is unknown in it stays (R8)
  if (now === undefined || now.type === 'directory') {
    const arrived = arrive(batch, change.name, staged, (from) => batch.system.moveNoReplace(from, path));
    return lookAfter(arrived, path);
  }
  const undo = keepSecond(batch, change.name, path, now, change.displace);
  const arrived = undoing(undo, () =>
    arrive(batch, change.name, staged, (from) => {
      // A second place takes its time: what was saved meanwhile, or will be by who has opened it, is in no history.
      if (isInUse(batch.system, path, now)) throw systemError('EINUSE', 'rename');
      if (!isAsKept(lookAt(path), now)) throw systemError('ECHANGED', 'rename');
      renameSync(from, path);
    }),
  );
  return lookAfter(arrived, path);
}

/** Is this what was given a second place? That has moved the time of its inode, or left nothing under its name. */
function isAsKept(look: Look | undefined, kept: Look): boolean {
  return look === undefined || sameLook(look, { ...kept, changedNs: look.changedNs });
}

/**
 * Moves the staged thing to its name; on another disk (a mount inside the folder) by a copy beside the name.
 * @returns its look right before it got its name. Nothing that fails after that moment is a reason to take anything back.
 */
function arrive(batch: Batch, name: string, staged: string, put: (from: string) => void): Look | undefined {
  try {
    return lookBefore(staged, put);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw systemError('ECHANGED', 'rename');
    if (errorCode(error) !== 'EXDEV') throw error;
    const arrived = whileCopying(batch, parentOf(name), (beside) => {
      copyEntry(staged, beside, batch.system);
      if (!batch.walk.leadsStill(parentOf(name))) throw systemError('ECHANGED', 'copy');
      return lookBefore(beside, put);
    });
    guarded(() => unlinkSync(staged)); // what stays is removed at the next start
    return arrived;
  }
}

function lookBefore(from: string, put: (from: string) => void): Look | undefined {
  const whole = lookBySystem(from)?.look;
  put(from);
  return whole;
}

/**
 * How a thing looks that has just got its name. A user may write to it from that moment on: then the look is the one from
 * before, which fits nothing that is there now, so that the next look sees the change. (The rename itself moves only the time
 * of the inode.) So it is if the disk does not say how it looks.
 */
function lookAfter(whole: Look | undefined, path: string): Arrived {
  const now = guarded(() => lookBySystem(path)?.look); // the name is the one that we gave
  const isWhole =
    !isTrouble(now) && whole !== undefined && sameLook(whole, now && { ...now, changedNs: whole.changedNs });
  return { look: isWhole ? now : whole };
}

function placeSymlink(batch: Batch, change: ChangeOf<'symlink'>, path: string): Applied {
  const staged = `${batch.walk.ensure(STAGING, batch.touchedDirectories)}/symlink-${randomUUID()}`;
  symlinkSync(Buffer.from(change.target), staged);
  try {
    return placeNew(batch, change, path, staged);
  } finally {
    guarded(() => rmSync(staged, { force: true })); // still there if it was refused
  }
}

function placeDirectory(batch: Batch, change: ChangeOf<'directory'>, path: string): Applied {
  const now = lookAt(path);
  if (!sameLook(now, change.expected)) return changed();
  if (now === undefined && isTaken(path)) return taken();
  if (isInUse(batch.system, path, now)) return inUse();
  if (now?.type !== 'directory') {
    const undo = now === undefined ? undefined : moveAway(batch, change.name, path, now, change.displace);
    undoing(undo, () => makeDirectory(path));
    batch.walk.forget(change.name);
    batch.touchedDirectories.add(parentOf(change.name));
  }
  if (change.permissions !== undefined && lookAt(path)?.permissions !== change.permissions) {
    const itself = batch.walk.directory(change.name);
    if (itself === undefined) return changed();
    chmodSync(itself, change.permissions);
    batch.touchedDirectories.add(change.name);
  }
  return { look: lookAt(path) };
}

function changeAttributes(batch: Batch, change: ChangeOf<'attributes'>, path: string): Applied {
  const now = lookAt(path);
  if (!sameLook(now, change.expected)) return changed();
  if (now?.type !== 'file') return notAFile();
  const look = setAttributes(batch.system, path, now, change);
  batch.touchedFiles.add(change.name);
  return { look };
}

function remove(batch: Batch, change: ChangeOf<'delete'>, path: string): Applied {
  const now = lookAt(path);
  if (now === undefined) return { look: undefined }; // done before, by us or by somebody else
  if (!sameLook(now, change.expected)) return changed();
  if (isInUse(batch.system, path, now)) return inUse();
  if (now.type === 'directory') removeDirectory(batch, change.name, path);
  else moveAway(batch, change.name, path, now, change.displace);
  batch.touchedDirectories.add(parentOf(change.name));
  return { look: undefined };
}

function move(batch: Batch, change: ChangeOf<'move'>, path: string): Applied {
  const from = batch.walk.path(change.from);
  const now: Look | undefined = from === undefined ? undefined : lookAt(from);
  if (from === undefined || now === undefined || !sameLook(now, change.expectedFrom)) return changed();
  const isRespelled = change.from.toLowerCase() === change.name.toLowerCase() && lookAt(path) === undefined;
  if (now.type !== 'file' && !isRespelled) return notAFile();
  if (isTaken(path) && !isRespelled) return taken();
  if (change.modifiedNs !== now.modifiedNs && isInUse(batch.system, from, now)) return inUse();
  if (!sameLook(lookAt(from), now)) return changed();
  if (isRespelled && isTaken(path)) {
    // Where the disk ignores case, it is the thing itself that has the name already.
    renameSync(from, path);
    if (lookAt(path) === undefined) return taken(); // some systems say yes, and leave the name as it was
  } else batch.system.moveNoReplace(from, path);
  batch.walk.forget(change.from);
  batch.touchedDirectories.add(parentOf(change.from)).add(parentOf(change.name));
  const arrived = lookAfter(now, path);
  return now.type === 'file' ? moved(batch, change, from, path, arrived) : arrived;
}

/**
 * Gives a moved file its attributes. Not before it has moved: with other attributes it would, where the move is refused, pass for
 * an edit that its deletion has not seen.
 */
function moved(batch: Batch, change: ChangeOf<'move'>, from: string, path: string, arrived: Arrived): Applied {
  const { look } = arrived;
  if (look === undefined) return arrived;
  try {
    const given = setAttributes(batch.system, path, look, change);
    batch.touchedFiles.add(change.name);
    return { look: given };
  } catch (error) {
    if (errorCode(error) === 'ECHANGED') return arrived; // somebody was quicker, and the next look sees it
    guarded(() => batch.system.moveNoReplace(path, from));
    throw error;
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? systemError('ECHANGED', 'mkdir') : error; // made just now, not by us
  }
}

function removeDirectory(batch: Batch, name: string, path: string): void {
  rmdirSync(path);
  batch.walk.forget(name);
}

/** Something is found under the name: on a disk that ignores case it may be called otherwise, and be another file. */
function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function inUse(): Applied {
  return trouble('in-use', 'a program holds it open for writing');
}

function taken(): Applied {
  return trouble('exists', 'the name is taken');
}

function changed(): Applied {
  return trouble('changed', 'something else is there now');
}
