/**
 * Permissions and modification times of files.
 * @module
 */
import { chmodSync, closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { type Look, sameLook } from '../../core/model/file-record.ts';
import { lookFrom } from './look.ts';
import type { SystemCalls } from './system-calls.ts';
import { errorCode, systemError } from './trouble.ts';
import { O_PATH, opened, pathOfHandle } from './walk.ts';

export interface Attributes {
  /** Undefined: they stay. */
  readonly permissions: number | undefined;
  readonly modifiedNs: bigint;
}

const OWNER_WRITES = 0o200;
const MODE_BITS = 0o7777;

/**
 * Sets the attributes of the file that was seen at `path`, and of no other. It needs no permission to read the file.
 * @returns its look then, of the content that was seen: what is written later does not fit it.
 * @throws Error ECHANGED if another file is there now, or other content; EINUSE if a program may just be writing to it.
 */
export function setAttributes(system: SystemCalls, path: string, seen: Look, wanted: Attributes): Look {
  return opened(path, O_PATH | constants.O_RDONLY, (handle) => {
    const itself = pathOfHandle(handle, path);
    let look = seen;
    const set = (): void => {
      if (!sameLook(lookOf(handle), seen)) throw systemError('ECHANGED', 'open');
      if (wanted.permissions !== undefined && wanted.permissions !== seen.permissions) {
        chmodSync(itself, wanted.permissions);
      }
      if (wanted.modifiedNs !== seen.modifiedNs) system.setModified(itself, wanted.modifiedNs);
      const { size, modifiedNs } = seen;
      const isTimed = wanted.modifiedNs !== modifiedNs;
      look = { ...lookOf(handle), size, ...(isTimed ? {} : { modifiedNs }) };
    };
    if (wanted.modifiedNs === seen.modifiedNs || !system.canLease(path)) set();
    else whileUnwritten(system, itself, set);
    return look;
  });
}

/**
 * The time of a file is what shows that somebody wrote to it. So while it is set nobody may, or an edit of the same size would
 * pass for what was seen before it.
 */
function whileUnwritten(system: SystemCalls, path: string, set: () => void): void {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EAGAIN') throw systemError('EINUSE', 'open'); // another program has a lease to write it (Samba)
    if (code !== 'EACCES') throw error;
    set();
    return;
  }
  try {
    if (system.whileUnwritten(handle, set) === 'some') throw systemError('EINUSE', 'open');
  } finally {
    closeSync(handle);
  }
}

function lookOf(handle: number): Look {
  return lookFrom(fstatSync(handle, { bigint: true }));
}

/**
 * Runs a change of entries in directories that may be read-only to their owner, who made them so, and who would also want
 * them to be in sync: they are writable just meanwhile.
 * @param directories paths from the walk.
 */
export function whileWritable<T>(directories: ReadonlySet<string>, run: () => T): T {
  if (process.platform === 'win32' || process.geteuid?.() === 0) return run();
  const locked: { readonly path: string; readonly mode: number }[] = [];
  for (const path of directories) {
    const mode = statSync(path).mode & MODE_BITS;
    if ((mode & OWNER_WRITES) === 0 && changeMode(path, mode | OWNER_WRITES)) locked.push({ path, mode });
  }
  try {
    return run();
  } finally {
    for (const { path, mode } of locked) changeMode(path, mode);
  }
}

/** False if it is not ours to change; the system then refuses the change itself, and says so. */
function changeMode(path: string, mode: number): boolean {
  try {
    chmodSync(path, mode);
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}
