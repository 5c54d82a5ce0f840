/**
 * Where each block of a wanted file comes from: it is staged already, it is a hole, some file here has it, or a peer is
 * asked. What is here is never transferred (SPEC P2).
 * @module
 */
import { blockBytes } from '../model/block.ts';
import { blockCount, blockHash, sameBytes, type FileRecord } from '../model/file-record.ts';

export interface Place {
  readonly name: string;
  readonly offset: number;
}

export type BlockSource =
  | { readonly from: 'staged' }
  /** A full block of zeros: the staged file is made with its final size, so there is nothing to write. */
  | { readonly from: 'hole' }
  | { readonly from: 'file'; readonly place: Place }
  | { readonly from: 'peer' };

export interface PlannedBlock {
  readonly index: number;
  readonly offset: number;
  readonly bytes: number;
  readonly hash: Uint8Array;
  readonly source: BlockSource;
}

export interface Here {
  /** One byte per block: 1 for those that a staged file has already. */
  readonly staged: Uint8Array;
  /** SHA-256 of a full block of zeros, of the wanted file's block size. */
  readonly zeroHash: Uint8Array;
  /** Files here that hold exactly the wanted content. */
  readonly twin: string | undefined;
  /** The version that is here now, if it is a file. */
  readonly old: FileRecord | undefined;
  /** Where else here a block may be found. */
  placeOf(hash: Uint8Array): Place | undefined;
}

/** Gives the wanted file's blocks in order, one by one: a peer may say that a file has a million of them (R19). */
export function* planBlocks(wanted: FileRecord, here: Here): Generator<PlannedBlock, void, undefined> {
  const old = here.old === undefined ? undefined : positions(here.old);
  for (let index = 0; index < blockCount(wanted.blocks); index += 1) {
    const offset = index * wanted.blockSize;
    const bytes = blockBytes(wanted.size, wanted.blockSize, index);
    const hash = blockHash(wanted.blocks, index);
    yield { index, offset, bytes, hash, source: sourceOf(index, offset, bytes, hash) };
  }

  function sourceOf(index: number, offset: number, bytes: number, hash: Uint8Array): BlockSource {
    if (here.staged[index] === 1) return { from: 'staged' };
    if (isHole(wanted, bytes, hash, here.zeroHash)) return { from: 'hole' };
    if (here.twin !== undefined) return { from: 'file', place: { name: here.twin, offset } };
    const oldOffset = old?.get(key(hash));
    if (here.old !== undefined && oldOffset !== undefined) {
      return { from: 'file', place: { name: here.old.name, offset: oldOffset } };
    }
    const place = here.placeOf(hash);
    return place === undefined ? { from: 'peer' } : { from: 'file', place };
  }
}

/** What takes room on the disk, from wherever it comes: all but what is staged and the holes. */
export function bytesToLand(wanted: FileRecord, { staged, zeroHash }: Pick<Here, 'staged' | 'zeroHash'>): number {
  let sum = 0;
  for (let index = 0; index < blockCount(wanted.blocks); index += 1) {
    const bytes = blockBytes(wanted.size, wanted.blockSize, index);
    if (staged[index] !== 1 && !isHole(wanted, bytes, blockHash(wanted.blocks, index), zeroHash)) sum += bytes;
  }
  return sum;
}

function isHole({ blockSize }: FileRecord, bytes: number, hash: Uint8Array, zeroHash: Uint8Array): boolean {
  return bytes === blockSize && sameBytes(hash, zeroHash);
}

function positions(record: FileRecord): Map<string, number> {
  const found = new Map<string, number>();
  for (let index = 0; index < blockCount(record.blocks); index += 1) {
    found.set(key(blockHash(record.blocks, index)), index * record.blockSize);
  }
  return found;
}

/** A hash as a map key. */
function key(hash: Uint8Array): string {
  return String.fromCharCode(...hash);
}
