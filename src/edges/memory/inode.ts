/**
 * One file, directory or other thing on a disk in memory.
 * @module
 */
import type { EntryType, Look } from '../../core/model/file-record.ts';

export interface Inode {
  readonly number: bigint;
  readonly type: EntryType | 'other';
  /** A value: replaced when the file is written, never changed in place. */
  content: Uint8Array;
  permissions: number;
  modifiedNs: bigint;
  changedNs: bigint;
  readonly symlinkTarget: Uint8Array;
  /** Of a directory, by name. */
  readonly children: Map<string, Inode>;
  /** The one directory entry that leads here; undefined at the top, and after the removal. */
  entry: { readonly directory: Inode; readonly base: string } | undefined;
  /** How many programs hold it open for writing. */
  writers: number;
}

/** Takes it out of its directory, whose times stay. */
export function takeEntry(inode: Inode): void {
  inode.entry?.directory.children.delete(inode.entry.base);
  inode.entry = undefined;
}

export function giveEntry(inode: Inode, entry: Inode['entry']): void {
  entry?.directory.children.set(entry.base, inode);
  inode.entry = entry;
}

/** A journal keeps a directory's times, and when an inode changed, together with the names. @returns resets them. */
export function timesOf(...inodes: readonly (Inode | undefined)[]): () => void {
  const times = inodes.flatMap((inode) => {
    if (inode === undefined) return [];
    const { type, modifiedNs, changedNs } = inode;
    return [{ inode, before: type === 'directory' ? { modifiedNs, changedNs } : { changedNs } }];
  });
  return () => {
    for (const { inode, before } of times) Object.assign(inode, before);
  };
}

/** Nobody holds it or anything below it open. */
export function endWriters(inode: Inode): void {
  inode.writers = 0;
  for (const child of inode.children.values()) endWriters(child);
}

/** What stat(2) shows of it. */
export function lookOf(inode: Inode): Look {
  const { type, permissions, modifiedNs, changedNs, symlinkTarget, number } = inode;
  const size = type === 'file' ? inode.content.length : 0;
  return { type, size, permissions, modifiedNs, changedNs, inode: number, symlinkTarget };
}
