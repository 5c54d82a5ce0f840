/**
 * Reading and hashing the blocks of open files.
 * @module
 */
import { createHash, hash as hashOnce } from 'node:crypto';
import { readSync } from 'node:fs';
import { HASH_BYTES } from '../../core/model/file-record.ts';
import { BLOCK_BYTES_MIN } from '../../core/model/block.ts';

/** Read piece by piece: larger reads are slower, since they fall out of the processor's cache (measured: 5–10 %). */
const PIECE_BYTES = BLOCK_BYTES_MIN;

/** One buffer for all reading of a thread. What it holds is void after the next await or the next use. */
export class Scratch {
  readonly #buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);

  /** At most {@link PIECE_BYTES} are kept; a larger buffer is made for one use. */
  take(bytes: number): Buffer {
    return bytes <= PIECE_BYTES ? this.#buffer.subarray(0, bytes) : Buffer.allocUnsafeSlow(bytes);
  }
}

export function sha256(bytes: Uint8Array): Buffer {
  return hashOnce('sha256', bytes, 'buffer');
}

/** Fills the buffer from a place in the file; fewer bytes only at the file's end. */
export function readFully(handle: number, into: Uint8Array, offset: number): number {
  let filled = 0;
  while (filled < into.length) {
    const got = readSync(handle, into, filled, into.length - filled, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

/** SHA-256 of a stretch of the file (32 bytes), or undefined if the file ends before it does. */
export function hashStretch(handle: number, offset: number, bytes: number, scratch: Scratch): Buffer | undefined {
  if (bytes <= PIECE_BYTES) {
    const piece = scratch.take(bytes);
    return readFully(handle, piece, offset) === bytes ? sha256(piece) : undefined;
  }
  const hash = createHash('sha256');
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const piece = scratch.take(Math.min(PIECE_BYTES, bytes - at));
    if (readFully(handle, piece, offset + at) !== piece.length) return undefined;
    hash.update(piece);
  }
  const digest = hash.digest();
  return digest.length === HASH_BYTES ? digest : undefined;
}
