import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gitIndex, splitGitIndex } from '../../../test/harness/git-index.ts';
import { readGitIndex, trackedNames } from './git-index.ts';

function namesIn(bytes: Uint8Array, shared?: Uint8Array): string[] | undefined {
  const index = readGitIndex(bytes);
  return index && [...trackedNames(index, shared && readGitIndex(shared))].sort();
}

const NAMES = ['.gitignore', 'a', 'a/b/c', `a/${'long '.repeat(60)}`, 'caf\u00e9', 'src/index.ts'];

for (const version of [2, 4] as const)
  for (const objectBytes of [20, 32] as const)
    test(`U90 the names in an index of git, version ${version}, with object names of ${objectBytes} bytes`, () => {
      deepEqual(namesIn(gitIndex(NAMES, version, objectBytes)), NAMES);
      deepEqual(namesIn(gitIndex([], version, objectBytes)), []);
    });

test('U90 the names in a split index are its own, and those of the shared one that it does not remove', () => {
  const shared = gitIndex(NAMES);
  const parts = { file: 'sharedindex.0102', replaced: 2, removed: [0, 4] };
  for (const version of [2, 4] as const)
    for (const objectBytes of [20, 32] as const) {
      const split = splitGitIndex(['new', 'src/new.ts'], parts, version, objectBytes);
      deepEqual(namesIn(split, shared), ['a', 'a/b/c', NAMES[3], 'new', 'src/index.ts', 'src/new.ts']);
      deepEqual(namesIn(split), ['new', 'src/new.ts']);
    }
});

test('U91 names of a shared index stand in no index that does not say which', () => {
  const split = splitGitIndex(['new'], { file: 'sharedindex.0102', replaced: 2, removed: [] });
  split.write('LINK', split.indexOf('link'));
  equal(namesIn(split), undefined);
});

test('U91 what is no index, or is cut short, has no names', () => {
  equal(namesIn(Buffer.from('index on main')), undefined);
  equal(namesIn(new Uint8Array(0)), undefined);
  for (const version of [2, 4] as const) equal(namesIn(gitIndex(NAMES, version).subarray(0, 300)), undefined);
});

test('U91 no bytes fill the memory with names', () => {
  const long = 'long/'.repeat(10_000);
  const names = Array.from({ length: 1000 }, (_, index) => `${long}${index}`);
  equal(namesIn(gitIndex(names, 4)), undefined, '50 MB of names in 130 kB');
  const deep = names.map((_, index) => `${'src/main/java/'.repeat(30)}${index}.java`).sort();
  deepEqual(namesIn(gitIndex(deep, 4)), deep);
});

test('U91 no bytes make it fail or run on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(6), (bytes, count) => {
      const index = Buffer.concat([gitIndex(NAMES.slice(0, count), 4).subarray(0, -20), bytes]);
      index.writeUInt32BE(count + 3, 8);
      readGitIndex(index);
      const split = splitGitIndex(NAMES, { file: 'sharedindex.01', replaced: 1, removed: [count] });
      readGitIndex(Buffer.concat([split.subarray(0, -20 - bytes.length), bytes, split.subarray(-20)]));
    }),
  );
});
