/**
 * Chance that can be repeated: everything a test draws follows from one number, which a failing test prints.
 * @module
 */
import { createCipheriv } from 'node:crypto';

/** A stream of numbers and bytes drawn from a seed (the mulberry32 generator; not for secrets). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The next whole number, 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True in `percent` of 100 draws. */
  percent(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of the items. Throws when there is none: a caller that may have none asks first. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('Cannot pick from an empty list');
    return item;
  }

  /** `sizeBytes` bytes that neither compress nor repeat: an AES keystream, so that a gigabyte takes a second, not a minute. */
  bytes(sizeBytes: number): Buffer {
    const key = Buffer.alloc(16);
    for (let offset = 0; offset < key.length; offset += 4) key.writeUInt32LE(this.next(), offset);
    return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
  }

  /** A short word of small letters. */
  word(): string {
    return Array.from({ length: this.between(3, 9) }, () => String.fromCharCode(97 + this.below(26))).join('');
  }
}
