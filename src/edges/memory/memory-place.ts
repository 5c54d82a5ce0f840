/**
 * Puts one change in place on a disk in memory, whole and at once: the look that the caller expects, the displacing and the
 * rename are one step, and only between two changes can a user or a crash come.
 * @module
 */
import { sameLook } from '../../core/model/file-record.ts';
import type { Applied, Change, Displace, Expected } from '../../ports/file-tree.ts';
import { type Inode, lookOf } from './memory-disk.ts';
import { HISTORY, type MemoryFolder, nameTrouble, STAGING, trouble } from './memory-folder.ts';
import { keepInHistory } from './memory-history.ts';

type ChangeOf<Kind extends Change['change']> = Extract<Change, { change: Kind }>;

const CHANGED = trouble('changed', 'something else is there now');
const PARENT = trouble('parent', 'the parent directory is not there');
const IN_USE = trouble('in-use', 'a program holds it open for writing');
const NO_HISTORY = trouble('no-history', 'what stands in its place is no directory');
const TAKEN = trouble('exists', 'the name is taken');
const NOT_A_FILE = trouble('not-a-file', 'it is not a regular file');

/** @throws DiskFault when the disk refuses; then nothing was changed. */
export function place(folder: MemoryFolder, change: Change, nowMs: number): Applied {
  const refused = nameTrouble(change.name) ?? (change.change === 'move' ? nameTrouble(change.from) : undefined);
  if (refused !== undefined) return refused;
  if (!folder.hasParent(change.name)) return PARENT;
  switch (change.change) {
    case 'file':
      return placeFile(folder, change, nowMs);
    case 'symlink':
      return (
        makeRoom(folder, change, nowMs) ??
        done(folder.disk.makeSymlink(folder.path(change.name), change.target.slice()))
      );
    case 'directory':
      return placeDirectory(folder, change, nowMs);
    case 'attributes':
      return placeAttributes(folder, change);
    case 'delete':
      return folder.find(change.name) === undefined || folder.isTwin(change.name)
        ? { look: undefined }
        : (makeRoom(folder, change, nowMs) ?? { look: undefined });
    case 'move':
    default:
      return move(folder, change);
  }
}

function placeFile(folder: MemoryFolder, change: ChangeOf<'file'>, nowMs: number): Applied {
  if (nameTrouble(change.stage) !== undefined || change.stage.includes('/')) {
    return trouble('name-not-allowed', 'no name for a staged file');
  }
  const staged = folder.find(`${STAGING}/${change.stage}`);
  if (staged === undefined) return trouble('absent', 'there is no such staged file');
  const refused = makeRoom(folder, change, nowMs);
  if (refused !== undefined) return refused;
  const { permissions = 0o644, modifiedNs } = change;
  // Attributes first, as on a real disk: under its name the file is whole from the first moment.
  folder.disk.setAttributes(staged, { permissions, modifiedNs });
  folder.disk.rename(folder.path(`${STAGING}/${change.stage}`), folder.path(change.name));
  return done(staged);
}

function placeDirectory(folder: MemoryFolder, change: ChangeOf<'directory'>, nowMs: number): Applied {
  const { permissions } = change;
  const there = folder.find(change.name);
  if (there?.type !== 'directory') {
    return makeRoom(folder, change, nowMs) ?? done(folder.disk.makeDirectory(folder.path(change.name), permissions));
  }
  if (!isExpected(there, change.expected)) return CHANGED;
  if (permissions !== undefined && permissions !== there.permissions) folder.disk.setAttributes(there, { permissions });
  return done(there);
}

function placeAttributes(folder: MemoryFolder, change: ChangeOf<'attributes'>): Applied {
  const there = folder.find(change.name);
  if (!isExpected(there, change.expected)) return CHANGED;
  if (there?.type !== 'file') return NOT_A_FILE;
  if (there.writers > 0 && change.modifiedNs !== there.modifiedNs) return IN_USE;
  setAttributes(folder, there, change);
  return done(there);
}

function move(folder: MemoryFolder, change: ChangeOf<'move'>): Applied {
  const moved = folder.find(change.from);
  if (moved === undefined || !isExpected(moved, change.expectedFrom)) return CHANGED;
  const isRespelled = change.from.toLowerCase() === change.name.toLowerCase();
  if (moved.type !== 'file' && !isRespelled) return NOT_A_FILE;
  if (moved.type === 'file' && moved.writers > 0 && change.modifiedNs !== moved.modifiedNs) return IN_USE;
  if (folder.find(change.name) !== undefined || (folder.isTwin(change.name) && !isRespelled)) return TAKEN;
  folder.disk.rename(folder.path(change.from), folder.path(change.name));
  if (moved.type === 'file') setAttributes(folder, moved, change); // not before: a refused move changes nothing
  return done(moved);
}

/** Takes away what stands under the name, if it is what the caller expects: says why not otherwise. */
function makeRoom(
  folder: MemoryFolder,
  change: { readonly name: string; readonly expected: Expected; readonly displace: Displace },
  nowMs: number,
): Applied | undefined {
  const there = folder.find(change.name);
  if (!isExpected(there, change.expected)) return CHANGED;
  if (there?.type === 'file' && there.writers > 0) return IN_USE;
  if (there === undefined) return folder.isTwin(change.name) ? TAKEN : undefined;
  if (there.type === 'directory') {
    folder.disk.removeDirectory(folder.path(change.name)); // ENOTEMPTY: what is unknown in it stays (R8)
    return undefined;
  }
  if (change.displace.to === 'history') {
    if ((folder.find(HISTORY)?.type ?? 'directory') !== 'directory') return NO_HISTORY;
    keepInHistory(folder, change.name, nowMs);
  } else return setAside(folder, change.name, change.displace.name);
  return undefined;
}

function setAside(folder: MemoryFolder, name: string, aside: string): Applied | undefined {
  const refused = nameTrouble(aside);
  if (refused !== undefined) return refused;
  if (!folder.hasParent(aside)) return PARENT;
  if (folder.find(aside) !== undefined || folder.isTwin(aside))
    return trouble('exists', 'the name to set it aside under is taken');
  folder.disk.rename(folder.path(name), folder.path(aside));
  return undefined;
}

function setAttributes(
  folder: MemoryFolder,
  inode: Inode,
  { permissions, modifiedNs }: { readonly permissions: number | undefined; readonly modifiedNs: bigint },
): void {
  folder.disk.setAttributes(inode, permissions === undefined ? { modifiedNs } : { permissions, modifiedNs });
}

function isExpected(there: Inode | undefined, expected: Expected): boolean {
  return sameLook(there === undefined ? undefined : lookOf(there), expected);
}

function done(inode: Inode): Applied {
  return { look: lookOf(inode) };
}
