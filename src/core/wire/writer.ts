/**
 * Writes protobuf values from the last byte to the first.
 *
 * Why backwards: a nested message is preceded by its length, and whoever writes it last knows the length by then. One pass,
 * nothing is measured beforehand and nothing is moved afterwards. Fields must be written in reverse order.
 * @module
 */
import { toUtf8 } from '../text.ts';

const BYTES_FIRST = 128;
/** Copying fewer bytes than this is cheaper than one more part to send. */
const BULK_BYTES_MIN = 4096;
const TWO_TO_32 = 2 ** 32;

export class Writer {
  #buffer = new Uint8Array(BYTES_FIRST);
  /** Index of the byte written last; everything from here on is used. */
  #start = BYTES_FIRST;
  /** What stands behind the buffer, last part first. */
  readonly #behind: Uint8Array[] = [];
  #bytesBehind = 0;

  /** How many bytes are written so far. The difference of two readings is the length of what was written between them. */
  get length(): number {
    return this.#bytesBehind + this.#buffer.length - this.#start;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#start] = value;
  }

  /** @param value 0 to 2^32−1. */
  varint32(value: number): void {
    const length = varint32Bytes(value);
    this.#reserve(length);
    let at = this.#start;
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) {
      this.#buffer[at] = (rest & 0x7f) | 0x80;
      at += 1;
    }
    this.#buffer[at] = rest;
  }

  /** @param value a safe integer; a negative one takes ten bytes, as the protocol wants it. */
  int64(value: number): void {
    this.#varint64(value >>> 0, Math.floor(value / TWO_TO_32) >>> 0);
  }

  /** The low 64 bits of `value`. */
  uint64(value: bigint): void {
    this.#varint64(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  }

  uint16BigEndian(value: number): void {
    this.#reserve(2);
    this.#buffer[this.#start] = value >>> 8;
    this.#buffer[this.#start + 1] = value;
  }

  uint32BigEndian(value: number): void {
    this.uint16BigEndian(value & 0xffff);
    this.uint16BigEndian(value >>> 16);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#start);
  }

  /** Like {@link bytes}, but refers to `value` where copying it would cost more: it must not change afterwards. */
  bulk(value: Uint8Array): void {
    if (value.length < BULK_BYTES_MIN) {
      this.bytes(value);
      return;
    }
    this.#behind.push(this.#buffer.subarray(this.#start), value);
    this.#bytesBehind = this.length + value.length;
    this.#buffer = new Uint8Array(BYTES_FIRST);
    this.#start = BYTES_FIRST;
  }

  /** UTF-8. */
  text(value: string): void {
    const length = value.length;
    this.#reserve(length);
    const start = this.#start;
    for (let i = 0; i < length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.#start += length; // not ASCII: give the room back and encode properly
        this.bytes(toUtf8(value));
        return;
      }
      this.#buffer[start + i] = unit;
    }
  }

  /** What was written, in reading order. The writer is spent. */
  finish(): Uint8Array[] {
    const parts = [...this.#behind, this.#buffer.subarray(this.#start)];
    return parts.reverse().filter((part) => part.length > 0);
  }

  /** The same in one piece. */
  joined(): Uint8Array {
    const parts = this.finish();
    const [first] = parts;
    if (first !== undefined && parts.length === 1) return first;
    const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #varint64(low: number, high: number): void {
    if (high === 0) {
      this.varint32(low);
      return;
    }
    const length = high < 8 ? 5 : 5 + varint32Bytes(high >>> 3);
    this.#reserve(length);
    let at = this.#start;
    for (let shift = 0; shift < 28; shift += 7) {
      this.#buffer[at] = ((low >>> shift) & 0x7f) | 0x80;
      at += 1;
    }
    let rest = high >>> 3;
    this.#buffer[at] = (low >>> 28) | ((high & 0x07) << 4) | (rest > 0 ? 0x80 : 0);
    for (; rest > 0; rest >>>= 7) {
      at += 1;
      this.#buffer[at] = (rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0);
    }
  }

  /** Makes `#start` the first of `length` free bytes. */
  #reserve(length: number): void {
    if (length > this.#start) this.#grow(length);
    this.#start -= length;
  }

  #grow(length: number): void {
    const used = this.#buffer.length - this.#start;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, used + length));
    larger.set(this.#buffer.subarray(this.#start), larger.length - used);
    this.#buffer = larger;
    this.#start = larger.length - used;
  }
}

function varint32Bytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
