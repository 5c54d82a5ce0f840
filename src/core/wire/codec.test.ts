import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ELEMENTS_PER_MESSAGE_MAX } from '../limits.ts';
import { message, nested } from './codec.ts';
import { bool, bulk, bytes, int32, int64, int64Exact, int64Rounded, text, uint32, uint64 } from './fields.ts';
import { repeated, repeatedInParts, repeatedText } from './lists.ts';
import type { WireErrorCode } from './wire-error.ts';
import { WireError } from './wire-error.ts';
import { Writer } from './writer.ts';

const Inner = message('Inner', { value: uint64(1), note: text(2, 8) });
const Outer = message('Outer', {
  flag: bool(1),
  small: int32(2),
  unsigned: uint32(3),
  exact: int64(4),
  rounded: int64Rounded(5),
  id: uint64(6),
  signed: int64Exact(7),
  name: text(8, 100),
  hash: bytes(9, 4),
  one: nested(16, Inner),
  many: repeated(17, Inner, 3),
  names: repeatedText(18, 4, 2),
});
const BLANK = Outer.decode(new Uint8Array(0));

const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const isFault = (code: WireErrorCode) => (error: unknown) =>
  error instanceof WireError && error.code === code && error.message.startsWith('Cannot read Outer: ');

test('W3 fields that are not there have their default', () => {
  deepEqual(BLANK, {
    flag: false,
    small: 0,
    unsigned: 0,
    exact: 0,
    rounded: 0,
    id: 0n,
    signed: 0n,
    name: '',
    hash: new Uint8Array(0),
    one: { value: 0n, note: '' },
    many: [],
    names: [],
  });
  equal(Outer.encode(BLANK).length, 0);
});

test('W3 fields that nobody knows are passed over, whatever their kind', () => {
  const unknown = '70 8101 | 7103030303030303 03 | 7203 aabbcc | 75 01020304 | c23e 00 | c83e 01 | a01f 05'.replaceAll(
    '|',
    '',
  );
  deepEqual(Outer.decode(hex(`${unknown} 1001 ${unknown}`)), { ...BLANK, small: 1 });
});

test('W4 of a field that comes twice the last counts; a message is merged, a list goes on', () => {
  const decoded = Outer.decode(
    hex('1001 1002 | 82010208 05 | 8201031201 61 | 8a0100 920100 | 8a01020801'.replaceAll('|', '')),
  );
  deepEqual(decoded, {
    ...BLANK,
    small: 2,
    one: { value: 5n, note: 'a' },
    many: [
      { value: 0n, note: '' },
      { value: 1n, note: '' },
    ],
    names: [''],
  });
});

test('W4 reading one message leaves the defaults of the next alone', () => {
  Outer.decode(hex('82010208058a0102080192010161'));
  deepEqual(Outer.decode(new Uint8Array(0)), BLANK);
});

test('W5 a text that is not UTF-8 is an error', () => {
  for (const bad of ['ff', 'c080', 'eda080', 'c3', 'f4908080']) {
    throws(() => Outer.decode(hex(`42 0${bad.length / 2} ${bad}`)), isFault('bad-text'));
  }
});

test('W5 a text keeps every character, a byte order mark too', () => {
  for (const name of ['é', '🙂 and more', '\u{feff}x', '\0', 'plain', 'ß'.repeat(50)]) {
    deepEqual(Outer.decode(Outer.encode({ name })).name, name);
  }
});

test('W6 all 64 bits of an ID are kept', () => {
  for (const id of [
    1n,
    0x7fn,
    0x80n,
    0xffff_ffffn,
    1n << 32n,
    (1n << 35n) - 1n,
    1n << 35n,
    (1n << 53n) + 1n,
    (1n << 64n) - 1n,
  ]) {
    equal(Outer.decode(Outer.encode({ id })).id, id);
    equal(Outer.decode(Outer.encode({ signed: -id })).signed, BigInt.asIntN(64, -id));
  }
});

test('W7 a number that a double cannot hold is an error, or is seen to be unsafe', () => {
  const max = Number.MAX_SAFE_INTEGER;
  for (const exact of [max, -max, -1, 2 ** 32, -(2 ** 32), 2 ** 35, 1]) {
    equal(Outer.decode(Outer.encode({ exact, rounded: exact })).exact, exact);
  }
  throws(() => Outer.decode(hex('20 8080808080808010')), isFault('number-too-large'));
  equal(Outer.decode(hex('28 8080808080808010')).rounded, 2 ** 53);
  equal(Number.isSafeInteger(Outer.decode(hex('28 ffffffffffffffff7f')).rounded), false);
  equal(Outer.decode(hex('28 80808080808080808001')).rounded, -(2 ** 63));
});

test('W7 a number of 32 bits keeps the low 32 of a longer one', () => {
  equal(Outer.decode(hex('10 ffffffffffffffffff01')).small, -1);
  equal(Outer.decode(hex('10 8080808010')).small, 0);
  equal(Outer.decode(Outer.encode({ unsigned: 0xffff_ffff })).unsigned, 0xffff_ffff);
  equal(Outer.decode(Outer.encode({ small: -0x8000_0000 })).small, -0x8000_0000);
});

const malformed: [what: string, digits: string, code: WireErrorCode][] = [
  ['a tag without a value', '08', 'truncated'],
  ['a number without an end', '0880', 'truncated'],
  ['a number of eleven bytes', '08 ffffffffffffffffffff01', 'number-too-large'],
  ['a number of 65 bits', '08 ffffffffffffffffff02', 'number-too-large'],
  ['a text that ends early', '4205 61', 'truncated'],
  ['a length of 2^63', '42 80808080808080808001', 'truncated'],
  ['an unknown field that ends early', '7205 61', 'truncated'],
  ['an unknown fixed number that ends early', '71 00', 'truncated'],
  ['field number 0', '00 00', 'bad-field'],
  ['a field number of more than 29 bits', '808080808001 00', 'bad-field'],
  ['a group', '73', 'bad-field'],
  ['the end of a group', '74', 'bad-field'],
  ['a number where a text belongs', '4001', 'bad-field'],
  ['a text where a number belongs', '0a00', 'bad-field'],
  ['a value that leaves its message', '8201 02 1204 61616161', 'truncated'],
  ['bytes above their bound', '4a05 0000000000', 'too-large'],
  ['a text above its bound', '9201 05 6161616161', 'too-large'],
  ['a list above its bound', '8a0100 8a0100 8a0100 8a0100', 'too-large'],
  ['a list of texts above its bound', '920100 920100 920100', 'too-large'],
];
for (const [what, digits, code] of malformed) {
  test(`W8 ${what} is an error`, () => throws(() => Outer.decode(hex(digits)), isFault(code)));
}

test('W8 a message holds only so many elements, in however many lists', () => {
  const Leaf = message('Leaf', { words: repeatedText(1, 4, ELEMENTS_PER_MESSAGE_MAX) });
  const Tree = message('Tree', { leaves: repeated(1, Leaf, 4) });
  const words = Array.from({ length: ELEMENTS_PER_MESSAGE_MAX / 2 }, () => '');
  const half = Leaf.encode({ words });
  equal(Leaf.decode(half).words.length, words.length);
  const whole = Tree.encode({ leaves: [{ words }, { words }] });
  throws(() => Tree.decode(whole), { name: 'WireError', code: 'too-large' });
});

test('W9 what is read in parts is what is read at once, with the same faults; what is short has one part', () => {
  const Leaf = message('Leaf', { id: int32(1), words: repeatedText(2, 4, 200_000) });
  const Tree = message('Tree', { name: text(1, 9), leaves: repeatedInParts(2, Leaf, 300_000) });
  const leaf = { id: 1, words: ['a'] };
  const words = Array.from({ length: 150_000 }, () => 'b');
  const cases: [bytes: Uint8Array, parts: number][] = [
    [Tree.encode({ name: 'x', leaves: [leaf, leaf] }), 1],
    [Tree.encode({ name: 'x', leaves: [leaf, { words }, leaf, { words }] }), 8],
    [Tree.encode({ name: 'x', leaves: Array.from({ length: 100_000 }, () => leaf) }), 6],
  ];
  for (const [bytes, want] of cases) {
    const parts = Tree.decodeInParts(bytes);
    let count = 1;
    let part = parts.next();
    for (; part.done !== true; part = parts.next()) count += 1;
    deepEqual(part.value, Tree.decode(bytes));
    equal(count, want);
    throws(() => [...Tree.decodeInParts(bytes.subarray(0, -1))], { name: 'WireError', code: 'truncated' });
  }
  const many = Tree.encode({ leaves: [{ words: [...words, ...words] }] });
  throws(() => [...Tree.decodeInParts(many)], { name: 'WireError', code: 'too-large', message: /^Cannot read Tree: / });
});

test('W9 what is written is read back', () => {
  const inner = fc.record({
    value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    note: fc.constantFrom('', 'x', 'ü'),
  });
  const draft = fc.record(
    {
      flag: fc.boolean(),
      small: fc.integer(),
      unsigned: fc.nat(),
      exact: fc.maxSafeInteger(),
      rounded: fc.maxSafeInteger(),
      id: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      signed: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
      name: fc.string({ unit: 'grapheme', maxLength: 10 }),
      hash: fc.uint8Array({ maxLength: 4 }),
      one: inner,
      many: fc.array(inner, { maxLength: 3 }),
      names: fc.array(fc.string({ maxLength: 4 }), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(draft, (values) =>
      deepEqual(structuredClone(Outer.decode(Outer.encode(values))), { ...BLANK, ...structuredClone(values) }),
    ),
  );
});

test('W10 large bytes are neither copied when they are written nor when they are read', () => {
  const Bulk = message('Bulk', { id: int32(1), data: bulk(2, 10_000), code: int32(3) });
  const data = new Uint8Array(10_000).fill(7);
  const writer = new Writer();
  Bulk.write(writer, { id: 300, data, code: 3 });
  const parts = writer.finish();
  deepEqual(
    parts.map((part) => part.length),
    [6, 10_000, 2],
  );
  equal(parts[1], data);
  const whole = Bulk.encode({ id: 300, data, code: 3 });
  deepEqual(whole, new Uint8Array(Buffer.concat(parts)));
  const decoded = Bulk.decode(whole);
  equal(decoded.data.buffer, whole.buffer);
  deepEqual(structuredClone(decoded), { id: 300, data, code: 3 });
});
