import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { record, version } from '../../../test/harness/records.ts';
import type { FileRecord } from '../model/file-record.ts';
import { compareVersions, mergeVersions } from '../model/version-vector.ts';
import { holds, lacks, newestOf } from './newest.ts';

const early = record({ content: 'early', version: version({ 1: 1 }), modifiedNs: 10n });
const late = record({ content: 'late', version: version({ 2: 1 }), modifiedNs: 20n });
const removal = record({ deleted: true, version: version({ 3: 1 }), modifiedNs: 99n });

const races: [rule: string, records: FileRecord[], want: FileRecord | undefined][] = [
  ['X1 nobody has it', [], undefined],
  [
    'X1 who has seen the other wins',
    [early, record({ content: 'next', version: version({ 1: 2 }) })],
    record({ content: 'next', version: version({ 1: 2 }) }),
  ],
  ['M2 of two edits the later wins', [early, late], late],
  ['M2 an edit survives a delete, whatever the time', [early, removal], early],
  ['M2 at equal times the vectors decide', [{ ...late, modifiedNs: 10n }, early], early],
  ['X1 what is invalid never wins', [{ ...late, invalid: true }, early], early],
  ['X1 what has no version never wins', [{ ...late, version: [] }, early], early],
];
for (const [rule, records, want] of races) {
  test(rule, () => {
    for (const order of [records, [...records].reverse()]) {
      const newest = newestOf(order);
      equal(newest?.version, want?.version === undefined ? undefined : newest?.version);
      if (want === undefined) equal(newest, undefined);
      else ok(newest !== undefined && compareVersions(newest.version, want.version) === 'equal');
    }
  });
}

test('M2 a delete that has seen an edit takes it out of the race: no circles', () => {
  const seen = record({ content: 'seen', version: version({ 1: 1 }), modifiedNs: 50n });
  const seeing = record({ deleted: true, version: version({ 1: 1, 2: 1 }), modifiedNs: 60n });
  const other = record({ content: 'other', version: version({ 3: 1 }), modifiedNs: 40n });
  for (const order of [
    [seen, seeing, other],
    [other, seeing, seen],
    [seeing, other, seen],
  ]) {
    equal(newestOf(order), other);
  }
  ok(lacks(seen, other), 'the device with the edit that was deleted has to take the other one');
});

const needs: [rule: string, mine: FileRecord | undefined, newest: FileRecord | undefined, want: boolean][] = [
  ['X2 nothing is newest: nothing is lacking', early, undefined, false],
  ['X2 a name never seen is lacking', undefined, early, true],
  ['X2 a delete of what was never here is nothing to do', undefined, removal, false],
  ['X2 the same version is here', early, early, false],
  ['X2 another version is lacking', early, late, true],
  ['X2 an equal vector with other content is lacking (R11)', early, { ...early, blocks: late.blocks }, true],
  ['X2 an ignored name that has seen it lacks nothing', record({ invalid: true }), early, false],
  ['X2 an ignored name that has not seen it lacks it', record({ invalid: true }), late, true],
];
for (const [rule, mine, newest, want] of needs) test(rule, () => equal(lacks(mine, newest), want));

test('X6 only who has exactly the version, whole and valid, can be asked for it', () => {
  ok(holds(early, early));
  ok(!holds({ ...early, invalid: true }, early));
  ok(!holds(late, early));
  ok(!holds({ ...early, blocks: late.blocks }, early));
});

test('X1 every order of up to five versions has the same winner, and it is one that nobody has seen beyond', () => {
  const drafts = fc.array(
    fc.record({
      counters: fc.dictionary(fc.constantFrom('1', '2', '3'), fc.integer({ min: 1, max: 3 }), {
        minKeys: 1,
        maxKeys: 3,
      }),
      deleted: fc.boolean(),
      time: fc.bigInt({ min: 0n, max: 2n }),
      content: fc.constantFrom('a', 'b', 'c'),
    }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(drafts, fc.integer(), (drafted, seed) => {
      const records = drafted.map(({ counters, deleted, time, content }) =>
        record({ version: version(counters), deleted, modifiedNs: time, content }),
      );
      const winner = newestOf(records);
      ok(winner !== undefined);
      const shuffled = records
        .map((item, index) => ({ item, key: Math.sin(seed + index) }))
        .sort((a, b) => a.key - b.key);
      const again = newestOf(shuffled.map(({ item }) => item));
      ok(again !== undefined && !lacks(again, winner), 'the same version of the same content');
      const all = records.reduce<FileRecord['version']>((merged, { version: next }) => mergeVersions(merged, next), []);
      ok(records.every(({ version: other }) => compareVersions(winner.version, other) !== 'older') || all.length === 0);
    }),
    { numRuns: 3000 },
  );
});
