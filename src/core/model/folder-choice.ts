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

export interface Places {
  /** The user's home directory. */
  readonly home: string;
  /** Where this lanfold keeps its identity and records. */
  readonly own: readonly string[];
}

/**
 * @param wanted the directory, absolute, with symlinks resolved.
 * @throws LanfoldError `E_FOLDER_PROTECTED`, `E_FOLDER_NESTED` or `E_FOLDER_EXISTS`.
 */
export function checkFolderChoice(wanted: SharedFolder, shared: readonly SharedFolder[], places: Places): void {
  const { path } = wanted;
  if (path === '/' || path === places.home || isInside(places.home, path)) {
    throw new LanfoldError('E_FOLDER_PROTECTED', { subject: path });
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
  // Whoever joined would get this device's key, and be this device.
  if (places.own.some((own) => own === path || isInside(own, path) || isInside(path, own))) {
    throw new LanfoldError('E_FOLDER_PROTECTED', { subject: path, because: "lanfold's own key and records are in it" });
  }
}

function isInside(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
