import { equal, ok } from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isBelow, isInternalName, nameFault, nameInNews, parentOf, baseName, type NameFault } from './folder-path.ts';

const names: [name: string, want: NameFault | undefined][] = [
  ['a', undefined],
  ['a/b c/ü.txt', undefined],
  ['...', undefined],
  ['..a/b..', undefined],
  ['a\\b', undefined],
  ['line\nbreak', undefined],
  ['', 'not-canonical'],
  ['a//b', 'not-canonical'],
  ['a/', 'not-canonical'],
  ['./a', 'not-canonical'],
  ['a/./b', 'not-canonical'],
  ['a/../b', 'not-canonical'],
  ['a/..', 'not-canonical'],
  ['/a', 'outside'],
  ['..', 'outside'],
  ['../a', 'outside'],
  ['.', 'outside'],
  ['a\0b', 'bad-character'],
  ['\ud800', 'bad-character'],
  ['a'.repeat(9000), 'too-long'],
];
for (const [name, want] of names) {
  test(`N1 ${JSON.stringify(name.slice(0, 20))} is ${want ?? 'good'}`, () => equal(nameFault(name), want));
}

test('N2 a good name, joined to any root, stays inside it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.constantFrom('..', '.', '', '/', '\\')), { maxLength: 5 }),
      (parts) => {
        const name = parts.join('/');
        if (nameFault(name) !== undefined) return;
        ok(posix.resolve('/root/folder', name).startsWith('/root/folder/'));
        equal(posix.normalize(name), name);
      },
    ),
    { numRuns: 5000 },
  );
});

const internals: [name: string, want: boolean][] = [
  ['.lanfold', true],
  ['.lanfold/history/x', true],
  ['.LANFOLD/folder.json', true],
  ['.stIgnore', true],
  ['.STFOLDER', true],
  ['.stfolder', true],
  ['.stversions/a', true],
  ['.stignore', true],
  ['a/.syncthing.b.txt.tmp', true],
  ['a/~syncthing~b.tmp', true],
  ['.lanfold-0123.tmp', true],
  ['a/.lanfold', false],
  ['a/.stignore', false],
  ['.lanfolder', false],
  ['x.tmp', false],
];
for (const [name, want] of internals) {
  test(`N4 ${name} is ${want ? '' : 'not '}kept for the programs`, () => equal(isInternalName(name), want));
}

test('N5 parents, bases and what lies below', () => {
  equal(parentOf('a/b/c'), 'a/b');
  equal(parentOf('a'), '');
  equal(baseName('a/b'), 'b');
  ok(isBelow('a/b', 'a') && !isBelow('ab', 'a') && !isBelow('a', 'a') && isBelow('a', ''));
});

const inNews: [what: string, name: string, isGone: boolean, isThere: boolean, want: string][] = [
  ['in normal form', 'caf\u00e9', false, true, 'caf\u00e9'],
  ['in another one, on a disk that finds both', 'cafe\u0301', false, true, 'caf\u00e9'],
  ['in another one, on a disk that does not', 'cafe\u0301', false, false, 'cafe\u0301'],
  ['in another one, that is gone', 'cafe\u0301', true, false, 'caf\u00e9'],
];
for (const [what, name, isGone, isThere, want] of inNews) {
  test(`N6 news of a name ${what}`, () =>
    equal(
      nameInNews(name, isGone, () => isThere),
      want,
    ));
}
