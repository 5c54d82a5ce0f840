/**
 * The directory that a person wants to share, as the system knows it.
 * @module
 */
import { realpathSync, statSync } from 'node:fs';
import { LanfoldError } from '../core/errors.ts';
import type { Chance } from '../ports/chance.ts';

/**
 * @returns the path with all symlinks resolved.
 * @throws LanfoldError `E_FOLDER_MISSING`, `E_FOLDER_NOT_A_DIRECTORY` or `E_FOLDER_UNREADABLE`.
 */
export function demandDirectory(path: string): string {
  try {
    const real = realpathSync(path);
    if (!statSync(real).isDirectory()) throw new LanfoldError('E_FOLDER_NOT_A_DIRECTORY', { subject: path });
    return real;
  } catch (cause) {
    if (cause instanceof LanfoldError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const kind = code === 'EACCES' || code === 'EPERM' ? 'E_FOLDER_UNREADABLE' : 'E_FOLDER_MISSING';
    throw new LanfoldError(kind, { subject: path, cause });
  }
}

/** A name that people recognise, and chance so that two folders of one name are two. */
export function freshFolderId(directory: string, chance: Chance): string {
  const base = directory.slice(directory.lastIndexOf('/') + 1).toLowerCase();
  const readable = base.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 32);
  const random = [...chance.bytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${readable}-${random}`;
}
