/**
 * Chance that can be repeated: the same seed gives the same numbers, on every machine.
 *
 * One stream per concern (the plan, one disk, one link, one node): when one concern draws more or fewer numbers, the others
 * stay as they were, and a failing run can be shrunk by leaving parts of its plan away.
 * @module
 */
import type { Chance } from '../../ports/chance.ts';

export class SeededChance implements Chance {
  readonly #state: Uint32Array;

  /** `seed`: any text; two texts give streams that have nothing in common. */
  constructor(seed: string) {
    this.#state = seedState(seed);
    for (let i = 0; i < 12; i += 1) this.#next();
  }

  fraction(): number {
    return this.#next() / 0x1_0000_0000;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 1) bytes[i] = this.#next() >>> 24;
    return bytes;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** A number in [from, to). */
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of the items. @throws RangeError if there is none. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** The generator sfc32 of PractRand: small, fast, and good enough for anything but secrets. */
  #next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const result = (a + b + counter) >>> 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + result;
    return result;
  }
}

/** Four words from a text: FNV-1a from four different starts. */
function seedState(seed: string): Uint32Array {
  const state = new Uint32Array(4);
  for (let word = 0; word < 4; word += 1) {
    let hash = (0x811c9dc5 ^ Math.imul(word + 1, 0x9e3779b9)) >>> 0;
    for (let i = 0; i < seed.length; i += 1) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193) >>> 0;
    state[word] = hash;
  }
  return state;
}
