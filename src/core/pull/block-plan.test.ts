import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../../test/harness/records.ts';
import { record } from '../../../test/harness/records.ts';
import { blockBytes, blockSizeAfter, blockSizeFor, blocksIn } from '../model/block.ts';
import { NO_BYTES, type FileRecord } from '../model/file-record.ts';
import { bytesToLand, planBlocks, type Here } from './block-plan.ts';

const BLOCK = 131_072;
const hashOf = (mark: number): Uint8Array => sha256(new Uint8Array([mark]));
const zeroHash = sha256(new Uint8Array(BLOCK));
const nothing: Here = { staged: NO_BYTES, zeroHash, twin: undefined, old: undefined, placeOf: () => undefined };

function file(name: string, marks: readonly (number | 'zero')[], size = marks.length * BLOCK): FileRecord {
  const blocks = new Uint8Array(marks.length * 32);
  for (const [index, mark] of marks.entries()) blocks.set(mark === 'zero' ? zeroHash : hashOf(mark), index * 32);
  return { ...record({ name }), size, blockSize: BLOCK, blocks };
}

const sources = (wanted: FileRecord, here: Partial<Here>): string[] =>
  [...planBlocks(wanted, { ...nothing, ...here })].map(({ source }) =>
    source.from === 'file' ? `${source.place.name}@${source.place.offset / BLOCK}` : source.from,
  );

const rows: [rule: string, wanted: FileRecord, here: Partial<Here>, want: string[]][] = [
  ['P1 what is nowhere here is asked of peers', file('a', [1, 2]), {}, ['peer', 'peer']],
  [
    'P1 what is staged already is not asked again',
    file('a', [1, 2]),
    { staged: new Uint8Array([0, 1]) },
    ['peer', 'staged'],
  ],
  [
    'P2 only the block that differs is asked',
    file('a', [1, 9, 3]),
    { old: file('a', [1, 2, 3]) },
    ['a@0', 'peer', 'a@2'],
  ],
  ['P2 a block that moved within the file is found', file('a', [3, 1]), { old: file('a', [1, 2, 3]) }, ['a@2', 'a@0']],
  ['P2 a copied or renamed file costs no transfer', file('b', [1, 2]), { twin: 'a' }, ['a@0', 'a@1']],
  [
    'P2 a block of some other file is found',
    file('b', [1, 2]),
    { placeOf: () => ({ name: 'c', offset: 0 }) },
    ['c@0', 'c@0'],
  ],
  ['P3 full blocks of zeros are holes', file('a', ['zero', 1, 'zero']), {}, ['hole', 'peer', 'hole']],
  ['P3 a short block is never taken for a hole', file('a', [1, 'zero'], BLOCK + 5), {}, ['peer', 'peer']],
];
for (const [rule, wanted, here, want] of rows) test(rule, () => deepEqual(sources(wanted, here), want));

test('P60 what is to land on the disk is known before any block is looked for', () => {
  const wanted = file('a', [1, 'zero', 2, 3], 3 * BLOCK + 5);
  equal(bytesToLand(wanted, { staged: NO_BYTES, zeroHash }), 2 * BLOCK + 5);
  equal(bytesToLand(wanted, { staged: new Uint8Array([1, 0, 0, 1]), zeroHash }), BLOCK);
});

test('B1 the block sizes are those of the protocol', () => {
  equal(blockSizeFor(0), BLOCK);
  equal(blockSizeFor(262_143_999), BLOCK);
  equal(blockSizeFor(262_144_000), 2 * BLOCK);
  equal(blockSizeFor(16_777_216_000), 16 * 1024 * 1024);
  equal(blockSizeFor(2 ** 45), 16 * 1024 * 1024);
});

test('B1 a growing file keeps its block size while that is at most a factor of two off', () => {
  equal(blockSizeAfter(262_144_000, BLOCK), BLOCK);
  equal(blockSizeAfter(524_288_000, BLOCK), 4 * BLOCK);
  equal(blockSizeAfter(10, 0), BLOCK);
  equal(blockSizeAfter(10, 100_000), BLOCK);
});

test('B2 blocks cover a file exactly, and an empty file has one of no bytes', () => {
  equal(blocksIn(0, BLOCK), 1);
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 }), (size) => {
      const blockSize = blockSizeFor(size);
      const bytes = Array.from({ length: blocksIn(size, blockSize) }, (_, index) => blockBytes(size, blockSize, index));
      equal(
        bytes.reduce((sum, next) => sum + next, 0),
        size,
      );
    }),
  );
});
