/**
 * The border between what peers say of a name (FileInfo) and what we keep of it (FileRecord).
 *
 * In: a decoded message of a peer that is trusted but may be wrong, or hostile. Out: a record that keeps every promise of
 * file-record.ts, or a fault. Source: bep.md §4.3 and §4.4 of the protocol notes; SPEC W30–W49.
 * @module
 */
import { blockBytes } from '../model/block.ts';
import { blockCount, blockHash, HASH_BYTES, NO_BYTES, PERMISSION_BITS, TIME_S_MAX } from '../model/file-record.ts';
import type { EntryType, FileRecord } from '../model/file-record.ts';
import { toNormalForm } from '../model/folder-path.ts';
import { toVersionVector } from '../model/version-vector.ts';
import type { Counter, VersionVector } from '../model/version-vector.ts';
import { blockSizeOf, fileInfoFault } from './file-info-fault.ts';
import type { FileInfoFault } from './file-info-fault.ts';
import type { BlockInfo, FileInfo, FileInfoDraft } from './messages.ts';

/** A record, or why there is none; `disconnect`: the peer broke the protocol, no honest one could have sent this. */
export type FromFileInfo = { readonly record: FileRecord } | FileInfoFault;

const TYPE_NUMBERS: Readonly<Record<EntryType, number>> = { file: 0, directory: 1, symlink: 4 };
const NS_PER_S = 1_000_000_000n;

/**
 * What to tell peers of a record.
 * @param blocksHash SHA-256 over `record.blocks`, if the caller has it. Peers compute it themselves; it only informs.
 */
export function toFileInfo(
  record: FileRecord,
  { blocksHash = NO_BYTES }: { blocksHash?: Uint8Array } = {},
): FileInfoDraft {
  const { modifiedNs } = record;
  const ns = ((modifiedNs % NS_PER_S) + NS_PER_S) % NS_PER_S; // never negative: 1969 is −1 s + 0.5 s, not −0.5 s
  return {
    name: record.name,
    type: TYPE_NUMBERS[record.type],
    size: record.size,
    permissions: record.permissions,
    modifiedS: Number((modifiedNs - ns) / NS_PER_S),
    modifiedNs: Number(ns),
    deleted: record.deleted,
    invalid: record.invalid,
    noPermissions: record.noPermissions,
    version: { counters: record.version },
    sequence: record.sequence,
    modifiedBy: record.modifiedBy,
    blockSize: record.blockSize,
    blocks: toBlockInfos(record),
    symlinkTarget: record.symlinkTarget,
    blocksHash,
    previousBlocksHash: record.previousBlocksHash,
  };
}

/**
 * The record that a peer's entry stands for. Nothing in it refers to the message's memory.
 *
 * What is only untidy is tidied: the name in normal form C, counters sorted, times and permissions brought into range, the
 * size of what has no content is 0.
 */
export function toFileRecord(info: FileInfo): FromFileInfo {
  const name = toNormalForm(info.name);
  const fault = fileInfoFault(info, name);
  if (fault !== undefined) return fault;
  const type = entryTypeOf(info.type);
  const hasContent = info.blocks.length > 0;
  const record: FileRecord = {
    name,
    type,
    size: hasContent ? info.size : 0,
    permissions: info.permissions & PERMISSION_BITS,
    noPermissions: info.noPermissions,
    modifiedNs: toNs(info.modifiedS, info.modifiedNs),
    modifiedBy: info.modifiedBy,
    deleted: info.deleted,
    invalid: info.invalid,
    version: tidyVersion(info.version.counters),
    sequence: info.sequence,
    blockSize: hasContent ? blockSizeOf(info) : 0,
    blocks: hasContent ? joinHashes(info.blocks) : NO_BYTES,
    symlinkTarget: type === 'symlink' && !info.deleted ? info.symlinkTarget.slice() : NO_BYTES,
    previousBlocksHash: info.previousBlocksHash.length === HASH_BYTES ? info.previousBlocksHash.slice() : NO_BYTES,
  };
  return { record };
}

function entryTypeOf(number: number): EntryType {
  if (number === TYPE_NUMBERS.file) return 'file';
  return number === TYPE_NUMBERS.directory ? 'directory' : 'symlink';
}

function toNs(seconds: number, nanoseconds: number): bigint {
  const s = Math.max(-TIME_S_MAX, Math.min(TIME_S_MAX, seconds));
  const ns = Math.max(0, Math.min(999_999_999, nanoseconds));
  return BigInt(s) * NS_PER_S + BigInt(ns);
}

/** The counters as they are if they keep the order, which they nearly always do. */
function tidyVersion(counters: readonly Counter[]): VersionVector {
  const isTidy = counters.every((counter, i) => i === 0 || (counters[i - 1]?.device ?? 0n) < counter.device);
  return isTidy ? counters : toVersionVector(counters);
}

function toBlockInfos({ blocks, size, blockSize }: FileRecord): BlockInfo[] {
  const infos: BlockInfo[] = [];
  for (let index = 0; index < blockCount(blocks); index += 1) {
    infos.push({ offset: index * blockSize, size: blockBytes(size, blockSize, index), hash: blockHash(blocks, index) });
  }
  return infos;
}

function joinHashes(blocks: readonly BlockInfo[]): Uint8Array {
  const hashes = new Uint8Array(blocks.length * HASH_BYTES);
  for (const [index, { hash }] of blocks.entries()) hashes.set(hash, index * HASH_BYTES);
  return hashes;
}
