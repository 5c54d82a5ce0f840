/**
 * What can be wrong with what a peer says of a name.
 *
 * Faults are of two kinds, because an honest peer passes on what it took from others:
 * - what every Syncthing closes the connection for: nobody can have passed it on, so the peer itself broke the protocol;
 * - what some version takes, and we cannot hold: the entry is skipped and reported, the peer stays. Closing would let one
 *   hostile device cut the honest ones off from each other.
 * @module
 */
import { COUNTERS_PER_VECTOR_MAX, TARGET_BYTES_MAX } from '../limits.ts';
import { BLOCK_BYTES_MIN, blockBytes, blocksIn, isBlockSize } from '../model/block.ts';
import { HASH_BYTES } from '../model/file-record.ts';
import { NAME_PART_BYTES_MAX, nameFault } from '../model/folder-path.ts';
import type { NameFault } from '../model/folder-path.ts';
import { toUtf8 } from '../text.ts';
import type { FileInfo } from './messages.ts';

export interface FileInfoFault {
  readonly fault: FileInfoFaultCode;
  /** The peer broke the protocol: close. Else: skip the entry and report it. */
  readonly disconnect: boolean;
}

/** Closed for by Syncthing 1.19 as by 2.x. */
const BROKEN_PROTOCOL = [
  'name not canonical',
  'name outside the folder',
  'file without blocks',
  'deleted entry with blocks',
  'directory with blocks',
] as const;

/** Taken by one version at least. */
const NOT_OURS_TO_HOLD = [
  'name too long',
  'name with a bad character',
  'unknown type',
  'symlink with blocks',
  'symlink with a size',
  'directory with a size',
  'bad symlink target',
  'bad block size',
  'bad block hash',
  'blocks and size do not agree',
  'size out of range',
  'sequence out of range',
  'too many counters',
] as const;

export type FileInfoFaultCode = (typeof BROKEN_PROTOCOL)[number] | (typeof NOT_OURS_TO_HOLD)[number];

const NAME_FAULTS: Readonly<Record<NameFault, FileInfoFaultCode>> = {
  'not-canonical': 'name not canonical',
  outside: 'name outside the folder',
  'bad-character': 'name with a bad character',
  'too-long': 'name too long',
};

const FILE = 0;
const DIRECTORY = 1;
const SYMLINK = 4;
/** Some versions announce directories with this size. */
const DIRECTORY_SIZE = 128;
/** SHA-256 of no bytes: the one block of an empty file. */
const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** A UTF-16 unit takes at most three bytes of UTF-8. */
const UTF8_BYTES_PER_UNIT = 3;

/** Bytes per block of a file; a sender may leave out the smallest size. */
export function blockSizeOf(info: FileInfo): number {
  return info.blockSize === 0 ? BLOCK_BYTES_MIN : info.blockSize;
}

/** @param name the entry's name in normal form C, as it would be kept. */
export function fileInfoFault(info: FileInfo, name: string): FileInfoFault | undefined {
  const fault = faultOfName(name) ?? faultOfKind(info) ?? faultOfNumbers(info) ?? faultOfBlocks(info);
  if (fault === undefined) return undefined;
  return { fault, disconnect: (BROKEN_PROTOCOL as readonly string[]).includes(fault) };
}

function faultOfName(name: string): FileInfoFaultCode | undefined {
  const fault = nameFault(name);
  if (fault !== undefined) return NAME_FAULTS[fault];
  return hasLongPart(name) ? 'name too long' : undefined;
}

function hasLongPart(name: string): boolean {
  if (name.length * UTF8_BYTES_PER_UNIT <= NAME_PART_BYTES_MAX) return false;
  return name.split('/').some((part) => toUtf8(part).length > NAME_PART_BYTES_MAX);
}

/** What each kind of entry may have. */
function faultOfKind(info: FileInfo): FileInfoFaultCode | undefined {
  const { type, size, deleted, invalid, symlinkTarget } = info;
  const hasBlocks = info.blocks.length > 0;
  if (deleted && hasBlocks) return 'deleted entry with blocks';
  if (type === FILE) return hasBlocks || deleted || invalid ? undefined : 'file without blocks';
  if (type === DIRECTORY) {
    if (hasBlocks) return 'directory with blocks';
    return size === 0 || size === DIRECTORY_SIZE ? undefined : 'directory with a size';
  }
  if (type < 0 || type > SYMLINK) return 'unknown type';
  if (hasBlocks) return 'symlink with blocks';
  if (size !== 0) return 'symlink with a size';
  return deleted || invalid || isTarget(symlinkTarget) ? undefined : 'bad symlink target';
}

/** No disk holds another: not empty, no NUL, not longer than a path. */
function isTarget(target: Uint8Array): boolean {
  return target.length > 0 && target.length <= TARGET_BYTES_MAX && !target.includes(0);
}

function faultOfNumbers({ size, sequence, version }: FileInfo): FileInfoFaultCode | undefined {
  if (!Number.isSafeInteger(size) || size < 0) return 'size out of range';
  if (!Number.isSafeInteger(sequence) || sequence < 1) return 'sequence out of range';
  return version.counters.length > COUNTERS_PER_VECTOR_MAX ? 'too many counters' : undefined;
}

/** Blocks must cover the file from its first byte to its last, all of one size but the last. */
function faultOfBlocks(info: FileInfo): FileInfoFaultCode | undefined {
  const { blocks, size } = info;
  if (blocks.length === 0) return undefined;
  const blockSize = blockSizeOf(info);
  if (!isBlockSize(blockSize)) return 'bad block size';
  if (blocks.length !== blocksIn(size, blockSize)) return 'blocks and size do not agree';
  if (size === 0 && blocks[0] !== undefined && hexOf(blocks[0].hash) !== HASH_OF_NOTHING) return 'bad block hash';
  for (const [index, block] of blocks.entries()) {
    if (block.hash.length !== HASH_BYTES) return 'bad block hash';
    const isInPlace = block.offset === index * blockSize && block.size === blockBytes(size, blockSize, index);
    if (!isInPlace) return 'blocks and size do not agree';
  }
  return undefined;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
