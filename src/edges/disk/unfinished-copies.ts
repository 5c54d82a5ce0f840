/**
 * Copies from one disk to another, which take their time: each has another name until it is whole, so that half of one never
 * passes for a file of the user or a version of the history.
 *
 * A kill leaves such a copy, perhaps in a directory of the user. So where it stands is noted first, in a directory of our own,
 * and it is removed at the next start; where somebody has renamed the directory, or a power cut took the note, by a walk that finds it.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { constants, readFileSync, unlinkSync } from 'node:fs';
import { OWN_DIRECTORY, unfinishedCopyId, unfinishedCopyName } from '../../core/model/folder-path.ts';
import type { Batch } from './batch.ts';
import { entriesOf } from './history-slot.ts';
import { lookBySystem } from './look.ts';
import { HISTORY } from './own-directory.ts';
import { writeFully } from './staging.ts';
import { errorCode, guarded, systemError } from './trouble.ts';
import { nameTrouble, opened, type Walk } from './walk.ts';

const NOTES = `${OWN_DIRECTORY}/copies`;

/**
 * Lets `run` make a copy at a path, and rename it from there to a name in the same file system. What is still there afterwards
 * is removed.
 * @param directory the name of the directory that the copy is in.
 */
export function whileCopying<T>({ walk, touchedDirectories }: Batch, directory: string, run: (copy: string) => T): T {
  const id = randomUUID();
  const note = `${walk.ensure(NOTES, touchedDirectories)}/${id}`;
  const copy = walk.path(unfinishedCopyName(directory, id));
  if (copy === undefined) throw systemError('ENOENT', 'copy');
  opened(note, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, (handle) => {
    writeFully(handle, Buffer.from(directory), 0);
  });
  try {
    return run(copy);
  } finally {
    guarded(() => {
      removeIfThere(copy);
      unlinkSync(note);
      return undefined;
    });
  }
}

/** Removes what an earlier run has left: copies are made and removed by the one thread that writes. Of a copy that is not found the note stays: its disk may not be mounted. */
export function removeUnfinishedCopies(walk: Walk): void {
  for (const id of entriesOf(walk, NOTES)) {
    walk.trim();
    if (unfinishedCopyId(unfinishedCopyName('', id)) === id) guarded(() => removeNoted(walk, id));
  }
  guarded(() => removeInHistory(walk));
}

/** Nobody else puts anything there, so no note is asked for. */
function removeInHistory(walk: Walk): undefined {
  for (const base of entriesOf(walk, HISTORY)) {
    if (unfinishedCopyId(base) !== undefined) removeIfThere(walk.path(`${HISTORY}/${base}`) ?? '');
  }
}

/** As {@link FileTree.removeUnfinished} says. What is being made just now is not among them: see above. */
export function removeUnfinished(walk: Walk, names: readonly string[], beforeMs: number): void {
  for (const name of names) {
    walk.trim();
    if (nameTrouble(name) === undefined) guarded(() => removeFound(walk, name, beforeMs));
  }
}

function removeFound(walk: Walk, name: string, beforeMs: number): undefined {
  const id = unfinishedCopyId(name);
  const copy = walk.path(name);
  if (id === undefined || copy === undefined) return;
  const look = lookBySystem(copy)?.look;
  if (look?.type !== 'file' && look?.type !== 'symlink') return;
  const note = walk.path(`${NOTES}/${id}`);
  const isNoted = note !== undefined && lookBySystem(note) !== undefined;
  if (!isNoted && look.changedNs >= BigInt(Math.floor(beforeMs)) * 1_000_000n) return;
  unlinkSync(copy);
  if (isNoted) unlinkSync(note);
}

function removeNoted(walk: Walk, id: string): undefined {
  const note = walk.path(`${NOTES}/${id}`);
  if (note === undefined) return;
  const directory = opened(note, constants.O_RDONLY, (handle) => readFileSync(handle, 'utf8'));
  if (directory !== '' && directory !== HISTORY && nameTrouble(directory) !== undefined) return;
  const copy = walk.path(unfinishedCopyName(directory, id));
  if (copy === undefined) return;
  unlinkSync(copy);
  unlinkSync(note);
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
