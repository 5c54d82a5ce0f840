/**
 * A directory as the system knows it.
 * @module
 */
import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { LanfoldError } from '../../core/errors.ts';

/**
 * @returns the absolute path with all symlinks resolved.
 * @throws LanfoldError `E_FOLDER_MISSING`, `E_FOLDER_NOT_A_DIRECTORY` or `E_FOLDER_UNREADABLE`.
 */
export function demandDirectory(path: string): string {
  const absolute = resolve(path);
  try {
    const real = realpathSync(absolute);
    if (!statSync(real).isDirectory()) throw new LanfoldError('E_FOLDER_NOT_A_DIRECTORY', { subject: absolute });
    return real;
  } catch (cause) {
    if (cause instanceof LanfoldError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const kind = code === 'EACCES' || code === 'EPERM' ? 'E_FOLDER_UNREADABLE' : 'E_FOLDER_MISSING';
    throw new LanfoldError(kind, { subject: absolute, cause });
  }
}
