/** Builds records for table tests: short to write, honest in all fields. */
import { createHash } from 'node:crypto';
import { NO_BYTES, type EntryType, type FileRecord, type Look } from '../../src/core/model/file-record.ts';
import { toVersionVector, type VersionVector } from '../../src/core/model/version-vector.ts';

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** `{ 1: 5, 2: 7 }` → the vector in which device 1 counts 5 and device 2 counts 7. */
export function version(counters: Readonly<Record<number, number>>): VersionVector {
  return toVersionVector(
    Object.entries(counters).map(([device, value]) => ({ device: BigInt(device), value: BigInt(value) })),
  );
}

export interface RecordDraft {
  readonly name?: string;
  readonly type?: EntryType;
  /** What the file says; its blocks follow from it. */
  readonly content?: string;
  readonly version?: VersionVector;
  readonly modifiedNs?: bigint;
  readonly modifiedBy?: bigint;
  readonly deleted?: boolean;
  readonly invalid?: boolean;
  readonly permissions?: number;
  readonly target?: string;
  readonly replaces?: string;
}

export function record(draft: RecordDraft = {}): FileRecord {
  const { type = 'file', content = '', deleted = false, invalid = false } = draft;
  const bytes = new TextEncoder().encode(content);
  const isFile = type === 'file' && !deleted && !invalid;
  return {
    name: draft.name ?? 'notes.txt',
    type,
    size: isFile ? bytes.length : 0,
    permissions: type === 'symlink' ? 0 : (draft.permissions ?? 0o644),
    noPermissions: type === 'symlink',
    modifiedNs: draft.modifiedNs ?? 0n,
    modifiedBy: draft.modifiedBy ?? 1n,
    deleted,
    invalid,
    version: draft.version ?? version({ 1: 1 }),
    sequence: 1,
    blockSize: isFile ? 131_072 : 0,
    blocks: isFile ? sha256(bytes) : NO_BYTES,
    symlinkTarget: new TextEncoder().encode(draft.target ?? ''),
    previousBlocksHash:
      draft.replaces === undefined ? NO_BYTES : sha256(sha256(new TextEncoder().encode(draft.replaces))),
  };
}

/** What the disk shows of a record that was put in place. */
export function lookOf(of: FileRecord, changes: Partial<Look> = {}): Look {
  return {
    type: of.type,
    size: of.size,
    permissions: of.permissions,
    modifiedNs: of.modifiedNs,
    changedNs: of.modifiedNs,
    inode: 7n,
    symlinkTarget: of.symlinkTarget,
    ...changes,
  };
}

/** A file of three blocks that no content stands behind, for tests of what keeps or compares records. */
export function blankFile(name: string, changes: Partial<FileRecord> = {}): FileRecord {
  return {
    name,
    type: 'file',
    size: 300_000,
    permissions: 0o644,
    noPermissions: false,
    modifiedNs: 5n,
    modifiedBy: 1n,
    deleted: false,
    invalid: false,
    version: [{ device: 1n, value: 1n }],
    sequence: 1,
    blockSize: 131_072,
    blocks: new Uint8Array(96).fill(7),
    symlinkTarget: NO_BYTES,
    previousBlocksHash: NO_BYTES,
    ...changes,
  };
}
