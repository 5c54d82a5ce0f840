import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import lz4 from 'lz4-napi';
import { compressBlock, decompressBlock } from '../../src/core/wire/lz4.ts';
import { ClusterConfig, Close, Hello, Index, IndexUpdate, Request, Response } from '../../src/core/wire/messages.ts';
import { WireError } from '../../src/core/wire/wire-error.ts';
import { INDEX_BODY } from './captured.ts';
import { drafts, ours } from './oracle-drafts.ts';
import { oracleMessage } from './oracle-schema.ts';

const CODECS = { Hello, ClusterConfig, Index, IndexUpdate, Request, Response, Close };

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
