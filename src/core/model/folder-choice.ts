/**
 * May this directory be shared? Guards against the mistakes that cannot be undone by a person who has just found lanfold.
 * @module
 */
import { LanfoldError } from '../errors.ts';

export interface SharedFolder {
  readonly id: string;
  /** Absolute, with symlinks resolved, `/` between parts. */
  readonly path: string;
}

/**
 * @param wanted the directory, absolute, with symlinks resolved.
 * @param home the user's home directory.
 * @throws LanfoldError `E_FOLDER_PROTECTED`, `E_FOLDER_NESTED` or `E_FOLDER_EXISTS`.
 */
export function checkFolderChoice(wanted: SharedFolder, shared: readonly SharedFolder[], home: string): void {
  if (wanted.path === '/' || wanted.path === home || isInside(home, wanted.path)) {
    throw new LanfoldError('E_FOLDER_PROTECTED', { subject: wanted.path });
  }
  for (const other of shared) {
    if (other.id === wanted.id && other.path === wanted.path) continue;
    if (other.id === wanted.id || other.path === wanted.path) {
      throw new LanfoldError('E_FOLDER_EXISTS', { subject: other.id === wanted.id ? wanted.id : wanted.path });
    }
    if (isInside(wanted.path, other.path) || isInside(other.path, wanted.path)) {
      throw new LanfoldError('E_FOLDER_NESTED', { subject: wanted.path, because: `"${other.path}" is shared` });
    }
  }
}

function isInside(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
