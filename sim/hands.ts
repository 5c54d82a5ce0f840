/**
 * A person's hands on one node's folder: calls to the disk, each of them witnessed, so that the oracle knows what people did
 * and what they had before their eyes when they did it.
 * @module
 */
import { NO_BYTES } from '../src/core/model/file-record.ts';
import { baseName, joinName, parentOf } from '../src/core/model/folder-path.ts';
import type { Inode, MemoryDisk } from '../src/edges/memory/memory-disk.ts';

/** What all nodes call the shared folder. */
export const FOLDER_ID = 'sim';
/** Where the shared folder is, on every node's disk. */
export const FOLDER_ROOT = 'folder';

export interface Witness {
  /** A person changed what stands under a name. */
  changed(name: string): void;
  /** A person changed something in this directory, for which it may have to come back. */
  changedIn(directory: string): void;
  /** A person removed a name, or called by another what stood under it. */
  removed(name: string): void;
  /** A person replaces or removes what this file holds, having it before their eyes. */
  replaced(file: Inode): void;
  /** A person gave a file with this content another name. */
  moved(content: Uint8Array): void;
  /** A file has this content while a person still writes it. */
  writing(content: Uint8Array): void;
  /** A person finished this file, with what it holds now. */
  completed(file: Inode): void;
}

export class Hands {
  readonly #disk: MemoryDisk;
  readonly #witness: Witness;

  constructor(disk: MemoryDisk, witness: Witness) {
    this.#disk = disk;
    this.#witness = witness;
  }

  find(name: string): Inode | undefined {
    return this.#disk.find(this.#pathOf(name));
  }

  /** The name under which an inode is in the folder now; undefined if it is not. */
  nameOf(inode: Inode): string | undefined {
    const path = this.#disk.pathOf(inode);
    return path?.startsWith(`${FOLDER_ROOT}/`) ? path.slice(FOLDER_ROOT.length + 1) : undefined;
  }

  /** Makes all directories above a name; false if something else is in the way. */
  makeParents(name: string): boolean {
    const parent = parentOf(name);
    if (parent === '') return true;
    const there = this.find(parent);
    if (there !== undefined) return there.type === 'directory';
    if (!this.makeParents(parent)) return false;
    this.makeDirectory(parent);
    return true;
  }

  makeDirectory(name: string): void {
    this.#disk.makeDirectory(this.#pathOf(name));
    this.#changed(this.#spelled(name));
  }

  symlink(name: string, target: string): void {
    this.#disk.makeSymlink(this.#pathOf(name), Buffer.from(target));
    this.#changed(this.#spelled(name));
  }

  /** Makes an empty file and holds it open. */
  create(name: string): Inode {
    this.#witness.writing(NO_BYTES);
    const inode = this.#disk.createFile(this.#pathOf(name));
    this.#disk.openForWriting(inode);
    this.#changed(this.#spelled(name));
    return inode;
  }

  open(inode: Inode): void {
    this.#disk.openForWriting(inode);
  }

  /** Gives an open file other content. */
  write(inode: Inode, content: Uint8Array): void {
    this.#witness.replaced(inode);
    this.#witness.writing(content);
    this.#disk.write(inode, content);
    this.#changed(this.nameOf(inode));
  }

  /** Lets go of a file, which is finished now; one that nobody can find any more is nothing. */
  close(inode: Inode): void {
    if (this.#disk.pathOf(inode) !== undefined) this.#witness.completed(inode);
    this.#disk.closeAfterWriting(inode);
  }

  attributes(inode: Inode, attributes: { permissions?: number; modifiedNs?: bigint }): void {
    this.#disk.setAttributes(inode, attributes);
    this.#changed(this.nameOf(inode));
  }

  /** @throws DiskFault */
  rename(askedFrom: string, askedTo: string): void {
    const from = this.#spelled(askedFrom);
    const moved = this.find(from);
    const replaced = this.find(askedTo);
    // Another spelling of its own name is a new name.
    const to = replaced === moved ? this.#below(askedTo) : this.#spelled(askedTo);
    this.#disk.rename(pathOf(from), pathOf(to));
    if (replaced !== undefined && replaced !== moved) this.#witness.replaced(replaced);
    if (moved === undefined) return;
    if (moved.type === 'file') this.#witness.moved(moved.content);
    for (const below of namesBelow(moved)) {
      for (const top of [from, to]) this.#changed(`${top}${below}`);
      this.#witness.removed(`${from}${below}`);
    }
  }

  /** Removes a name and all that is below it. */
  remove(asked: string): void {
    const name = this.#spelled(asked);
    const inode = this.find(name);
    if (inode === undefined) return;
    for (const base of [...inode.children.keys()].sort()) this.remove(`${name}/${base}`);
    if (inode.type === 'directory') this.#disk.removeDirectory(pathOf(name));
    else {
      this.#witness.replaced(inode);
      this.#disk.unlink(pathOf(name));
    }
    this.#changed(name);
    this.#witness.removed(name);
  }

  /** As the disk finds it. */
  #pathOf(name: string): string {
    return this.#disk.spelled(pathOf(name));
  }

  #spelled(name: string): string {
    return this.#pathOf(name).slice(pathOf('').length);
  }

  /** A name as it is asked for, in the directory that the disk finds for it. */
  #below(name: string): string {
    return joinName(this.#spelled(parentOf(name)), baseName(name));
  }

  /** The name is changed, and so are the directories that it is in: they may have to come back for it. */
  #changed(name: string | undefined): void {
    if (name === undefined) return;
    this.#witness.changed(name);
    for (let at = parentOf(name); at !== ''; at = parentOf(at)) this.#witness.changedIn(at);
  }
}

function pathOf(name: string): string {
  return `${FOLDER_ROOT}/${name}`;
}

/** '' for the inode itself, `/base` and so on for what is below it. */
function namesBelow(inode: Inode): string[] {
  return ['', ...[...inode.children].flatMap(([base, child]) => namesBelow(child).map((below) => `/${base}${below}`))];
}
