/**
 * lanfold's own directory in the root of a folder: its key, the staged files, the history.
 * @module
 */
import {
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readdirSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { OWN_DIRECTORY } from '../../core/model/folder-path.ts';
import type { RootState } from '../../ports/file-tree.ts';
import { readFully } from './blocks.ts';
import { errorCode } from './trouble.ts';
import { opened, Walk, walking } from './walk.ts';

export const STAGING = `${OWN_DIRECTORY}/staging`;
export const HISTORY = `${OWN_DIRECTORY}/history`;
const KEY_FILE = 'folder.json';
const KEY_BYTES_MAX = 4096;

/** Says whether the root is the folder that has this key. */
export function check(root: string, folderKey: string): RootState {
  let walk: Walk;
  try {
    walk = new Walk(root);
  } catch (error) {
    return rootState(error);
  }
  try {
    readdirSync(walk.directory('') ?? root); // may be entered, but not read
    const own = walk.directory(OWN_DIRECTORY);
    if (own === undefined) return 'unmarked';
    // What cannot be understood is not this folder: a stop is the safe answer.
    return readKey(`${own}/${KEY_FILE}`) === folderKey ? 'ok' : 'other-folder';
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'unmarked' : 'unreadable';
  } finally {
    walk.close();
  }
}

/** Writes the key aside, makes it durable, puts it in place, makes that durable. */
export function mark(root: string, folderKey: string): void {
  walking(root, (walk) => {
    const touched = new Set<string>([OWN_DIRECTORY]);
    const own = walk.ensure(OWN_DIRECTORY, touched);
    const aside = `${own}/${KEY_FILE}.new`;
    opened(aside, constants.O_WRONLY | constants.O_CREAT, (handle) => {
      fchmodSync(handle, 0o600);
      ftruncateSync(handle, 0);
      writeSync(handle, `${JSON.stringify({ folder: folderKey })}\n`);
      fsyncSync(handle);
    });
    renameSync(aside, `${own}/${KEY_FILE}`);
    for (const name of touched) syncDirectory(walk, name);
  });
}

/** Makes the entries of a directory durable. A directory that is gone needs nothing. */
export function syncDirectory(walk: Walk, name: string): void {
  const path = walk.directory(name);
  // By "." and not by the handle's own path, which is a symlink that O_NOFOLLOW refuses.
  if (path !== undefined) opened(`${path}/.`, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0), fsyncSync);
}

function readKey(path: string): unknown {
  return opened(path, constants.O_RDONLY, (handle) => {
    if (!fstatSync(handle).isFile()) return undefined;
    const buffer = Buffer.alloc(KEY_BYTES_MAX);
    const text = buffer.toString('utf8', 0, readFully(handle, buffer, 0));
    try {
      const parsed: unknown = JSON.parse(text);
      return typeof parsed === 'object' && parsed !== null && 'folder' in parsed ? parsed.folder : undefined;
    } catch {
      return undefined;
    }
  });
}

function rootState(error: unknown): RootState {
  const code = errorCode(error);
  if (code === 'ENOENT') return 'missing';
  return code === 'ENOTDIR' ? 'not-a-directory' : 'unreadable';
}
