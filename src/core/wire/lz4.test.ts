import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compressBlock, decompressBlock } from './lz4.ts';

const NO_BOUND = 1 << 30;
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);

/** Bytes that do not compress, the same in each run. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 7;
  });
}

/** Content with repeats near and far, so that matches overlap, lie far back and are long. */
const contents = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 })), { maxLength: 30 })
  .map(
    (runs) => new Uint8Array(runs.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat())),
  );

test('W20 what is packed is unpacked, and grows by little if it does not compress', () => {
  fc.assert(
    fc.property(contents, (content) => {
      const packed = compressBlock(content, 0, content.length + Math.ceil(content.length / 255) + 16);
      ok(packed !== undefined);
      deepEqual(decompressBlock(packed, content.length, NO_BOUND), content);
    }),
  );
});

test('W20 content of every small length is packed and unpacked', () => {
  for (let length = 0; length < 300; length += 1) {
    for (const content of [new Uint8Array(length), Uint8Array.from({ length }, (_, i) => (i * i * 7) & 0xff)]) {
      const packed = compressBlock(content, 0, length + 32);
      ok(packed !== undefined);
      deepEqual(decompressBlock(packed, length, NO_BOUND), content);
    }
  }
});

test('W20 a match farther back than 64 KiB is not used', () => {
  const content = new Uint8Array(200_000);
  for (let i = 0; i < content.length; i += 1) content[i] = (Math.imul(i % 70_001, 0x9e37_79b1) >>> 13) & 0xff;
  const packed = compressBlock(content, 0, content.length * 2);
  ok(packed !== undefined);
  deepEqual(decompressBlock(packed, content.length, NO_BOUND), content);
});

test('W21 packing that saves too little is given up', () => {
  const content = noise(1_000);
  equal(compressBlock(content, 4, 999), undefined);
  const zeroes = compressBlock(new Uint8Array(1_000), 4, 999);
  ok(zeroes !== undefined && zeroes.length < 30);
  equal(compressBlock(new Uint8Array(1_000), 4, 10), undefined);
});

test('W22 a block that says it stands for too much is refused before anything is allocated', () => {
  throws(() => decompressBlock(hex('10 61'), 511, NO_BOUND), { name: 'WireError', code: 'too-large' });
  throws(() => decompressBlock(new Uint8Array(1_000), 2 ** 32 - 1, 2 ** 32), { name: 'WireError', code: 'too-large' });
  throws(() => decompressBlock(hex('10 61'), 1, 0), { name: 'WireError', code: 'too-large' });
});

test('W22 the densest block is unpacked', () => {
  const content = new Uint8Array(1_000_000);
  const packed = compressBlock(content, 0, 10_000);
  ok(packed !== undefined);
  deepEqual(decompressBlock(packed, content.length, NO_BOUND), content);
});

const malformed: [what: string, block: string, contentBytes: number][] = [
  ['nothing', '', 0],
  ['fewer literals than the token says', '30 6161', 3],
  ['more literals than the content has', '30 616161', 2],
  ['fewer bytes than the content has', '30 616161', 4],
  ['a length that does not end', 'f0 ffff', 500],
  ['an offset of zero', '11 61 0000 00', 6],
  ['an offset before the start', '11 61 0200 00', 6],
  ['an offset that is cut off', '11 61 01', 6],
  ['a match longer than the content', '1f 61 0100 ff00 00', 20],
  ['an end behind a match', '11 61 0100', 6],
  ['bytes behind the last literals', '10 61 00', 1],
];
for (const [what, block, contentBytes] of malformed) {
  test(`W23 a block with ${what} is refused`, () => {
    throws(() => decompressBlock(hex(block), contentBytes, NO_BOUND), { name: 'WireError' });
  });
}

test('W23 a match may overlap what it makes', () => {
  deepEqual(decompressBlock(hex('24 6162 0200 10 63'), 11, NO_BOUND), text('abababababc'));
});
