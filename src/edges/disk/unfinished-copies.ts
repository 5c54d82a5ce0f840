/**
 * Copies from one disk to another, which take their time: each has another name until it is whole, so that half of one never
 * passes for a file of the user or a version of the history.
 *
 * A kill leaves such a copy, perhaps in a directory of the user. So where it stands is noted first, in a directory of our own,
 * and it is removed at the next start. Nobody syncs its name (SPEC N4).
 * @module
 */
import { randomUUID } from 'node:crypto';
import { constants, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { joinName, OWN_DIRECTORY } from '../../core/model/folder-path.ts';
import type { Batch } from './batch.ts';
import { HISTORY } from './own-directory.ts';
import { writeFully } from './staging.ts';
import { errorCode, guarded, systemError } from './trouble.ts';
import { nameTrouble, opened, type Walk } from './walk.ts';

const NOTES = `${OWN_DIRECTORY}/copies`;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/**
 * Lets `run` make a copy at a path, and rename it from there to a name in the same file system. What is still there afterwards
 * is removed.
 * @param directory the name of the directory that the copy is in.
 */
export function whileCopying<T>({ walk, touchedDirectories }: Batch, directory: string, run: (copy: string) => T): T {
  const id = randomUUID();
  const note = `${walk.ensure(NOTES, touchedDirectories)}/${id}`;
  const copy = walk.path(copyName(directory, id));
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
  const notes = walk.directory(NOTES);
  if (notes === undefined) return;
  for (const id of readdirSync(notes)) {
    walk.trim();
    if (ID.test(id)) guarded(() => removeNoted(walk, id));
  }
}

function removeNoted(walk: Walk, id: string): undefined {
  const note = walk.path(`${NOTES}/${id}`);
  if (note === undefined) return;
  const directory = opened(note, constants.O_RDONLY, (handle) => readFileSync(handle, 'utf8'));
  if (directory !== '' && directory !== HISTORY && nameTrouble(directory) !== undefined) return;
  const copy = walk.path(copyName(directory, id));
  if (copy === undefined) return;
  unlinkSync(copy);
  unlinkSync(note);
}

function copyName(directory: string, id: string): string {
  return joinName(directory, `.lanfold-${id}.tmp`);
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
