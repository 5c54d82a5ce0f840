/**
 * A name in a folder: relative, `/` between its parts, and unable to leave the folder.
 * @module
 */

export const NAME_PART_BYTES_MAX = 255;
/** Linux refuses paths from 4,096 bytes on; the walk is part by part, so only a peer's malice needs more. */
export const NAME_BYTES_MAX = 8192;

/** lanfold's own directory in the root of each folder: identity, staged blocks, history. */
export const OWN_DIRECTORY = '.lanfold';
export const IGNORE_FILE = '.stignore';

export type NameFault = 'not-canonical' | 'outside' | 'too-long' | 'bad-character';

/**
 * What is wrong with a name that a peer sent, or undefined if it may be used (SPEC N1, N2).
 *
 * A name is good when it is what a path cleaner would leave: no empty part, no `.` or `..`, not absolute. A NUL or a lone
 * surrogate cannot be a name on disk. A backslash is an ordinary character here, as on every POSIX disk.
 */
export function nameFault(name: string): NameFault | undefined {
  if (name === '') return 'not-canonical';
  if (name.startsWith('/')) return 'outside';
  if (name.includes('\0') || !name.isWellFormed()) return 'bad-character';
  const parts = name.split('/');
  if (parts[0] === '..' || name === '.') return 'outside';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'not-canonical';
  if (name.length > NAME_BYTES_MAX) return 'too-long';
  return undefined;
}

const INTERNAL_DIRECTORIES: readonly string[] = [OWN_DIRECTORY, '.stfolder', '.stversions'];

/**
 * True for names that either program keeps for itself: never announced, never accepted (SPEC N4). In whatever case: on many
 * disks `.LANFOLD` is the same directory, and a peer must not write into it.
 */
export function isInternalName(name: string): boolean {
  if (name.startsWith('.') && (isOwnOrBelow(name) || name.toLowerCase() === IGNORE_FILE)) return true;
  return isTemporaryName(baseName(name));
}

function isOwnOrBelow(name: string): boolean {
  const slash = name.indexOf('/');
  return INTERNAL_DIRECTORIES.includes((slash === -1 ? name : name.slice(0, slash)).toLowerCase());
}

/** Unfinished files of Syncthing and of lanfold, by their last part. */
function isTemporaryName(base: string): boolean {
  return (
    base.endsWith('.tmp') &&
    (base.startsWith('.syncthing.') || base.startsWith('~syncthing~') || base.startsWith('.lanfold-'))
  );
}

const UNFINISHED_COPY = /^\.lanfold-(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.tmp$/u;

/** What a copy is called while it is made beside its place. Nobody syncs that name (SPEC N4). @param id a UUID. */
export function unfinishedCopyName(directory: string, id: string): string {
  return joinName(directory, `.lanfold-${id}.tmp`);
}

/** The UUID of an unfinished copy; undefined for any other name. */
export function unfinishedCopyId(name: string): string | undefined {
  return UNFINISHED_COPY.exec(baseName(name))?.groups?.['id'];
}

/** The directory that holds a name; '' for the root. */
export function parentOf(name: string): string {
  const slash = name.lastIndexOf('/');
  return slash === -1 ? '' : name.slice(0, slash);
}

/** Is the name in one of the directories, however deep? A directory is not in itself. */
export function isBelowOneOf(directories: ReadonlySet<string>, name: string): boolean {
  if (directories.size === 0) return false;
  for (let at = name; at !== ''; at = parentOf(at)) if (directories.has(parentOf(at))) return true;
  return false;
}

/** Those of the names that are below no other. */
export function topmostOf(names: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !isBelowOneOf(names, name));
}

export function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

export function joinName(directory: string, base: string): string {
  return directory === '' ? base : `${directory}/${base}`;
}

/** In UTF-16 units. Normal form C makes one character, of at least two bytes, of at most three of them. */
const PART_UNITS_MAX = 3 * NAME_PART_BYTES_MAX;

/**
 * A peer's name in normal form C, unless a part of it is too long to be one in any form. Such a one stays as it is: to put so
 * many marks on one letter into their order takes the square of their number.
 */
export function toNormalForm(name: string): string {
  const isTooLong = name.length > PART_UNITS_MAX && name.split('/').some((part) => part.length > PART_UNITS_MAX);
  return isTooLong ? name : name.normalize('NFC');
}

/**
 * The name, or of a name that is not in normal form C the deepest directory above it that is: there is no record of anything
 * below, until a walk of that directory has renamed what is in it.
 */
export function normalPart(name: string): string {
  let normal = name;
  while (normal !== normal.normalize('NFC')) normal = parentOf(normal);
  return normal;
}

/**
 * The name that the system's news of an entry are about: some disks take all forms of a name for one, and tell of it in the form
 * that they keep it in.
 * @param isGone whether the entry is gone: then nobody can ask the disk, and to look at a name that never was costs little.
 */
export function nameInNews(name: string, isGone: boolean, isThere: (name: string) => boolean): string {
  const normal = name.normalize('NFC');
  return normal !== name && (isGone || isThere(normal)) ? normal : name;
}

/** True when `name` lies below `directory`, at any depth. Everything lies below the root ''. */
export function isBelow(name: string, directory: string): boolean {
  return directory === '' || name.startsWith(`${directory}/`);
}

/** Order of names by their UTF-16 units, as the record store keeps them. */
export function byName(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Of some directories ('' is the root) those that lie below no other. */
export function topmost(directories: ReadonlySet<string>): string[] {
  if (directories.has('')) return [''];
  const sorted = [...directories].sort();
  return sorted.filter((name) => !sorted.some((other) => other !== name && name.startsWith(`${other}/`)));
}
