import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { members } from '../../../test/harness/members.ts';
import { MEMBERS_REMOVED_MAX } from '../limits.ts';
import { memberOf, mergeMembers, NO_MEMBERS, type Member } from './member-set.ts';
import { remember, type Remembered } from './removals.ts';

const NOTHING: Remembered = { members: NO_MEMBERS, removals: [] };
const removed = (device: string, atMs: number): Member => ({
  device,
  name: '',
  generation: 1,
  removed: true,
  by: 'A',
  atMs,
});
const gone = (length: number, atMs: number): Member[] =>
  Array.from({ length }, (_, index) => removed(`gone ${String(index).padStart(4, '0')}`, atMs + index));
const after = (before: Remembered, told: readonly Member[]): Remembered =>
  remember(before, mergeMembers(before.members, told));

test('Y9 of more removals than are remembered those that were heard of first are forgotten, whatever their dates', () => {
  const full = after(NOTHING, gone(MEMBERS_REMOVED_MAX, 9_000_000));
  const late = after(full, [removed('late', 1)]);
  equal(memberOf(late.members, 'late')?.removed, true, 'by a clock that is behind');
  equal(memberOf(late.members, 'gone 0000'), undefined);
  const later = after(late, [removed('later', 0)]);
  deepEqual([later.members.length, later.removals.length], [MEMBERS_REMOVED_MAX, MEMBERS_REMOVED_MAX]);
  equal(memberOf(later.members, 'late')?.removed, true, 'also when the next one comes');
});

test('Y9 removals of a file from before they were put in order are older than what is new, and go by their dates', () => {
  const old = { members: mergeMembers(NO_MEMBERS, gone(MEMBERS_REMOVED_MAX, 9)), removals: [] };
  const next = after(old, [removed('late', 1)]);
  equal(memberOf(next.members, 'gone 0000'), undefined);
  equal(next.removals.at(-1), 'late');
});

test('Y9 who is brought back and removed again was removed last', () => {
  let set = after(NOTHING, [removed('C', 1), removed('D', 2)]);
  set = after(set, [{ ...removed('C', 3), generation: 2, removed: false }]);
  deepEqual(set.removals, ['D']);
  set = after(set, [{ ...removed('C', 4), generation: 2 }]);
  deepEqual(set.removals, ['D', 'C']);
});

test('Y9 where there is room nothing is forgotten, and each that is removed is in its order once', () => {
  const words = fc.array(fc.array(members, { maxLength: 8 }), { maxLength: 8 });
  fc.assert(
    fc.property(words, (said) => {
      let set = NOTHING;
      for (const told of said) {
        const merged = mergeMembers(set.members, told);
        set = remember(set, merged);
        equal(set.members, merged);
        const devices = merged.filter((member) => member.removed).map(({ device }) => device);
        deepEqual([...set.removals].sort(), devices);
      }
    }),
  );
});
