import { deepEqual, equal, fail, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { COUNTERS_PER_VECTOR_MAX } from '../limits.ts';
import { blockSizeFor, blocksIn } from '../model/block.ts';
import { NO_BYTES } from '../model/file-record.ts';
import type { FileRecord } from '../model/file-record.ts';
import { toFileInfo, toFileRecord } from './file-info.ts';
import type { FileInfoFaultCode } from './file-info-fault.ts';
import { FileInfo } from './messages.ts';
import type { FileInfo as Info } from './messages.ts';

const KIB = 1024;
const BLOCK = 128 * KIB;
const HASH = new Uint8Array(32).fill(9);
const HASH_OF_NOTHING = new Uint8Array(createHash('sha256').digest());
const VERSION = { counters: [{ device: 5n, value: 1n }] };
const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);

const BLANK = FileInfo.decode(new Uint8Array(0));
const block = (offset: number, size: number, hash = HASH) => ({ offset, size, hash });
const FILE: Info = {
  ...BLANK,
  name: 'dir/file',
  size: BLOCK + 10,
  permissions: 0o644,
  modifiedS: 1_700_000_000,
  modifiedNs: 5,
  version: VERSION,
  sequence: 1,
  modifiedBy: 5n,
  blockSize: BLOCK,
  blocks: [block(0, BLOCK), block(BLOCK, 10)],
};
const DIRECTORY: Info = { ...BLANK, name: 'dir', type: 1, permissions: 0o755, version: VERSION, sequence: 2 };
const SYMLINK: Info = { ...BLANK, name: 'link', type: 4, version: VERSION, sequence: 3, symlinkTarget: text('../x') };
const DELETED: Info = { ...FILE, deleted: true, size: 0, blocks: [] };

function record(info: Info): FileRecord {
  const result = toFileRecord(info);
  if (!('record' in result)) return fail(result.fault);
  return result.record;
}

test('W30 a file becomes a record, and the record the same entry', () => {
  const made = record(FILE);
  deepEqual(made, {
    name: 'dir/file',
    type: 'file',
    size: BLOCK + 10,
    permissions: 0o644,
    noPermissions: false,
    modifiedNs: 1_700_000_000_000_000_005n,
    modifiedBy: 5n,
    deleted: false,
    invalid: false,
    version: VERSION.counters,
    sequence: 1,
    blockSize: BLOCK,
    blocks: new Uint8Array([...HASH, ...HASH]),
    symlinkTarget: NO_BYTES,
    previousBlocksHash: NO_BYTES,
  } satisfies FileRecord);
  deepEqual(toFileInfo(made), FILE);
});

test('W30 directories, symlinks and deleted entries become records, and back', () => {
  for (const info of [DIRECTORY, SYMLINK, { ...DELETED, blockSize: 0 }]) deepEqual(toFileInfo(record(info)), info);
  equal(record(DIRECTORY).type, 'directory');
  deepEqual(record(SYMLINK).symlinkTarget, text('../x'));
  equal(record(DELETED).deleted, true);
});

test('W30 a record of any file comes back unchanged', () => {
  const records = fc
    .record({
      size: fc.oneof(fc.nat(), fc.constantFrom(0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 262_143_999, 262_144_000)),
      permissions: fc.nat(0o777),
      modifiedNs: fc.bigInt({ min: -9_199_999_999_999_999_999n, max: 9_199_999_999_999_999_999n }),
      modifiedBy: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      fill: fc.nat(255),
      previous: fc.boolean(),
    })
    .map(({ size, fill, previous, ...rest }): FileRecord => {
      const blockSize = blockSizeFor(size);
      const hashes = new Uint8Array(blocksIn(size, blockSize) * 32).fill(fill);
      const blocks = size === 0 ? HASH_OF_NOTHING : hashes;
      const previousBlocksHash = previous ? HASH : NO_BYTES;
      return { ...record(FILE), ...rest, size, blockSize, blocks, previousBlocksHash };
    });
  fc.assert(
    fc.property(records, (before) => {
      const wire = FileInfo.encode(toFileInfo(before, { blocksHash: HASH }));
      deepEqual(record(FileInfo.decode(wire)), before);
    }),
    { numRuns: 50 },
  );
});

test('W31 a record refers to none of the memory of the message', () => {
  const wire = FileInfo.encode({ ...SYMLINK, previousBlocksHash: HASH });
  const made = record(FileInfo.decode(wire));
  const file = FileInfo.encode(FILE);
  const madeFile = record(FileInfo.decode(file));
  wire.fill(0);
  file.fill(0);
  deepEqual(made.symlinkTarget, text('../x'));
  deepEqual(made.previousBlocksHash, HASH);
  deepEqual(madeFile.blocks.subarray(0, 32), HASH);
});

test('W32 an empty file has one block of no bytes', () => {
  const empty = { ...FILE, size: 0, blocks: [block(0, 0, HASH_OF_NOTHING)] };
  const made = record(empty);
  deepEqual(made.blocks, HASH_OF_NOTHING);
  equal(made.size, 0);
  deepEqual(toFileInfo(made), empty);
});

const tidied: [rule: string, sent: Info, kept: Partial<FileRecord>][] = [
  ['W33 a name is kept in normal form C', { ...FILE, name: 'e\u0301' }, { name: '\u00e9' }],
  [
    'W33 a name of the longest part that marks make short',
    { ...FILE, name: 'e\u0301'.repeat(127) },
    { name: 'é'.repeat(127) },
  ],
  ['W33 a backslash is a letter', { ...FILE, name: 'a\\b' }, { name: 'a\\b' }],
  [
    'W34 counters are sorted, and the larger of two for one device stays',
    {
      ...FILE,
      version: {
        counters: [
          { device: 9n, value: 1n },
          { device: 5n, value: 3n },
          { device: 9n, value: 2n },
        ],
      },
    },
    {
      version: [
        { device: 5n, value: 3n },
        { device: 9n, value: 2n },
      ],
    },
  ],
  ['W34 an empty version stays empty', { ...FILE, version: { counters: [] } }, { version: [] }],
  ['W35 case C18: permissions are nine bits', { ...FILE, permissions: 0o104_755 }, { permissions: 0o755 }],
  [
    'W36 a time before 1970 is kept',
    { ...FILE, modifiedS: -1, modifiedNs: 500_000_000 },
    { modifiedNs: -500_000_000n },
  ],
  [
    'W36 a time too late is the last that there is',
    { ...FILE, modifiedS: 2 ** 63, modifiedNs: 0 },
    { modifiedNs: 9_200_000_000n * 10n ** 9n },
  ],
  [
    'W36 a time too early is the first that there is',
    { ...FILE, modifiedS: -(2 ** 63), modifiedNs: 0 },
    { modifiedNs: -9_200_000_000n * 10n ** 9n },
  ],
  [
    'W36 nanoseconds are less than a second',
    { ...FILE, modifiedS: 1, modifiedNs: 2_000_000_000 },
    { modifiedNs: 1_999_999_999n },
  ],
  ['W36 nanoseconds are not negative', { ...FILE, modifiedS: 1, modifiedNs: -5 }, { modifiedNs: 1_000_000_000n }],
  ['W37 a block size of 0 is 128 KiB', { ...FILE, blockSize: 0 }, { blockSize: BLOCK }],
  [
    'W38 an invalid file needs no blocks, and has no size then',
    { ...FILE, invalid: true, blocks: [] },
    { invalid: true, size: 0, blockSize: 0 },
  ],
  ['W38 an invalid file may have blocks', { ...FILE, invalid: true }, { invalid: true, size: BLOCK + 10 }],
  ['W38 an invalid symlink needs no target', { ...SYMLINK, invalid: true, symlinkTarget: NO_BYTES }, { invalid: true }],
  ['W39 old kinds of symlink are symlinks', { ...SYMLINK, type: 2 }, { type: 'symlink' }],
  [
    'W39 what is deleted has no size and no target',
    { ...SYMLINK, deleted: true },
    { symlinkTarget: NO_BYTES, size: 0 },
  ],
  ['W39 a directory of 128 bytes has none', { ...DIRECTORY, size: 128 }, { size: 0 }],
  [
    'W39 a target of any bytes is kept',
    { ...SYMLINK, symlinkTarget: Uint8Array.of(0xff, 0x2f) },
    { symlinkTarget: Uint8Array.of(0xff, 0x2f) },
  ],
  [
    'W40 a previous hash of another length is unknown',
    { ...FILE, previousBlocksHash: HASH.subarray(1) },
    { previousBlocksHash: NO_BYTES },
  ],
];
for (const [rule, sent, kept] of tidied) {
  test(rule, () => {
    const made = record(sent);
    deepEqual({ ...made, ...kept }, made);
  });
}

const names: [name: string, fault: FileInfoFaultCode][] = [
  ...['a//b', 'a/', './a', 'a/./b', 'a/../b', ''].map((name): [string, FileInfoFaultCode] => [
    name,
    'name not canonical',
  ]),
  ...['/a', '../a', '.', '..'].map((name): [string, FileInfoFaultCode] => [name, 'name outside the folder']),
];
const faults: [what: string, sent: Info, fault: FileInfoFaultCode][] = [
  ...names.map(([name, fault]): [string, Info, FileInfoFaultCode] => [`the name "${name}"`, { ...FILE, name }, fault]),
  ['a file without blocks', { ...FILE, blocks: [] }, 'file without blocks'],
  ['an empty file without a block', { ...FILE, size: 0, blocks: [] }, 'file without blocks'],
  ['a deleted file with blocks', { ...FILE, deleted: true }, 'deleted entry with blocks'],
  ['a directory with blocks', { ...DIRECTORY, blocks: FILE.blocks }, 'directory with blocks'],
];
for (const [what, sent, fault] of faults) {
  test(`W41 ${what} breaks the protocol`, () => deepEqual(toFileRecord(sent), { fault, disconnect: true }));
}

const counters = Array.from({ length: COUNTERS_PER_VECTOR_MAX + 1 }, (_, i) => ({ device: BigInt(i), value: 1n }));
const skipped: [what: string, sent: Info, fault: FileInfoFaultCode][] = [
  ['a name with a NUL', { ...FILE, name: 'a\0b' }, 'name with a bad character'],
  ['a name of 9,000 characters', { ...FILE, name: 'ab/'.repeat(3_000) + 'a' }, 'name too long'],
  ['a letter with 9,000 marks', { ...FILE, name: `a${'\u0301\u0323'.repeat(4_500)}` }, 'name too long'],
  ['a part of 256 bytes', { ...FILE, name: `d/${'ü'.repeat(128)}` }, 'name too long'],
  ['a type that nobody knows', { ...DIRECTORY, type: 5 }, 'unknown type'],
  ['a negative type', { ...DIRECTORY, type: -1 }, 'unknown type'],
  ['a symlink with blocks', { ...SYMLINK, blocks: FILE.blocks }, 'symlink with blocks'],
  ['a symlink with a size', { ...SYMLINK, size: 4 }, 'symlink with a size'],
  ['a directory of 7 bytes', { ...DIRECTORY, size: 7 }, 'directory with a size'],
  ['a symlink without a target', { ...SYMLINK, symlinkTarget: NO_BYTES }, 'bad symlink target'],
  ['a target with a NUL', { ...SYMLINK, symlinkTarget: Uint8Array.of(97, 0) }, 'bad symlink target'],
  ['a target of 4,096 bytes', { ...SYMLINK, symlinkTarget: new Uint8Array(4_096).fill(97) }, 'bad symlink target'],
  ['a block size of 100,000', { ...FILE, blockSize: 100_000 }, 'bad block size'],
  ['a block size of 64 KiB', { ...FILE, blockSize: 64 * KIB }, 'bad block size'],
  ['a block size of 32 MiB', { ...FILE, blockSize: 32 * KIB * KIB }, 'bad block size'],
  ['a negative block size', { ...FILE, blockSize: -BLOCK }, 'bad block size'],
  ['a hash of 31 bytes', { ...FILE, blocks: [block(0, BLOCK), block(BLOCK, 10, HASH.subarray(1))] }, 'bad block hash'],
  ['an empty file with another hash', { ...FILE, size: 0, blocks: [block(0, 0)] }, 'bad block hash'],
  ['blocks that say less than the size', { ...FILE, size: BLOCK + 11 }, 'blocks and size do not agree'],
  ['a block too few', { ...FILE, blocks: [block(0, BLOCK)] }, 'blocks and size do not agree'],
  ['a block too many', { ...FILE, size: BLOCK }, 'blocks and size do not agree'],
  [
    'a gap between blocks',
    { ...FILE, blocks: [block(0, BLOCK), block(BLOCK + 1, 10)] },
    'blocks and size do not agree',
  ],
  [
    'a short block that is not the last',
    { ...FILE, size: 20, blocks: [block(0, 10), block(10, 10)] },
    'blocks and size do not agree',
  ],
  ['a negative block', { ...FILE, blocks: [block(0, BLOCK), block(BLOCK, -10)] }, 'blocks and size do not agree'],
  ['a negative size', { ...FILE, size: -1 }, 'size out of range'],
  ['a size above 2^53', { ...FILE, size: 2 ** 53 }, 'size out of range'],
  ['sequence 0', { ...FILE, sequence: 0 }, 'sequence out of range'],
  ['a sequence of 2^63', { ...FILE, sequence: 2 ** 63 }, 'sequence out of range'],
  ['more counters than devices', { ...FILE, version: { counters } }, 'too many counters'],
];
for (const [what, sent, fault] of skipped) {
  test(`W42 ${what} cannot be held, and is no reason to leave`, () => {
    deepEqual(toFileRecord(sent), { fault, disconnect: false });
  });
}

test('W43 whatever numbers an entry has, there is a record that keeps its promises, or a fault', () => {
  const odd = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(0, 1, -1, 10, BLOCK, BLOCK + 10, 2 ** 53, -(2 ** 63)),
  );
  const mutant = fc.record(
    {
      type: fc.integer({ min: -1, max: 6 }),
      size: odd,
      permissions: fc.nat(),
      modifiedS: odd,
      modifiedNs: fc.integer(),
      deleted: fc.boolean(),
      invalid: fc.boolean(),
      sequence: odd,
      blockSize: fc.oneof(fc.integer(), fc.constantFrom(0, BLOCK, BLOCK * 2)),
      blocks: fc.array(fc.record({ offset: odd, size: fc.integer(), hash: fc.constantFrom(HASH, NO_BYTES) }), {
        maxLength: 3,
      }),
      symlinkTarget: fc.uint8Array({ maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(mutant, (changes) => {
      const result = toFileRecord({ ...FILE, ...changes });
      if (!('record' in result)) return;
      const { size, blocks, blockSize, type, deleted, permissions, sequence } = result.record;
      ok(sequence >= 1 && permissions <= 0o777 && size >= 0);
      if (type !== 'file' || deleted) equal(size + blocks.length + blockSize, 0);
      if (blocks.length > 0) equal(blocks.length / 32, blocksIn(size, blockSize));
    }),
    { numRuns: 500 },
  );
});
