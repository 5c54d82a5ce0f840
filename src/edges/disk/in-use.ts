/**
 * Is a program about to write to a file? All that it writes from now on would leave the folder with the file.
 * @module
 */
import { constants, fstatSync } from 'node:fs';
import type { Look } from '../../core/model/file-record.ts';
import type { SystemCalls } from './system-calls.ts';
import { errorCode } from './trouble.ts';
import { opened } from './walk.ts';

/** It may not be read, or is no such file any more. */
const NOT_TO_BE_ASKED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOENT', 'ELOOP', 'ENXIO', 'ENODEV']);

/**
 * Does a program hold the file open for writing? Where nobody can tell: no.
 * @throws Error if that could not be asked just now (no handle is free, say): not to know is no reason to go on.
 */
export function isInUse(system: SystemCalls, path: string, now: Look | undefined): boolean {
  if (now?.type !== 'file') return false;
  try {
    const answer = opened(path, constants.O_RDONLY, (handle) =>
      fstatSync(handle).isFile() ? system.writers(handle, path) : 'unknown',
    );
    return answer === 'some';
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EAGAIN') return true; // another program has a lease to write it (Samba)
    if (!NOT_TO_BE_ASKED.has(code)) throw error;
    return false;
  }
}
