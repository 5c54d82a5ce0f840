/**
 * A disk in memory, with the calls that a system gives to programs: people's programs and the node's own file tree
 * ({@link MemoryTree}) both use it, and nobody else changes it.
 *
 * Every call happens at once and whole. Paths are relative to the top of the disk; symlinks are never followed.
 * @module
 */
import { NO_BYTES } from '../../core/model/file-record.ts';
import { baseName, parentOf } from '../../core/model/folder-path.ts';
import type { WatchNews } from '../../ports/watcher.ts';
import { DiskFault } from './disk-fault.ts';
import { endWriters, giveEntry, takeEntry, timesOf, type Inode } from './inode.ts';
import type { SeededChance } from './seeded-chance.ts';
import { type PowerCut, Unflushed } from './unflushed.ts';

/** What happened to one directory entry, as the system tells the watcher of that directory. */
export interface DiskNews {
  readonly what: WatchNews['what'];
  readonly directory: Inode;
  readonly path: string;
}

export { lookOf, type Inode } from './inode.ts';

const BASE_BYTES_MAX = 255;

/** How a disk takes names. Default: each as it is. */
export interface NameRules {
  /** Takes no case for a difference. */
  readonly ignoresCase?: boolean;
  /** Keeps all names in normal form D, and finds them in any form. */
  readonly decomposes?: boolean;
}

export class MemoryDisk {
  readonly top: Inode;
  /** Bytes that may still be written. */
  freeBytes = 1e15;
  totalBytes = 1e15;
  /** Takes no case for a difference: two names that differ in it alone are one, called as whoever made it called it. */
  readonly ignoresCase: boolean;
  readonly #decomposes: boolean;
  readonly #nowNs: () => bigint;
  readonly #listeners = new Set<(news: DiskNews) => void>();
  /** Numbers of removed inodes are given out again at once, as real disks do: a number alone proves nothing. */
  readonly #freeNumbers: bigint[] = [];
  #nextNumber = 2n;
  /** The top of each mounted disk, and the directory that it covers. */
  readonly #covered = new Map<Inode, Inode>();
  readonly #unflushed: Unflushed;

  /** `nowNs`: the time that inodes get, nanoseconds since 1970. */
  constructor(nowNs: () => bigint, { ignoresCase = false, decomposes = false }: NameRules = {}) {
    this.#nowNs = nowNs;
    this.ignoresCase = ignoresCase;
    this.#decomposes = decomposes;
    this.#unflushed = new Unflushed(() => Number(nowNs() / 1_000_000n));
    this.top = this.#inode('directory', 0o755, NO_BYTES);
  }

  /** How often anything was changed or made durable. */
  get steps(): number {
    return this.#unflushed.steps;
  }

  /** Calls `listener` after each change; returns how to stop that. */
  listen(listener: (news: DiskNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What stands at a path; '' is the top. A parent that is no directory: undefined. */
  find(path: string): Inode | undefined {
    if (path === '') return this.top;
    let inode: Inode | undefined = this.top;
    for (const part of this.#kept(path).split('/')) inode = inode?.children.get(part);
    return inode;
  }

  /** How a path is spelled on this disk, as far as it leads to something. */
  spelled(path: string): string {
    if (!this.ignoresCase) return path;
    let inode: Inode | undefined = this.top;
    const parts = path.split('/').map((part) => {
      const kept = this.#kept(part);
      const base = inode === undefined ? kept : (this.#entryOf(inode, kept) ?? kept);
      inode = inode?.children.get(base);
      return base === kept ? part : base; // another form of it is no other spelling
    });
    return parts.join('/');
  }

  /** As the disk keeps a path. */
  #kept(path: string): string {
    return this.#decomposes ? path.normalize('NFD') : path;
  }

  /** Where an inode is now; undefined if no name leads to it. */
  pathOf(inode: Inode): string | undefined {
    if (inode === this.top) return '';
    if (inode.entry === undefined) return undefined;
    const above = this.pathOf(inode.entry.directory);
    if (above === undefined) return undefined;
    return above === '' ? inode.entry.base : `${above}/${inode.entry.base}`;
  }

  createFile(path: string, permissions = 0o644, content: Uint8Array = NO_BYTES): Inode {
    const inode = this.#create(path, () => this.#inode('file', permissions, content));
    this.#tell('appeared', inode);
    return inode;
  }

  makeDirectory(path: string, permissions = 0o755): Inode {
    const inode = this.#create(path, () => this.#inode('directory', permissions, NO_BYTES));
    this.#tell('appeared-directory', inode);
    return inode;
  }

  makeSymlink(path: string, target: Uint8Array): Inode {
    const inode = this.#create(path, () => this.#inode('symlink', 0o777, target));
    this.#tell('appeared', inode);
    return inode;
  }

  /** A pipe, a socket or a device. */
  makeOther(path: string): Inode {
    const inode = this.#link(path, () => this.#inode('other', 0o644, NO_BYTES));
    this.#tell('appeared', inode);
    return inode;
  }

  /** Begins to hold a file open for writing. */
  openForWriting(inode: Inode): void {
    if (inode.type === 'directory') throw new DiskFault('EISDIR', this.pathOf(inode) ?? '?');
    inode.writers += 1;
  }

  closeAfterWriting(inode: Inode): void {
    inode.writers -= 1;
    this.#tell('closed', inode);
  }

  /** Gives a file other content, through an open handle: it works wherever the inode went meanwhile. */
  write(inode: Inode, content: Uint8Array): void {
    this.#unflushed.writing(inode);
    inode.content = content;
    inode.modifiedNs = this.#nowNs();
    inode.changedNs = inode.modifiedNs;
    this.#tell('written', inode);
  }

  setAttributes(inode: Inode, attributes: { permissions?: number; modifiedNs?: bigint }): void {
    const { permissions, modifiedNs, changedNs } = inode;
    const before = { permissions, modifiedNs, changedNs };
    this.#unflushed.changed([this.pathOf(inode) ?? ''], () => Object.assign(inode, before));
    if (attributes.permissions !== undefined) inode.permissions = attributes.permissions;
    if (attributes.modifiedNs !== undefined) inode.modifiedNs = attributes.modifiedNs;
    inode.changedNs = this.#nowNs();
    this.#tell('written', inode);
  }

  /** As rename(2): a file replaces a file, a directory replaces an empty directory, all else is refused. */
  rename(askedFrom: string, askedTo: string): void {
    const [from, to] = [this.#kept(askedFrom), this.#kept(askedTo)];
    const inode = this.#existing(from);
    if (from === to) return;
    if (to.startsWith(`${from}/`)) throw new DiskFault('EINVAL', to);
    const entry = this.find(this.spelled(to));
    // Another spelling of its own name is no other entry.
    const old = entry === inode ? undefined : entry;
    if (old !== undefined) this.#checkReplaceable(inode, old, to);
    const parent = this.#parent(to); // refuses now, while nothing is changed
    const [before, oldEntry] = [inode.entry, old?.entry];
    const resetTimes = timesOf(inode, old, parent, before?.directory);
    this.#unflushed.changed([from, to], () => {
      takeEntry(inode);
      giveEntry(inode, before);
      if (old !== undefined) giveEntry(old, oldEntry);
      resetTimes();
    });
    if (old !== undefined) {
      this.#unlink(old);
      this.#release(old);
    }
    this.#unlinkEntry(inode, from);
    this.#link(to, () => inode);
    inode.changedNs = this.#nowNs();
    this.#tell(inode.type === 'directory' ? 'appeared-directory' : 'appeared', inode);
  }

  /** A file's bytes are about to be changed, unseen by anybody. */
  writingInPlace(inode: Inode): void {
    this.#unflushed.writing(inode);
  }

  /** fsync(2) of a file. */
  flush(inode: Inode): void {
    this.#unflushed.flush(inode);
  }

  /** fsync(2) of a directory: all names are durable. */
  flushNames(): void {
    this.#unflushed.flushNames();
  }

  /** The machine loses its power: nobody runs any more, and what was not durable is lost in part. */
  cutPower(chance: SeededChance): PowerCut {
    const cut = this.#unflushed.cut(chance);
    this.#freeNumbers.length = 0;
    endWriters(this.top);
    for (const listener of this.#listeners) listener({ what: 'written', directory: this.top, path: '' });
    return cut;
  }

  /** Removes anything but a directory. */
  unlink(asked: string): void {
    const path = this.#kept(asked);
    const inode = this.#existing(path);
    if (inode.type === 'directory') throw new DiskFault('EISDIR', path);
    this.#noteRemoval(inode, path);
    this.#unlinkEntry(inode, path);
    this.#release(inode);
  }

  /** Removes an empty directory. */
  removeDirectory(asked: string): void {
    const path = this.#kept(asked);
    const inode = this.#existing(path);
    if (inode.type !== 'directory') throw new DiskFault('ENOTDIR', path);
    if (inode.children.size > 0) throw new DiskFault('ENOTEMPTY', path);
    this.#noteRemoval(inode, path);
    this.#unlinkEntry(inode, path);
    this.#release(inode);
  }

  /** Covers a directory with another disk: an empty one, or one that {@link unmount} gave back. */
  mount(path: string, top: Inode = this.#inode('directory', 0o755, NO_BYTES)): void {
    const covered = this.#existing(path);
    this.#exchange(covered, top);
    this.#covered.set(top, covered);
  }

  /** Takes the disk away; the directory below shows again. */
  unmount(path: string): Inode {
    const top = this.#existing(path);
    const covered = this.#covered.get(top);
    if (covered === undefined) throw new DiskFault('EINVAL', path);
    this.#covered.delete(top);
    this.#exchange(top, covered);
    return top;
  }

  isMount(inode: Inode): boolean {
    return this.#covered.has(inode);
  }

  #create(asked: string, make: () => Inode): Inode {
    const path = this.#kept(asked);
    const resetTimes = timesOf(this.#parent(path));
    const inode = this.#link(path, make);
    this.#unflushed.changed([path], () => {
      takeEntry(inode);
      resetTimes();
    });
    return inode;
  }

  #noteRemoval(inode: Inode, path: string): void {
    const { entry } = inode;
    const resetTimes = timesOf(inode, entry?.directory);
    this.#unflushed.changed([path], () => {
      giveEntry(inode, entry);
      resetTimes();
    });
  }

  #exchange(there: Inode, instead: Inode): void {
    const { entry } = there;
    if (entry === undefined) return;
    entry.directory.children.set(entry.base, instead);
    instead.entry = entry;
    there.entry = undefined;
  }

  #existing(path: string): Inode {
    const inode = this.find(path);
    if (inode === undefined || inode === this.top) throw new DiskFault('ENOENT', path);
    return inode;
  }

  #checkReplaceable(inode: Inode, old: Inode, path: string): void {
    if (inode.type === 'directory' && old.type !== 'directory') throw new DiskFault('ENOTDIR', path);
    if (inode.type !== 'directory' && old.type === 'directory') throw new DiskFault('EISDIR', path);
    if (old.children.size > 0) throw new DiskFault('ENOTEMPTY', path);
  }

  /** The entry of a directory that is found under a name. */
  #entryOf(directory: Inode, base: string): string | undefined {
    if (directory.children.has(base)) return base;
    if (!this.ignoresCase) return undefined;
    const folded = base.toLowerCase();
    return [...directory.children.keys()].find((other) => other.toLowerCase() === folded);
  }

  /** The directory that a new entry goes to. */
  #parent(path: string): Inode {
    const parent = this.find(parentOf(path));
    if (parent === undefined) throw new DiskFault('ENOENT', path);
    if (parent.type !== 'directory') throw new DiskFault('ENOTDIR', path);
    if (Buffer.byteLength(baseName(path)) > BASE_BYTES_MAX) throw new DiskFault('ENAMETOOLONG', path);
    return parent;
  }

  #link(asked: string, make: () => Inode): Inode {
    const path = this.#kept(asked);
    const directory = this.#parent(path);
    const base = baseName(path);
    if (this.#entryOf(directory, base) !== undefined) throw new DiskFault('EEXIST', path);
    const inode = make();
    directory.children.set(base, inode);
    inode.entry = { directory, base };
    this.#touch(directory);
    return inode;
  }

  #unlinkEntry(inode: Inode, path: string): void {
    this.#unlink(inode);
    const directory = this.#parent(path);
    this.#touch(directory);
    for (const listener of this.#listeners) listener({ what: 'vanished', directory, path });
  }

  #unlink(inode: Inode): void {
    inode.entry?.directory.children.delete(inode.entry.base);
    inode.entry = undefined;
    inode.changedNs = this.#nowNs();
  }

  #touch(directory: Inode): void {
    directory.modifiedNs = this.#nowNs();
    directory.changedNs = directory.modifiedNs;
  }

  #release(inode: Inode): void {
    if (inode.writers === 0) this.#freeNumbers.push(inode.number);
  }

  #inode(type: Inode['type'], permissions: number, bytes: Uint8Array): Inode {
    const now = this.#nowNs();
    const number = this.#freeNumbers.pop() ?? this.#nextNumber++;
    const symlinkTarget = type === 'symlink' ? bytes : NO_BYTES;
    const content = type === 'file' ? bytes : NO_BYTES;
    const times = { modifiedNs: now, changedNs: now };
    return {
      number,
      type,
      content,
      permissions,
      ...times,
      symlinkTarget,
      children: new Map(),
      entry: undefined,
      writers: 0,
    };
  }

  #tell(what: DiskNews['what'], inode: Inode): void {
    const path = this.pathOf(inode);
    if (path === undefined || inode.entry === undefined) return;
    const { directory } = inode.entry;
    for (const listener of this.#listeners) listener({ what, directory, path });
  }
}

/** Removes a path and all that is below it, one by one, as programs do. @throws DiskFault */
export function removeTree(disk: MemoryDisk, path: string): void {
  const inode = disk.find(path);
  if (inode?.type !== 'directory') {
    disk.unlink(path);
    return;
  }
  for (const base of [...inode.children.keys()].sort()) removeTree(disk, `${path}/${base}`);
  disk.removeDirectory(path);
}
