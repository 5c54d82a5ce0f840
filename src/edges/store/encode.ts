/**
 * Between rows of the tables and the values of the core.
 * @module
 */
import { hash } from 'node:crypto';
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import {
  HASH_BYTES,
  NO_BYTES,
  type EntryType,
  type FileRecord,
  type LocalRecord,
  type Look,
} from '../../core/model/file-record.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import type { Counter, VersionVector } from '../../core/model/version-vector.ts';
import { UnreadableRow, type Row } from './database.ts';

const ENTRY_TYPES: readonly EntryType[] = ['file', 'directory', 'symlink'];
const LOOK_TYPES: readonly Look['type'][] = [...ENTRY_TYPES, 'other'];

export const DELETED = 1;
const INVALID = 2;
const NO_PERMISSIONS = 4;
/** Flags of records that stand for nothing on disk. */
export const ABSENT = DELETED | INVALID;
const COUNTER_BYTES = 16;
const INT64_MAX = (1n << 63n) - 1n;

/** What {@link toRecord} reads; `n`, `r` and `c` are the tables names, records and contents. */
export const RECORD_COLUMNS = `n.name AS name, r.source AS source, r.sequence AS sequence, r.type AS type, r.flags AS flags,
  r.permissions AS permissions, r.modified_ns AS modified_ns, r.modified_by AS modified_by, r.version AS version,
  r.size AS size, r.block_size AS block_size, coalesce(r.block, c.blocks) AS blocks, r.symlink_target AS symlink_target,
  r.previous_hash AS previous_hash`;

/** What {@link toLook} reads; `o` is the table own. */
export const LOOK_COLUMNS = `o.type AS look_type, o.size AS look_size, o.permissions AS look_permissions,
  o.modified_ns AS look_modified_ns, o.changed_ns AS look_changed_ns, o.inode AS look_inode,
  o.symlink_target AS look_symlink_target`;

export function toRecord(row: Row): FileRecord {
  const flags = toNumber(row['flags']);
  return {
    name: toText(row['name']),
    type: ENTRY_TYPES[toNumber(row['type'])] ?? 'file',
    size: toNumber(row['size']),
    permissions: toNumber(row['permissions']),
    noPermissions: (flags & NO_PERMISSIONS) !== 0,
    modifiedNs: toBigInt(row['modified_ns']),
    modifiedBy: toU64(row['modified_by']),
    deleted: (flags & DELETED) !== 0,
    invalid: (flags & INVALID) !== 0,
    version: toVersion(toBytes(row['version'])),
    sequence: toNumber(row['sequence']),
    blockSize: toNumber(row['block_size']),
    blocks: toBytes(row['blocks']),
    symlinkTarget: toBytes(row['symlink_target']),
    previousBlocksHash: toBytes(row['previous_hash']),
  };
}

/**
 * The record as it will be read again. How a name stands must be told from this one: what is lost in keeping would make the
 * counts differ before and after.
 */
export function asKept(record: FileRecord): FileRecord {
  const modifiedNs = clampInt64(record.modifiedNs);
  return modifiedNs === record.modifiedNs ? record : { ...record, modifiedNs };
}

/** The values of a row of records that is {@link asKept}, from `sequence` to `block_size`, in the order of the table. */
export function fromRecord(record: FileRecord): SQLInputValue[] {
  return [
    record.sequence,
    ENTRY_TYPES.indexOf(record.type),
    (record.deleted ? DELETED : 0) | (record.invalid ? INVALID : 0) | (record.noPermissions ? NO_PERMISSIONS : 0),
    record.permissions,
    record.modifiedNs,
    fromU64(record.modifiedBy),
    fromVersion(record.version),
    record.size,
    record.blockSize,
  ];
}

export function toLocalRecord(row: Row): LocalRecord {
  return { record: toRecord(row), look: toLook(row) };
}

function toLook(row: Row): Look | undefined {
  if (row['look_type'] === null) return undefined;
  return {
    type: LOOK_TYPES[toNumber(row['look_type'])] ?? 'other',
    size: toNumber(row['look_size']),
    permissions: toNumber(row['look_permissions']),
    modifiedNs: toBigInt(row['look_modified_ns']),
    changedNs: toBigInt(row['look_changed_ns']),
    inode: toU64(row['look_inode']),
    symlinkTarget: toBytes(row['look_symlink_target']),
  };
}

/** The values of a row of own from `type` on; all NULL without a look. */
export function fromLook(look: Look | undefined): SQLInputValue[] {
  if (look === undefined) return [null, null, null, null, null, null, null];
  return [
    LOOK_TYPES.indexOf(look.type),
    look.size,
    look.permissions,
    clampInt64(look.modifiedNs),
    clampInt64(look.changedNs),
    fromU64(look.inode),
    orNull(look.symlinkTarget),
  ];
}

/** True when the record stands for something that is there. */
export function exists(record: FileRecord): boolean {
  return !record.deleted && !record.invalid;
}

/** The only block of a file, whose hash stands in the record itself; undefined for longer lists and for none. */
export function onlyBlock(blocks: Uint8Array): Uint8Array | undefined {
  return blocks.length === HASH_BYTES ? blocks : undefined;
}

/** 48 bits of a hash: enough to find it by, after which it is compared whole. */
export function hashKey(hash: Uint8Array): number {
  let key = 0;
  for (let i = 0; i < 6; i += 1) key = key * 256 + (hash[i] ?? 0);
  return key;
}

/** The key under which the children of a directory are found; another directory may, by chance, have the same. */
export function directoryKey(folder: number, directory: string): number {
  return hashKey(sha256(`${folder}/${directory}`));
}

export function parentKey(folder: number, name: string): number {
  return directoryKey(folder, parentOf(name));
}

export function sha256(data: string | Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer');
}

export function orNull(bytes: Uint8Array): Uint8Array | null {
  return bytes.length === 0 ? null : bytes;
}

export function fromU64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

export function toU64(value: SQLOutputValue | undefined): bigint {
  return BigInt.asUintN(64, toBigInt(value));
}

export function toNumber(value: SQLOutputValue | undefined): number {
  return Number(toBigInt(value));
}

export function toBigInt(value: SQLOutputValue | undefined): bigint {
  if (typeof value !== 'bigint') throw new UnreadableRow(`a row has ${kindOf(value)} for a number`);
  return value;
}

export function toText(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new UnreadableRow(`a row has ${kindOf(value)} for a text`);
  return value;
}

function kindOf(value: SQLOutputValue | undefined): string {
  if (value === null || value === undefined) return 'nothing';
  return value instanceof Uint8Array ? 'bytes' : `a ${typeof value}`;
}

/** NULL stands for no bytes. */
export function toBytes(value: SQLOutputValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : NO_BYTES;
}

function fromVersion(version: VersionVector): Uint8Array {
  const bytes = Buffer.allocUnsafe(version.length * COUNTER_BYTES);
  version.forEach(({ device, value }, index) => {
    bytes.writeBigUInt64BE(device, index * COUNTER_BYTES);
    bytes.writeBigUInt64BE(value, index * COUNTER_BYTES + 8);
  });
  return bytes;
}

function toVersion(bytes: Uint8Array): VersionVector {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const counters: Counter[] = [];
  for (let at = 0; at + COUNTER_BYTES <= bytes.length; at += COUNTER_BYTES)
    counters.push({ device: view.getBigUint64(at), value: view.getBigUint64(at + 8) });
  return counters;
}

/** Times beyond the years 1677 to 2262 become the nearest that fits. */
function clampInt64(value: bigint): bigint {
  if (value > INT64_MAX) return INT64_MAX;
  return value < -INT64_MAX - 1n ? -INT64_MAX - 1n : value;
}
