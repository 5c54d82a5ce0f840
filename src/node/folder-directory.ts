/**
 * The directory that a person wants to share, as the system knows it.
 * @module
 */
import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { LanfoldError } from '../core/errors.ts';
import { checkFolderChoice, type SharedFolder } from '../core/model/folder-choice.ts';
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

/**
 * Which folder a person means by a path.
 * @param own directories of this lanfold's own, which are there.
 * @param id what all members call it. Default: what it is called here already, or a new name.
 * @throws LanfoldError as {@link demandDirectory}; `E_FOLDER_PROTECTED`, `E_FOLDER_NESTED`, `E_FOLDER_EXISTS`.
 */
export function chosenFolder(
  path: string,
  id: string | undefined,
  shared: readonly SharedFolder[],
  own: readonly string[],
  chance: Chance,
): SharedFolder & { readonly isKnown: boolean } {
  const directory = demandDirectory(resolve(path));
  const known = shared.find((folder) => folder.path === directory);
  const chosen = { id: id ?? known?.id ?? freshFolderId(directory, chance), path: directory };
  checkFolderChoice(chosen, shared, { home: homedir(), own: own.map((place) => realpathSync(place)) });
  return { ...chosen, isKnown: known !== undefined };
}

/** A name that people recognise, and chance so that two folders of one name are two. */
function freshFolderId(directory: string, chance: Chance): string {
  const base = directory.slice(directory.lastIndexOf('/') + 1).toLowerCase();
  const readable = base.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 32);
  const random = [...chance.bytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${readable}-${random}`;
}
