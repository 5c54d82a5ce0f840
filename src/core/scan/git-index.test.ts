import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gitIndex } from '../../../test/harness/git-index.ts';
import { namesInIndex } from './git-index.ts';

const NAMES = ['.gitignore', 'a', 'a/b/c', `a/${'long '.repeat(60)}`, 'caf\u00e9', 'src/index.ts'];

for (const version of [2, 4] as const)
  for (const objectBytes of [20, 32] as const)
    test(`U90 the names in an index of git, version ${version}, with object names of ${objectBytes} bytes`, () => {
      deepEqual(namesInIndex(gitIndex(NAMES, version, objectBytes)), NAMES);
      deepEqual(namesInIndex(gitIndex([], version, objectBytes)), []);
    });

test('U91 what is no index, or is cut short, has no names', () => {
  equal(namesInIndex(Buffer.from('index on main')), undefined);
  equal(namesInIndex(new Uint8Array(0)), undefined);
  for (const version of [2, 4] as const) equal(namesInIndex(gitIndex(NAMES, version).subarray(0, 300)), undefined);
});

test('U91 no bytes make it fail or run on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(6), (bytes, count) => {
      const index = Buffer.concat([gitIndex(NAMES.slice(0, count), 4).subarray(0, -20), bytes]);
      index.writeUInt32BE(count + 3, 8);
      namesInIndex(index);
    }),
  );
});
