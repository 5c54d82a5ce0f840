import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { members } from '../../../test/harness/members.ts';
import {
  compareMembers,
  haveSameMembers,
  isMember,
  memberOf,
  mergeMembers,
  NO_MEMBERS,
  type Member,
} from './member-set.ts';

const sets = fc.array(members, { maxLength: 8 }).map((told) => mergeMembers(NO_MEMBERS, told));

test('Y1 merging is a join: in any order, grouped in any way, and again', () => {
  fc.assert(
    fc.property(sets, sets, sets, (a, b, c) => {
      deepEqual(mergeMembers(a, b), mergeMembers(b, a));
      deepEqual(mergeMembers(mergeMembers(a, b), c), mergeMembers(a, mergeMembers(b, c)));
      equal(mergeMembers(a, a), a, 'and says that nothing is new');
    }),
  );
});

test('Y1 the order of entries is total: only equal ones tie', () => {
  fc.assert(
    fc.property(members, members, (a, b) => {
      const other = { ...b, device: a.device };
      equal(Math.sign(compareMembers(a, other)) + Math.sign(compareMembers(other, a)), 0);
      if (compareMembers(a, other) === 0) deepEqual(a, other);
    }),
  );
});

test('Y1 a set is sorted and names each device once', () => {
  fc.assert(
    fc.property(sets, (set) => {
      const devices = set.map(({ device }) => device);
      deepEqual(devices, [...new Set(devices)].sort());
    }),
  );
});

const added: Member = { device: 'A', name: '', generation: 1, removed: false, by: 'B', atMs: 5 };
const removed: Member = { ...added, removed: true, atMs: 9 };
const rows: [rule: string, first: Member, second: Member, want: Member][] = [
  ['Y2 at one generation the removal counts, whenever it was', removed, added, removed],
  ['Y2 also when it is older', { ...removed, atMs: 1 }, added, { ...removed, atMs: 1 }],
  [
    'Y2 a higher generation counts more than a removal',
    { ...added, generation: 2 },
    removed,
    { ...added, generation: 2 },
  ],
  ['Y2 who added it first is named', added, { ...added, by: 'C', atMs: 6 }, added],
  ['Y2 a name counts more than none', added, { ...added, name: 'nas' }, { ...added, name: 'nas' }],
];
for (const [rule, first, second, want] of rows) {
  test(rule, () => {
    for (const told of [
      [first, second],
      [second, first],
    ])
      deepEqual(mergeMembers(NO_MEMBERS, told), [want]);
  });
}

test('Y2 two sets that differ in names and dates alone have the same members', () => {
  const set = mergeMembers(NO_MEMBERS, [added]);
  equal(haveSameMembers(set, [{ ...added, name: 'nas', by: 'C', atMs: 7 }]), true);
  for (const other of [[], [removed], [{ ...added, generation: 2 }], [{ ...added, device: 'B' }], [...set, removed]])
    equal(haveSameMembers(set, other), false);
});

test('Y2 who is removed is known, and no member', () => {
  const set = mergeMembers(NO_MEMBERS, [removed]);
  equal(isMember(set, 'A'), false);
  equal(memberOf(set, 'A')?.removed, true);
  equal(isMember(set, 'B'), false);
});
