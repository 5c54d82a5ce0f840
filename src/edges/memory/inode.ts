/**
 * One file, directory or other thing on a disk in memory.
 * @module
 */
import type { EntryType } from '../../core/model/file-record.ts';

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
