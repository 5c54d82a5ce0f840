/**
 * LZ4 blocks: metadata travels in them.
 *
 * A block is a row of sequences: a token (high half: literals, low half: match length − 4; 15 means that more length bytes
 * follow), the literals, two bytes of offset, little endian. The last sequence has literals alone. A match ends at least 5
 * bytes, and starts at least 12 bytes, before the end of the content.
 * @module
 */
import { LZ4_RATIO_MAX } from '../limits.ts';
import { WireError } from './wire-error.ts';

const MATCH_MIN = 4;
const OFFSET_MAX = 0xffff;
/** The last bytes of the content are always literals, and no match starts in the last twelve. */
const TAIL_LITERALS = 5;
const TAIL_WITHOUT_MATCH = 12;
/** After so many misses (as a power of two) the search takes larger steps: content that does not compress costs little. */
const MISSES_SHIFT = 6;

/**
 * Unpacks one block.
 * @param contentBytes what the sender says that the block stands for; exactly so many bytes come out.
 * @param contentBytesMax the most that may be allocated.
 * @throws WireError for every block that is not whole and exact.
 */
export function decompressBlock(block: Uint8Array, contentBytes: number, contentBytesMax: number): Uint8Array {
  if (contentBytes > contentBytesMax || contentBytes > block.length * LZ4_RATIO_MAX) {
    throw new WireError('too-large', `A block of ${block.length} bytes says that it stands for ${contentBytes}`);
  }
  const reader = new BlockReader(block);
  const content = new Uint8Array(contentBytes);
  let at = 0;
  for (;;) {
    const token = reader.byte();
    const literals = reader.length(token >>> 4);
    if (literals > contentBytes - at) throw malformed();
    reader.literals(content, at, literals);
    at += literals;
    if (reader.atEnd) break;

    const offset = reader.byte() | (reader.byte() << 8);
    const length = reader.length(token & 15) + MATCH_MIN;
    if (offset === 0 || offset > at || length > contentBytes - at) throw malformed();
    copyMatch(content, at, offset, length);
    at += length;
  }
  if (at !== contentBytes) throw malformed();
  return content;
}

/**
 * Packs content into one block, behind `headBytes` free bytes for whatever the caller puts in front.
 * @returns undefined if the whole would not fit into `bytesMax` bytes: then it is not worth it.
 */
export function compressBlock(content: Uint8Array, headBytes: number, bytesMax: number): Uint8Array | undefined {
  const writer = new BlockWriter(content, headBytes, bytesMax);
  const table = new Int32Array(1 << tableBits(content.length));
  const shift = 32 - tableBits(content.length);
  const lastStart = content.length - TAIL_WITHOUT_MATCH;
  let misses = 1 << MISSES_SHIFT;
  let literalsFrom = 0;
  let at = 0;
  while (at <= lastStart) {
    const four = fourAt(content, at);
    const slot = Math.imul(four, 0x9e37_79b1) >>> shift;
    const candidate = (table[slot] ?? 0) - 1; // the table holds positions + 1, so that 0 says "none"
    table[slot] = at + 1;
    if (candidate < 0 || at - candidate > OFFSET_MAX || fourAt(content, candidate) !== four) {
      at += misses >>> MISSES_SHIFT;
      misses += 1;
      continue;
    }
    misses = 1 << MISSES_SHIFT;
    const length = matchLength(content, candidate, at);
    if (!writer.sequence(literalsFrom, at, at - candidate, length)) return undefined;
    at += length;
    literalsFrom = at;
  }
  return writer.finish(literalsFrom);
}

/** Takes a block apart; never looks behind its end. */
class BlockReader {
  readonly #block: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get atEnd(): boolean {
    return this.#at === this.#block.length;
  }

  byte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw malformed();
    this.#at += 1;
    return byte;
  }

  /** A length, of which the token has told up to 15. */
  length(nibble: number): number {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const more = this.byte();
      length += more;
      if (more < 255) return length;
    }
  }

  /** The caller has made sure that `target` has room. */
  literals(target: Uint8Array, to: number, count: number): void {
    if (count > this.#block.length - this.#at) throw malformed();
    copyLiterals(this.#block, this.#at, target, to, count);
    this.#at += count;
  }
}

/** Lays down sequences; refuses as soon as the room is used up. */
class BlockWriter {
  readonly #content: Uint8Array;
  readonly #out: Uint8Array;
  #at: number;

  constructor(content: Uint8Array, headBytes: number, bytesMax: number) {
    this.#content = content;
    this.#out = new Uint8Array(Math.max(bytesMax, headBytes));
    this.#at = headBytes;
  }

  /** Literals from `from` to `to`, then a match. */
  sequence(from: number, to: number, offset: number, length: number): boolean {
    const extra = length - MATCH_MIN;
    if (!this.#literals(from, to, Math.min(extra, 15), 2 + extra / 255 + 1)) return false;
    this.#out[this.#at] = offset & 0xff;
    this.#out[this.#at + 1] = offset >>> 8;
    this.#at += 2;
    this.#moreLength(extra);
    return true;
  }

  /** The last literals. @returns head and block together. */
  finish(from: number): Uint8Array | undefined {
    if (!this.#literals(from, this.#content.length, 0, 0)) return undefined;
    return this.#out.subarray(0, this.#at);
  }

  #literals(from: number, to: number, matchNibble: number, bytesBehind: number): boolean {
    const count = to - from;
    if (1 + count / 255 + 1 + count + bytesBehind > this.#out.length - this.#at) return false;
    this.#out[this.#at] = (Math.min(count, 15) << 4) | matchNibble;
    this.#at += 1;
    this.#moreLength(count);
    copyLiterals(this.#content, from, this.#out, this.#at, count);
    this.#at += count;
    return true;
  }

  #moreLength(length: number): void {
    if (length < 15) return;
    let rest = length - 15;
    for (; rest >= 255; rest -= 255) {
      this.#out[this.#at] = 255;
      this.#at += 1;
    }
    this.#out[this.#at] = rest;
    this.#at += 1;
  }
}

/** A larger table finds more and takes longer to clear: 2^10 to 2^14 slots, about one per byte of content. */
function tableBits(contentBytes: number): number {
  return Math.min(14, Math.max(10, 32 - Math.clz32(contentBytes)));
}

function matchLength(content: Uint8Array, candidate: number, at: number): number {
  const end = content.length - TAIL_LITERALS;
  let length = MATCH_MIN;
  while (at + length < end && content[candidate + length] === content[at + length]) length += 1;
  return length;
}

function fourAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function copyLiterals(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
  if (count > 32) {
    target.set(source.subarray(from, from + count), to);
    return;
  }
  for (let i = 0; i < count; i += 1) target[to + i] = source[from + i] ?? 0;
}

/** A match may overlap what it makes: offset 1 repeats one byte. */
function copyMatch(content: Uint8Array, to: number, offset: number, length: number): void {
  if (length > 32 && offset >= length) {
    content.copyWithin(to, to - offset, to - offset + length);
    return;
  }
  for (let i = 0; i < length; i += 1) content[to + i] = content[to + i - offset] ?? 0;
}

function malformed(): WireError {
  return new WireError('bad-compression', 'A compressed message is not a whole LZ4 block');
}
