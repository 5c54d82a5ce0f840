/**
 * What a device knows of one name in a folder: the record that it keeps, and that it tells to its peers (BEP: FileInfo).
 *
 * A record is a value: it is replaced, never changed. It says nothing of the disk; what was seen there is a {@link Look}.
 * @module
 */
import type { VersionVector } from './version-vector.ts';

export type EntryType = 'file' | 'directory' | 'symlink';

export interface FileRecord {
  /** Relative, `/` between parts, NFC, as {@link checkName} demands. */
  readonly name: string;
  readonly type: EntryType;
  /** Bytes of content; 0 unless it is a file that exists. */
  readonly size: number;
  /** The nine permission bits, 0–0o777. */
  readonly permissions: number;
  /** True where the system that made the record has no permission bits (symlinks always). */
  readonly noPermissions: boolean;
  /** Nanoseconds since 1970. For a delete: when it was deleted. */
  readonly modifiedNs: bigint;
  /** Short ID of the device that made this version. */
  readonly modifiedBy: bigint;
  readonly deleted: boolean;
  /** The sender has a record but cannot serve the content (ignored there, say). Never a reason to delete. */
  readonly invalid: boolean;
  readonly version: VersionVector;
  /** The sender's count of changes in this folder, from 1, strictly rising. 0 until the record store assigns one. */
  readonly sequence: number;
  /** Bytes per block, a power of two from 128 KiB to 16 MiB; 0 for anything but a file. */
  readonly blockSize: number;
  /** SHA-256 of each block, 32 bytes each, one after the other; empty for anything but a file that exists. */
  readonly blocks: Uint8Array;
  /** Where a symlink points, as its raw bytes; empty for others. */
  readonly symlinkTarget: Uint8Array;
  /** SHA-256 over `blocks` of the content that this version replaced, or empty if unknown (SPEC V8). */
  readonly previousBlocksHash: Uint8Array;
}

export const HASH_BYTES = 32;
export const NO_BYTES: Uint8Array = new Uint8Array(0);
export const PERMISSION_BITS = 0o777;
/** Beyond ±9.2 × 10^9 seconds the nanoseconds leave 64 bits; the year is 2261 then. Later times count as this one. */
export const TIME_S_MAX = 9_200_000_000;

/** What the disk showed of one name, at one moment. Times are exact nanoseconds since 1970. */
export interface Look {
  /** `other`: a pipe, socket or device; never synced. */
  readonly type: EntryType | 'other';
  readonly size: number;
  readonly permissions: number;
  readonly modifiedNs: bigint;
  /** When the inode last changed (ctime): moves also when the modification time is set back. */
  readonly changedNs: bigint;
  readonly inode: bigint;
  /** Raw target of a symlink; empty for others. */
  readonly symlinkTarget: Uint8Array;
}

/** A record of this device, with what the disk showed when it was made. */
export interface LocalRecord {
  readonly record: FileRecord;
  /** What stands on disk for this record; undefined for deleted and for invalid ones. */
  readonly look: Look | undefined;
}

/** True when nothing happened to the name between two looks (R4: type, size, both times, inode, mode). */
export function sameLook(a: Look | undefined, b: Look | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.type !== b.type || a.permissions !== b.permissions || a.inode !== b.inode) return false;
  if (a.type === 'directory') return true; // size and times of a directory follow its children, which have their own records
  return (
    a.size === b.size &&
    a.modifiedNs === b.modifiedNs &&
    a.changedNs === b.changedNs &&
    sameBytes(a.symlinkTarget, b.symlinkTarget)
  );
}

/** True when two records stand for the same bytes: the same kind of thing with equal content (attributes aside). */
export function sameContent(a: FileRecord, b: FileRecord): boolean {
  if (a.deleted || b.deleted) return a.deleted && b.deleted;
  if (a.type !== b.type) return false;
  if (a.type === 'directory') return true;
  if (a.type === 'symlink') return sameBytes(a.symlinkTarget, b.symlinkTarget);
  return a.size === b.size && a.blockSize === b.blockSize && sameBytes(a.blocks, b.blocks);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** The hash of block `index` of a list of hashes. */
export function blockHash(blocks: Uint8Array, index: number): Uint8Array {
  return blocks.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

export function blockCount(blocks: Uint8Array): number {
  return blocks.length / HASH_BYTES;
}

/** Does the own record say that something is there? */
export function isHere(local: LocalRecord | undefined): local is LocalRecord {
  return local !== undefined && !local.record.deleted && !local.record.invalid;
}
