/**
 * How a file is cut into blocks.
 *
 * Every device must cut alike: equal content with other block sizes looks like other content (SPEC B1).
 * @module
 */

export const BLOCK_BYTES_MIN = 128 * 1024;
export const BLOCK_BYTES_MAX = 16 * 1024 * 1024;
const BLOCKS_PER_FILE = 2000;

/** The block size for a new file of `size` bytes: the smallest power of two that keeps it below 2,000 blocks. */
export function blockSizeFor(size: number): number {
  let bytes = BLOCK_BYTES_MIN;
  while (bytes < BLOCK_BYTES_MAX && size >= BLOCKS_PER_FILE * bytes) bytes *= 2;
  return bytes;
}

/**
 * The block size for a file that had one before: the old one stays while it is at most a factor of two off, so that a
 * growing file is not hashed, and sent, anew at each border.
 */
export function blockSizeAfter(size: number, before: number): number {
  const wanted = blockSizeFor(size);
  if (!isBlockSize(before)) return wanted;
  return wanted <= before * 2 && before <= wanted * 2 ? before : wanted;
}

export function isBlockSize(bytes: number): boolean {
  return bytes >= BLOCK_BYTES_MIN && bytes <= BLOCK_BYTES_MAX && Number.isInteger(Math.log2(bytes));
}

/** How many blocks a file has. An empty file has one, of no bytes. */
export function blocksIn(size: number, blockSize: number): number {
  return Math.max(1, Math.ceil(size / blockSize));
}

/** The bytes of block `index`: `blockSize`, but for the last one. */
export function blockBytes(size: number, blockSize: number, index: number): number {
  return Math.max(0, Math.min(blockSize, size - index * blockSize));
}
