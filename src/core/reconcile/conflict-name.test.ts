import { equal, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { record } from '../../../test/harness/records.ts';
import { conflictName, isConflictCopy } from './conflict-name.ts';

const at = BigInt(Date.UTC(2026, 10, 24, 10, 15, 0)) * 1_000_000n;
const loser = (name: string) => record({ name, modifiedNs: at, modifiedBy: 0xca32_8126_232a_2994n });

const rows: [name: string, want: string][] = [
  ['notes.txt', 'notes.sync-conflict-20261124-101500-ZIZICJR.txt'],
  ['a/b/archive.tar.gz', 'a/b/archive.tar.sync-conflict-20261124-101500-ZIZICJR.gz'],
  ['Makefile', 'Makefile.sync-conflict-20261124-101500-ZIZICJR'],
  ['.bashrc', '.sync-conflict-20261124-101500-ZIZICJR.bashrc'],
];
for (const [name, want] of rows) {
  test(`M7 the copy of ${name} is named after the losing version`, () => {
    equal(conflictName(loser(name), 1), want);
    ok(isConflictCopy(want));
  });
}

test('M7 a name that is taken gets a number', () => {
  equal(conflictName(loser('notes.txt'), 2), 'notes.sync-conflict-20261124-101500-ZIZICJR-2.txt');
});

test('M7 a long name is cut, never inside a character, and stays a name', () => {
  const name = conflictName(loser(`${'ü'.repeat(125)}.txt`), 1);
  ok(new TextEncoder().encode(name).length <= 255);
  ok(name.isWellFormed() && name.endsWith('.txt') && isConflictCopy(name));
  notEqual(name.indexOf('ü'), -1);
});

test('M7 times before 1970 and beyond all calendars have a name too', () => {
  equal(conflictName({ ...loser('a'), modifiedNs: -1n }, 1), 'a.sync-conflict-19691231-235959-ZIZICJR');
  ok(isConflictCopy(conflictName({ ...loser('a'), modifiedNs: 2n ** 80n }, 1)));
});
