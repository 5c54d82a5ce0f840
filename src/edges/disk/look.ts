/**
 * Looking: what stands under a name, and what is in a directory.
 *
 * Only a proof of absence counts as absence: ENOENT, or a parent that is no directory. Every other refusal is trouble, for
 * what is taken as absent is announced as deleted.
 * @module
 */
import { isUtf8 } from 'node:buffer';
import { type BigIntStats, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { type Look, NO_BYTES, PERMISSION_BITS, TIME_S_MAX } from '../../core/model/file-record.ts';
import { byName, nameFault, OWN_DIRECTORY, parentOf } from '../../core/model/folder-path.ts';
import type { ListedEntry, Listing, Looked, Trouble } from '../../ports/file-tree.ts';
import { isSpelledOtherwise } from './spelling.ts';
import { errorCode, guarded, trouble } from './trouble.ts';
import { nameTrouble, type Walk } from './walk.ts';

const TYPE_BITS = 0o170000n;
const TIME_NS_MAX = BigInt(TIME_S_MAX) * 1_000_000_000n;

/** The look of a path's last part, which is not followed if it is a symlink. An entry of another spelling is another one. */
export function lookAt(path: string): Look | undefined {
  return lookOnDevice(path)?.look;
}

function lookOnDevice(path: string): LookOnDevice | undefined {
  const found = lookBySystem(path);
  if (found === undefined) return undefined;
  const slash = path.lastIndexOf('/');
  return isSpelledOtherwise(path.slice(0, slash), path.slice(slash + 1)) ? undefined : found;
}

export interface LookOnDevice {
  readonly look: Look;
  readonly device: bigint;
  /** How many names it has. */
  readonly links: bigint;
}

/** What the system finds under a name, which a disk that ignores case may have under another one. */
export function lookBySystem(path: string): LookOnDevice | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const look = lookFrom(stat);
  const { dev: device, nlink: links } = stat;
  if (look.type !== 'symlink') return { look, device, links };
  try {
    const symlinkTarget = new Uint8Array(readlinkSync(path, { encoding: 'buffer' }));
    return { look: { ...look, symlinkTarget }, device, links };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EINVAL' || code === 'ENOENT') return lookBySystem(path); // replaced between the two calls: look anew
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
    modifiedNs: recordable(stat.mtimeNs),
    changedNs: recordable(stat.ctimeNs),
    inode: stat.ino,
    symlinkTarget: NO_BYTES,
  };
}

/** A version is to stay as it is: it may not be one more name of a file that somebody writes to under another one. */
export function isToBeCopied(seen: LookOnDevice | undefined): boolean {
  return seen?.look.type === 'file' && seen.links > 1;
}

/** A time that the records cannot keep would differ from what they say at each look, and be a change each time. */
function recordable(ns: bigint): bigint {
  if (ns > TIME_NS_MAX) return TIME_NS_MAX;
  return ns < -TIME_NS_MAX ? -TIME_NS_MAX : ns;
}

export function look(walk: Walk, names: readonly string[]): Looked[] {
  return names.map((name) => {
    walk.trim();
    if (name === '') return guarded(() => lookAt(`${walk.directory('')}/.`));
    return (
      nameTrouble(name) ??
      guarded(() => {
        const path = walk.path(name);
        return path === undefined ? undefined : lookAt(path);
      })
    );
  });
}

/** Which of these are directories on another device than their parents. */
export function mounted(walk: Walk, names: readonly string[]): boolean[] {
  return names.map((name) => {
    walk.trim();
    if (nameTrouble(name) !== undefined) return false;
    const answer = guarded(() => {
      const path = walk.path(name);
      const seen = path === undefined ? undefined : lookOnDevice(path);
      const parent = walk.directory(parentOf(name));
      if (seen?.look.type !== 'directory' || parent === undefined) return false;
      return seen.device !== deviceOf(parent);
    });
    return answer === true; // a disk that answers with an error is as good as not there
  });
}

function deviceOf(directory: string): bigint {
  return statSync(directory, { bigint: true }).dev;
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
  const device = deviceOf(path);
  for (const raw of readdirSync(path, { encoding: 'buffer' })) {
    const base = raw.toString();
    if (!isUtf8(raw)) unusable.push(base);
    else if (directory !== '' || base !== OWN_DIRECTORY) entries.push(...listed(path, base, device));
  }
  return { entries: entries.sort((a, b) => byName(a.base, b.base)), unusable: unusable.sort(byName) };
}

/** Nothing if the entry went away since the directory was read. */
function listed(directory: string, base: string, device: bigint): ListedEntry[] {
  if (nameFault(base) !== undefined) return [];
  const seen = guarded(() => lookBySystem(`${directory}/${base}`));
  if (seen === undefined) return [];
  if ('trouble' in seen) return [{ base, look: undefined, trouble: seen }];
  const isMount = seen.look.type === 'directory' && seen.device !== device;
  return [{ base, look: seen.look, ...(isMount ? { isMount } : {}) }];
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
