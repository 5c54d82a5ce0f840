/**
 * Reads protobuf values from bytes that may be anything.
 *
 * Invariant: `position` never passes `end`, and `end` never passes the bytes. Views that it returns share memory with them.
 * @module
 */
import { ELEMENTS_PER_MESSAGE_MAX } from '../limits.ts';
import { fromUtf8 } from '../text.ts';
import { WireError } from './wire-error.ts';

/** How a value is laid out, the low three bits of its tag. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

const TAG_BYTES_MAX = 5;
const TWO_TO_32 = 2 ** 32;

export class Reader {
  position = 0;
  /** Where the current message stops; narrower inside a nested one. */
  end: number;
  readonly #bytes: Uint8Array;
  /** The last varint, as two unsigned halves. */
  #low = 0;
  #high = 0;
  #elementsLeft: number;

  constructor(bytes: Uint8Array, elementsMax = ELEMENTS_PER_MESSAGE_MAX) {
    this.#bytes = bytes;
    this.#elementsLeft = elementsMax;
    this.end = bytes.length;
  }

  /** Field number × 8 + kind of value, in no more bytes than 32 bits can take. */
  tag(): number {
    const start = this.position;
    this.#varint();
    if (this.position - start > TAG_BYTES_MAX) throw new WireError('bad-field', 'The number of a field is too long');
    if (this.#high !== 0 || this.#low >>> 3 === 0) throw new WireError('bad-field', 'A field has no valid number');
    return this.#low >>> 0;
  }

  /** The low 32 bits, signed: what every protobuf implementation makes of an int32 that is too long. */
  int32(): number {
    this.#varint();
    return this.#low | 0;
  }

  uint32(): number {
    this.#varint();
    return this.#low >>> 0;
  }

  bool(): boolean {
    this.#varint();
    return (this.#low | this.#high) !== 0;
  }

  /** A signed 64-bit number. One beyond ±2^53 is rounded, so that `Number.isSafeInteger` tells. */
  int64(): number {
    this.#varint();
    return (this.#high | 0) * TWO_TO_32 + (this.#low >>> 0);
  }

  uint64(): bigint {
    this.#varint();
    const low = BigInt(this.#low >>> 0);
    return this.#high === 0 ? low : (BigInt(this.#high >>> 0) << 32n) | low;
  }

  /** The length of what follows; the following bytes are there. */
  length(): number {
    this.#varint();
    const length = this.#low >>> 0;
    if (this.#high !== 0 || length > this.end - this.position) {
      throw new WireError('truncated', `A length points past the end, at byte ${this.position}`);
    }
    return length;
  }

  /** A view of the next length-delimited value. */
  bytes(bytesMax: number): Uint8Array {
    const length = this.length();
    if (length > bytesMax) throw new WireError('too-large', `A value has ${length} bytes, ${bytesMax} are allowed`);
    const start = this.position;
    this.position += length;
    return this.#bytes.subarray(start, start + length);
  }

  text(bytesMax: number): string {
    const bytes = this.bytes(bytesMax);
    try {
      return fromUtf8(bytes);
    } catch (error) {
      throw new WireError('bad-text', `A text is not UTF-8, before byte ${this.position}`, { cause: error });
    }
  }

  /**
   * Narrows the reader to the next length-delimited value.
   * @returns the end to give to {@link leave} after the value was read.
   */
  enter(): number {
    const length = this.length();
    const outerEnd = this.end;
    this.end = this.position + length;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.end = outerEnd;
  }

  /** Passes over a value of an unknown field. */
  skip(wireType: number): void {
    if (wireType === VARINT) this.#varint();
    else if (wireType === LENGTH_DELIMITED) this.#advance(this.length());
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === FIXED32) this.#advance(4);
    else throw new WireError('bad-field', `A value has the unknown kind ${wireType}`);
  }

  /** Counts one more element of a list; a message may hold only so many in all. */
  countElement(): void {
    this.#elementsLeft -= 1;
    if (this.#elementsLeft < 0) throw new WireError('too-large', 'A message holds too many elements');
  }

  #advance(length: number): void {
    if (length > this.end - this.position) throw new WireError('truncated', 'The bytes end inside a value');
    this.position += length;
  }

  #byte(): number {
    const byte = this.position < this.end ? this.#bytes[this.position] : undefined;
    if (byte === undefined) throw new WireError('truncated', 'The bytes end inside a number');
    this.position += 1;
    return byte;
  }

  /** Seven bits a byte, lowest first, at most 64 in all. Four bytes fill `low`, the fifth is shared, five fill `high`. */
  #varint(): void {
    let byte = this.#byte();
    this.#low = byte & 0x7f;
    this.#high = 0;
    if (byte < 0x80) return;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.#byte();
      this.#low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return;
    }
    byte = this.#byte();
    this.#low |= (byte & 0x0f) << 28;
    this.#high = (byte & 0x7f) >>> 4;
    if (byte < 0x80) return;
    for (let shift = 3; shift < 31; shift += 7) {
      byte = this.#byte();
      this.#high |= (byte & 0x7f) << shift;
      if (byte < 0x80) return;
    }
    byte = this.#byte();
    if (byte > 1)
      throw new WireError('number-too-large', `A number has more than 64 bits, before byte ${this.position}`);
    this.#high |= byte << 31;
  }
}
