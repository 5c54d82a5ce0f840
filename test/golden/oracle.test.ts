import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { create, ScalarType, toBinary } from '@bufbuild/protobuf';
import type { DescMessage } from '@bufbuild/protobuf';
import fc from 'fast-check';
import lz4 from 'lz4-napi';
import { compressBlock, decompressBlock } from '../../src/core/wire/lz4.ts';
import {
  ClusterConfig,
  Close,
  DownloadProgress,
  Hello,
  Index,
  IndexUpdate,
  Request,
  Response,
} from '../../src/core/wire/messages.ts';
import { WireError } from '../../src/core/wire/wire-error.ts';
import { INDEX_BODY } from './captured.ts';
import { oracleMessage } from './oracle-schema.ts';

const CODECS = { Hello, ClusterConfig, Index, IndexUpdate, Request, Response, DownloadProgress, Close };

/**
 * Random drafts of a message; 64-bit numbers are as the oracle has them, bigint. A message in a message is never empty: the
 * oracle would write it and we would not, which both read alike.
 */
function drafts(message: DescMessage, listMin = 0): fc.Arbitrary<Record<string, unknown>> {
  const fields = message.fields.map((field): [string, fc.Arbitrary<unknown>] => {
    if (field.fieldKind === 'message') return [field.localName, drafts(field.message, 1)];
    if (field.fieldKind === 'scalar') return [field.localName, scalars(field.scalar)];
    ok(field.fieldKind === 'list');
    const element = field.listKind === 'message' ? drafts(field.message) : scalars(field.scalar ?? ScalarType.INT32);
    return [field.localName, fc.array(element, { minLength: listMin, maxLength: 3 })];
  });
  const model = Object.fromEntries(fields);
  return fc.record(model, { requiredKeys: listMin > 0 ? Object.keys(model) : [], noNullPrototype: true });
}

const EDGES = [0n, 1n, 127n, 128n, (1n << 32n) - 1n, 1n << 32n, (1n << 35n) - 1n, 1n << 35n, (1n << 53n) - 1n];
const SCALARS: Readonly<Record<number, fc.Arbitrary<unknown>>> = {
  [ScalarType.STRING]: fc.string({ unit: 'grapheme', maxLength: 8 }),
  [ScalarType.BYTES]: fc.uint8Array({ maxLength: 32 }),
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.INT32]: fc.oneof(fc.integer(), fc.nat(300)),
  [ScalarType.UINT32]: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  [ScalarType.INT64]: fc.oneof(
    fc.maxSafeInteger().map(BigInt),
    fc.constantFrom(...EDGES, ...EDGES.map((edge) => -edge)),
  ),
  [ScalarType.UINT64]: fc.oneof(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.constantFrom(...EDGES)),
};

function scalars(type: ScalarType): fc.Arbitrary<unknown> {
  const arbitrary = SCALARS[type];
  ok(arbitrary !== undefined);
  return arbitrary;
}

/** Our form of the oracle's form: numbers where 53 bits are enough, no message that says nothing. */
function ours(message: DescMessage, draft: Record<string, unknown>): Record<string, unknown> {
  const entries = message.fields.flatMap((field): [string, unknown][] => {
    const value = draft[field.localName];
    if (value === undefined) return [];
    if (field.fieldKind === 'message')
      return [[field.localName, ours(field.message, value as Record<string, unknown>)]];
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      return [[field.localName, (value as Record<string, unknown>[]).map((element) => ours(field.message, element))]];
    }
    const isNumber = field.scalar === ScalarType.INT64 && field.localName !== 'timestamp';
    return [[field.localName, isNumber ? Number(value) : value]];
  });
  return Object.fromEntries(entries);
}

for (const [name, codec] of Object.entries(CODECS)) {
  const oracle = oracleMessage(name);
  test(`W9 ${name} is written and read as @bufbuild/protobuf does it`, () => {
    fc.assert(
      fc.property(drafts(oracle), (draft) => {
        const theirs = toBinary(oracle, create(oracle, draft));
        deepEqual(codec.encode(ours(oracle, draft)), theirs);
        deepEqual(codec.encode(codec.decode(theirs)), theirs);
      }),
    );
  });
}

const contents = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 99 })), {
    minLength: 1,
    maxLength: 30,
  })
  .map(
    (runs) => new Uint8Array(runs.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat())),
  );
/** Its blocks carry the length of the content in front, little endian. */
const PREFIX_BYTES = 4;

test('W20 lz4-napi unpacks what we pack, and we what it packs', () => {
  fc.assert(
    fc.property(contents, (content) => {
      const theirs = new Uint8Array(lz4.compressSync(Buffer.from(content)));
      deepEqual(decompressBlock(theirs.subarray(PREFIX_BYTES), content.length, content.length), content);
      const packed = compressBlock(content, PREFIX_BYTES, content.length * 2 + 32);
      ok(packed !== undefined);
      new DataView(packed.buffer).setUint32(0, content.length, true);
      deepEqual(new Uint8Array(lz4.uncompressSync(packed)), content);
    }),
  );
});

test('W23 no block is taken that lz4-napi would not give the same content for', () => {
  const block = compressBlock(INDEX_BODY, 0, INDEX_BODY.length) ?? new Uint8Array(0);
  ok(block.length > 0);
  const changes = fc.array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(changes, (bytes) => {
      const mutant = block.slice();
      for (const [at, byte] of bytes) mutant[at] = byte;
      const content = attempt(() => decompressBlock(mutant, INDEX_BODY.length, INDEX_BODY.length));
      if (content === undefined) return;
      const prefix = new Uint8Array(PREFIX_BYTES);
      new DataView(prefix.buffer).setUint32(0, INDEX_BODY.length, true);
      deepEqual(content, new Uint8Array(lz4.uncompressSync(Buffer.concat([prefix, mutant]))));
    }),
    { numRuns: 5_000 },
  );
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    equal(error instanceof WireError, true);
    return undefined;
  }
}
