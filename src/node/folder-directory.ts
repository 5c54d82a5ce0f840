/**
 * The directory that a person wants to share.
 * @module
 */
import { checkFolderChoice, type Places, type SharedFolder } from '../core/model/folder-choice.ts';
import type { Chance } from '../ports/chance.ts';

export interface ChosenFolder extends SharedFolder {
  /** It is shared already. */
  readonly isKnown: boolean;
}

/** What a machine knows of its directories. */
export interface Directories {
  readonly places: Places;
  /**
   * @returns a directory's absolute path with all symlinks resolved.
   * @throws LanfoldError `E_FOLDER_MISSING`, `E_FOLDER_NOT_A_DIRECTORY` or `E_FOLDER_UNREADABLE`.
   */
  demand(path: string): string;
}

/**
 * Which folder a person means by a path.
 * @param id what all members call it. Default: what it is called here already, or a new name.
 * @throws LanfoldError as {@link Directories.demand}; `E_FOLDER_PROTECTED`, `E_FOLDER_NESTED`, `E_FOLDER_EXISTS`.
 */
export function chosenFolder(
  path: string,
  id: string | undefined,
  shared: readonly SharedFolder[],
  directories: Directories,
  chance: Chance,
): ChosenFolder {
  const directory = directories.demand(path);
  const known = shared.find((folder) => folder.path === directory);
  const chosen = { id: id ?? known?.id ?? freshFolderId(directory, chance), path: directory };
  checkFolderChoice(chosen, shared, directories.places);
  return { ...chosen, isKnown: known !== undefined };
}

/** A name that people recognise, and chance so that two folders of one name are two. */
function freshFolderId(directory: string, chance: Chance): string {
  const base = directory.slice(directory.lastIndexOf('/') + 1).toLowerCase();
  const readable = base.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 32);
  const random = [...chance.bytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${readable}-${random}`;
}
