/**
 * Bytes that are protobuf, whatever they say: fields of all small numbers, of every kind, in each other.
 * @module
 */
import fc from 'fast-check';

const EDGES = [
  0n,
  1n,
  127n,
  128n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];
const DEPTH_MAX = 4;

const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(1_000, 1_111, 2 ** 29 - 1) },
);
const value = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(...EDGES),
  fc.nat(300).map(BigInt),
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((one) => new Uint8Array(Buffer.from(one))),
  fc
    .constantFrom('a/b', '..', '../x', 'tcp://0.0.0.0:0', 'tcp://[::1]:22000')
    .map((one) => new Uint8Array(Buffer.from(one))),
  fc.uint8Array({ maxLength: 33 }),
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.uint8Array({ minLength: 64, maxLength: 64 }),
);

function field(depth: number): fc.Arbitrary<Uint8Array> {
  const inner =
    depth === 0 ? text : fc.oneof({ weight: 2, arbitrary: text }, { weight: 1, arbitrary: message(depth - 1) });
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(number, value).map(([of, one]) => joined(tag(of, 0), varint(one))) },
    {
      weight: 8,
      arbitrary: fc.tuple(number, inner).map(([of, one]) => joined(tag(of, 2), varint(BigInt(one.length)), one)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(number, fc.uint8Array({ minLength: 8, maxLength: 8 }))
        .map(([of, one]) => joined(tag(of, 1), one)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(number, fc.uint8Array({ minLength: 4, maxLength: 4 }))
        .map(([of, one]) => joined(tag(of, 5), one)),
    },
  );
}

/** A message of up to a dozen fields, some of which are messages, at most `depth` deep. */
export function message(depth = DEPTH_MAX): fc.Arbitrary<Uint8Array> {
  return fc.array(field(depth), { maxLength: 12 }).map((fields) => joined(...fields));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function tag(of: number, kind: number): Uint8Array {
  return varint((BigInt(of) << 3n) | BigInt(kind));
}

function varint(whole: bigint): Uint8Array {
  const digits: number[] = [];
  let rest = whole;
  for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
  digits.push(Number(rest));
  return Uint8Array.from(digits);
}
