/**
 * Changes good input a little: single bits and bytes, pieces left out, doubled, moved in from elsewhere, lengths that lie.
 * @module
 */
import type { Random } from '../../harness/random.ts';

const EDGE_BYTES = [0, 1, 0x0a, 0x20, 0x2f, 0x7f, 0x80, 0xc0, 0xfe, 0xff];
const EDGE_NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000];
const PIECE_BYTES_MAX = 64;

type Change = (
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
  words: readonly Uint8Array[],
) => Uint8Array;

const CHANGES: readonly Change[] = [
  (bytes, random) => patched(bytes, at(bytes, random), [(bytes[at(bytes, random)] ?? 0) ^ (1 << random.below(8))]),
  (bytes, random) =>
    patched(bytes, at(bytes, random), [random.percent(40) ? random.pick(EDGE_BYTES) : random.below(256)]),
  (bytes, random) => {
    const place = at(bytes, random);
    return patched(bytes, place, [(bytes[place] ?? 0) + random.pick([-2, -1, 1, 2])]);
  },
  (bytes, random) => spliced(bytes, at(bytes, random), 0, Uint8Array.of(random.pick(EDGE_BYTES))),
  (bytes, random) => spliced(bytes, at(bytes, random), 1 + random.below(piece(bytes)), new Uint8Array(0)),
  (bytes, random) => bytes.slice(0, at(bytes, random)),
  (bytes, random) => {
    const from = at(bytes, random);
    const copied = bytes.subarray(from, from + 1 + random.below(piece(bytes)));
    return spliced(bytes, random.percent(50) ? from : at(bytes, random), 0, repeated(copied, random));
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    const from = at(other, random);
    const copied = other.subarray(from, from + 1 + random.below(piece(other)));
    return spliced(bytes, at(bytes, random), random.percent(50) ? copied.length : 0, copied);
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    return Buffer.concat([bytes.subarray(0, at(bytes, random)), other.subarray(at(other, random))]);
  },
  (bytes, random, _, words) => (words.length === 0 ? bytes : spliced(bytes, at(bytes, random), 0, random.pick(words))),
  (bytes, random, _, words) => {
    if (words.length === 0) return bytes;
    const word = random.pick(words);
    return spliced(bytes, at(bytes, random), word.length, word);
  },
  (bytes, random) => patched(bytes, at(bytes, random), number(random, random.pick([1, 2, 4, 8]))),
  (bytes, random) => spliced(bytes, at(bytes, random), random.below(2), varint(random)),
];

/** @param others what else there is of the kind, to take pieces from; not empty. */
export function mutate(
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
  words: readonly Uint8Array[],
  bytesMax: number,
): Uint8Array {
  let mutant = bytes;
  for (let times = 1 + random.below(random.percent(20) ? 12 : 4); times > 0; times -= 1) {
    mutant = random.pick(CHANGES)(mutant, random, others, words);
    if (mutant.length > bytesMax) mutant = mutant.subarray(0, bytesMax);
  }
  return Uint8Array.from(mutant);
}

function at(bytes: Uint8Array, random: Random): number {
  return random.below(bytes.length + 1);
}

function piece(bytes: Uint8Array): number {
  return Math.max(1, Math.min(PIECE_BYTES_MAX, bytes.length));
}

function patched(bytes: Uint8Array, place: number, values: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [offset, value] of values.entries()) if (place + offset < copy.length) copy[place + offset] = value & 0xff;
  return copy;
}

function spliced(bytes: Uint8Array, place: number, leaveOut: number, put: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + leaveOut)]);
}

function repeated(bytes: Uint8Array, random: Random): Uint8Array {
  const times = random.percent(10) ? 1 + random.below(200) : 1;
  return Buffer.concat(Array.from({ length: times }, () => bytes));
}

function number(random: Random, width: number): number[] {
  let value = BigInt(random.percent(70) ? random.pick(EDGE_NUMBERS) : random.next());
  if (random.percent(20)) value = BigInt.asUintN(width * 8, -value);
  const digits = Array.from({ length: width }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
  return random.percent(50) ? digits : digits.reverse();
}

function varint(random: Random): Uint8Array {
  let value = random.percent(50)
    ? BigInt(random.pick(EDGE_NUMBERS))
    : (BigInt(random.next()) << 32n) | BigInt(random.next());
  const digits: number[] = [];
  for (; value >= 0x80n; value >>= 7n) digits.push(Number(value & 0x7fn) | 0x80);
  digits.push(Number(value));
  return Uint8Array.from(digits);
}
