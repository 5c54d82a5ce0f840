/**
 * One folder on a {@link MemoryDisk}: names to paths, its own directory, and the disk's refusals as troubles.
 * @module
 */
import { hash } from 'node:crypto';
import { nameFault, OWN_DIRECTORY, parentOf } from '../../core/model/folder-path.ts';
import type { Trouble } from '../../ports/file-tree.ts';
import { DiskFault, type DiskFaultCode } from './disk-fault.ts';
import { type Inode, type MemoryDisk } from './memory-disk.ts';

export const STAGING = `${OWN_DIRECTORY}/staging`;
export const HISTORY = `${OWN_DIRECTORY}/history`;

const TROUBLES: Readonly<Record<DiskFaultCode, Trouble['trouble']>> = {
  ENOENT: 'absent',
  EEXIST: 'exists',
  ENOTDIR: 'parent',
  EISDIR: 'not-a-file',
  ENOTEMPTY: 'not-empty',
  EINVAL: 'name-not-allowed',
  ENAMETOOLONG: 'name-not-allowed',
};

export class MemoryFolder {
  readonly disk: MemoryDisk;
  readonly #root: string;

  /** `root`: path of the folder on the disk. */
  constructor(disk: MemoryDisk, root: string) {
    this.disk = disk;
    this.#root = root;
  }

  /** The root itself; undefined while there is none. */
  get root(): Inode | undefined {
    return this.disk.find(this.#root);
  }

  /** The disk's path for a name. */
  path(name: string): string {
    return name === '' ? this.#root : `${this.#root}/${name}`;
  }

  find(name: string): Inode | undefined {
    return this.disk.find(this.path(name));
  }

  /** Is what the disk finds under the name called otherwise there? To the folder that is another name. */
  isTwin(name: string): boolean {
    const path = this.path(name);
    return this.find(name) === undefined && this.disk.spelled(path) !== path && this.hasParent(name);
  }

  /** True if the name's parent is a directory, reached through directories only. */
  hasParent(name: string): boolean {
    return this.find(parentOf(name))?.type === 'directory';
  }

  /** A directory of the folder, made with all above it if it is not there. @returns its path on the disk. */
  ensure(directory: string): string {
    const path = this.path(directory);
    if (this.find(directory) === undefined) {
      this.ensure(parentOf(directory));
      this.disk.makeDirectory(path, 0o700);
    }
    return path;
  }
}

/** Why a caller may not use this name, or undefined: it has to stay inside the folder and out of its own directory. */
export function nameTrouble(name: string): Trouble | undefined {
  const fault = nameFault(name);
  if (fault !== undefined) return trouble('name-not-allowed', `the name is not canonical: ${fault}`);
  const own = `${name}/`.toLowerCase().startsWith(`${OWN_DIRECTORY}/`);
  return own ? trouble('name-not-allowed', `${OWN_DIRECTORY} is lanfold's own`) : undefined;
}

export function trouble(kind: Trouble['trouble'], detail: string): Trouble {
  return { trouble: kind, detail };
}

/** Runs one item of a batch; what the disk refuses becomes a value, so that it spoils no other item. */
export function guarded<T>(run: () => T): T | Trouble {
  try {
    return run();
  } catch (fault) {
    if (fault instanceof DiskFault) return trouble(TROUBLES[fault.code], fault.message);
    throw fault;
  }
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
