/**
 * Looking: what stands under a name, and what is in a directory.
 *
 * Only a proof of absence counts as absence: ENOENT, or a parent that is no directory. Every other refusal is trouble, for
 * what is taken as absent is announced as deleted.
 * @module
 */
import { isUtf8 } from 'node:buffer';
import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { type Look, NO_BYTES, PERMISSION_BITS } from '../../core/model/file-record.ts';
import { byName, nameFault, OWN_DIRECTORY } from '../../core/model/folder-path.ts';
import type { ListedEntry, Listing, Looked, Trouble } from '../../ports/file-tree.ts';
import { errorCode, guarded, trouble } from './trouble.ts';
import { nameTrouble, type Walk } from './walk.ts';

const TYPE_BITS = 0o170000n;

/** The look of a path's last part, which is not followed if it is a symlink. */
export function lookAt(path: string): Look | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const look = lookFrom(stat);
  if (look.type !== 'symlink') return look;
  try {
    return { ...look, symlinkTarget: new Uint8Array(readlinkSync(path, { encoding: 'buffer' })) };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EINVAL' || code === 'ENOENT') return lookAt(path); // replaced between the two calls: look anew
    throw error;
  }
}

/** The look that a `stat` is, but for the target of a symlink. */
export function lookFrom(stat: BigIntStats): Look {
  const type = typeFrom(stat.mode);
  return {
    type,
    size: type === 'file' ? Number(stat.size) : 0,
    permissions: Number(stat.mode) & PERMISSION_BITS,
    modifiedNs: stat.mtimeNs,
    changedNs: stat.ctimeNs,
    inode: stat.ino,
    symlinkTarget: NO_BYTES,
  };
}

export function look(walk: Walk, names: readonly string[]): Looked[] {
  return names.map((name) => {
    walk.trim();
    return (
      nameTrouble(name) ??
      guarded(() => {
        const path = walk.path(name);
        return path === undefined ? undefined : lookAt(path);
      })
    );
  });
}

/** One level of a directory. lanfold's own directory is not in the listing of the root. */
export function list(walk: Walk, directory: string): Listing | undefined | Trouble {
  const refused = directory === '' ? undefined : nameTrouble(directory);
  return refused ?? guarded(() => listing(walk, directory));
}

function listing(walk: Walk, directory: string): Listing | undefined {
  const path = walk.directory(directory);
  if (path === undefined) return undefined;
  const entries: ListedEntry[] = [];
  const unusable: string[] = [];
  for (const raw of readdirSync(path, { encoding: 'buffer' })) {
    const base = raw.toString();
    if (!isUtf8(raw)) unusable.push(base);
    else if (directory !== '' || base !== OWN_DIRECTORY) entries.push(...listed(path, base));
  }
  return { entries: entries.sort((a, b) => byName(a.base, b.base)), unusable: unusable.sort(byName) };
}

/** Nothing if the entry went away since the directory was read. */
function listed(directory: string, base: string): ListedEntry[] {
  if (nameFault(base) !== undefined) return [];
  const seen = guarded(() => lookAt(`${directory}/${base}`));
  if (seen === undefined) return [];
  if ('trouble' in seen) return [{ base, look: undefined, trouble: seen }];
  return [{ base, look: seen }];
}

function typeFrom(mode: bigint): Look['type'] {
  switch (mode & TYPE_BITS) {
    case 0o100000n:
      return 'file';
    case 0o040000n:
      return 'directory';
    case 0o120000n:
      return 'symlink';
    default:
      return 'other';
  }
}

export function notAFile(): Trouble {
  return trouble('not-a-file', 'it is not a regular file');
}
