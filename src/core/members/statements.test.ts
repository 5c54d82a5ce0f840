import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { members } from '../../../test/harness/members.ts';
import { MEMBERS_PER_FOLDER_MAX, MEMBERS_REMOVED_MAX, MEMBERS_TOLD_MAX, STRANGERS_REMOVED_MAX } from '../limits.ts';
import { isMember, memberOf, membersIn, mergeMembers, NO_MEMBERS, type Member, type MemberSet } from './member-set.ts';
import { admit, foundMembers, hear, introduce, remove, type Act } from './statements.ts';

const BY_A: Act = { by: 'A', atMs: 1 };
const BY_B: Act = { by: 'B', atMs: 2 };
const entry = (device: string, change: Partial<Member> = {}): Member => ({
  device,
  name: '',
  generation: 1,
  removed: false,
  by: 'A',
  atMs: 1,
  ...change,
});
/** As B has it. */
const ABC = foundMembers('B', ['A', 'C'], 1);
const active = (set: MemberSet): string =>
  membersIn(set)
    .map(({ device }) => device)
    .join('');
const stateOf = (set: MemberSet, device: string): string => {
  const member = memberOf(set, device);
  return member === undefined ? 'unknown' : `${member.removed ? 'removed' : 'added'} ${member.generation}`;
};

test('Y3 a person adds, removes, and adds again: each time a generation later', () => {
  let set = admit(NO_MEMBERS, 'C', 'phone', BY_A);
  deepEqual(set, [entry('C', { name: 'phone' })]);
  equal(admit(set, 'C', 'phone', BY_B), set, 'a member needs no adding');
  set = remove(set, 'C', BY_B);
  equal(stateOf(set, 'C'), 'removed 1');
  set = admit(set, 'C', 'phone', BY_B);
  equal(stateOf(set, 'C'), 'added 2');
  equal(stateOf(mergeMembers(set, [entry('C', { removed: true })]), 'C'), 'added 2', 'the old removal is over');
  equal(remove(set, 'X', BY_A), set, 'a stranger stays one');
});

const heard: [rule: string, from: string, told: Member[], want: string][] = [
  ['Y4 a member brings another in', 'A', [entry('D')], 'ABCD'],
  ['Y4 a member may remove any other', 'A', [entry('C', { removed: true })], 'AB'],
  ['Y4 also the one who hears it', 'A', [entry('B', { removed: true })], 'AC'],
  ['Y4 and itself', 'C', [entry('C', { removed: true, by: 'C' })], 'AB'],
  ['Y5 a stranger has no say', 'X', [entry('X'), entry('A', { removed: true })], 'ABC'],
  ['Y5 a member cannot put itself out of reach of a removal', 'C', [entry('C', { generation: 2 })], 'ABC'],
  ['Y5 not by a leap that leaves no number for a removal', 'A', [entry('C', { generation: 2000 })], 'ABC'],
];
for (const [rule, from, told, want] of heard) test(rule, () => equal(active(hear(ABC, from, told)), want));

test('Y5 what was not believed left nothing behind: the removal that comes next counts', () => {
  const fooled = hear(hear(ABC, 'C', [entry('C', { generation: 2 })]), 'A', [entry('C', { removed: true })]);
  equal(stateOf(fooled, 'C'), 'removed 1');
});

test('Y6 a removed device has no say, neither of itself nor of others', () => {
  const without = remove(ABC, 'C', BY_A);
  for (const told of [entry('C', { generation: 2 }), entry('D'), entry('A', { removed: true })])
    equal(hear(without, 'C', [told]), without);
});

test('Y6 nor has what it says in the very message that removes it for what comes after', () => {
  const left = hear(ABC, 'C', [entry('C', { removed: true, by: 'C' })]);
  equal(hear(left, 'C', [entry('C', { generation: 2 })]), left);
});

test('Y6 no order of introductions undoes a removal', () => {
  const removedC = remove(ABC, 'C', BY_A);
  const introductions = members.map((member) => ({ ...member, generation: 1, removed: false }));
  const words = fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C', 'D', 'X'), fc.array(introductions)));
  fc.assert(
    fc.property(words, (said) => {
      let set = removedC;
      for (const [from, told] of said) {
        set = hear(set, from, told);
        set = introduce(set, from, [{ device: 'C', name: '' }], 9);
        equal(stateOf(set, 'C'), 'removed 1');
      }
    }),
  );
});

test('Y7 C, removed at A while B is away, comes to B first: it is one of us until somebody who knows comes', () => {
  const atA = remove(foundMembers('A', ['B', 'C'], 1), 'C', BY_A);
  const atC = foundMembers('C', ['A', 'B'], 1);
  let atB = hear(ABC, 'C', atC);
  equal(active(atB), 'ABC');
  atB = hear(atB, 'A', atA);
  equal(active(atB), 'AB');
  equal(hear(atB, 'C', [...atC, entry('C', { generation: 2 })]), atB, 'and it does not come back');
});

test('Y7 whom a member removed before it was known to be removed is out, and so is it: two removals both stand', () => {
  const lie = hear(ABC, 'C', [entry('A', { removed: true, by: 'C' })]);
  equal(active(lie), 'BC');
  equal(hear(lie, 'A', [entry('C', { removed: true })]), lie, 'A is not heard any more');
  const atD = remove(foundMembers('D', ['A', 'B', 'C'], 1), 'C', BY_A); // heard A first
  const atB = mergeMembers(hear(lie, 'B', []), [entry('D')]);
  equal(active(hear(atB, 'D', atD)), 'BD', 'whoever has heard one of them tells');
  equal(active(hear(atD, 'B', atB)), 'BD', 'both ways, and all agree');
  equal(active(admit(hear(atB, 'D', atD), 'A', '', BY_B)), 'ABD', 'a person at B puts it right, for all');
});

test('Y8 members that tell each other agree, in whatever order they meet', () => {
  const names = ['A', 'B', 'D'];
  const act = fc.oneof(
    fc.record({ at: fc.constantFrom(...names), adds: fc.constantFrom('C', 'E') }),
    fc.record({ at: fc.constantFrom(...names), removes: fc.constantFrom('C', 'E') }),
    fc.record({ at: fc.constantFrom(...names), hears: fc.constantFrom(...names) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const sets = new Map(names.map((own) => [own, foundMembers('A', ['B', 'C', 'D'], 1)]));
      const at = (own: string): MemberSet => sets.get(own) ?? NO_MEMBERS;
      for (const [index, step] of acts.entries()) {
        const act = { by: step.at, atMs: index + 2 };
        if ('adds' in step) sets.set(step.at, admit(at(step.at), step.adds, '', act));
        else if ('removes' in step) sets.set(step.at, remove(at(step.at), step.removes, act));
        else sets.set(step.at, hear(at(step.at), step.hears, at(step.hears)));
      }
      for (let round = 0; round < 2; round += 1)
        for (const to of names) for (const from of names) sets.set(to, hear(at(to), from, at(from)));
      deepEqual(at('B'), at('A'));
      deepEqual(at('D'), at('A'));
    }),
  );
});

const crowd = (change: Partial<Member> = {}): Member[] =>
  Array.from({ length: 2 * MEMBERS_PER_FOLDER_MAX }, (_, index) => entry(`crowd ${index}`, change));

test('Y9 a folder has five hundred members at most, of which others bring in four hundred; whoever tells of more can still be removed', () => {
  const full = hear(ABC, 'A', crowd());
  equal(full.length, MEMBERS_TOLD_MAX);
  ok(isMember(full, 'C'));
  equal(isMember(hear(full, 'A', [...crowd(), entry('C', { removed: true })]), 'C'), false);
  equal(introduce(full, 'C', [{ device: 'more', name: '' }], 1).length, MEMBERS_TOLD_MAX);
  ok(isMember(admit(full, 'friend', '', BY_B), 'friend'), 'a person has room');
});

test('Y9 strangers that are said to be removed are remembered up to a hundred, and leave room for whoever comes', () => {
  const told = hear(ABC, 'A', crowd({ removed: true }));
  equal(told.length, ABC.length + STRANGERS_REMOVED_MAX);
  equal(hear(told, 'A', crowd({ removed: true })), told, 'nor more when it is said again');
  equal(stateOf(hear(told, 'A', [entry('C', { removed: true })]), 'C'), 'removed 1', 'a member is no stranger');
  ok(isMember(hear(told, 'A', [entry('friend')]), 'friend'));
});

test('Y9 who is brought back needs room as a newcomer does, whoever is removed by the same word does not', () => {
  const gone = crowd({ removed: true }).slice(0, MEMBERS_REMOVED_MAX);
  const set = mergeMembers(ABC, gone);
  const back = gone.map((member) => ({ ...member, generation: 2, removed: false }));
  const told = hear(set, 'A', [...back, entry('C', { removed: true })]);
  equal(membersIn(told).length, MEMBERS_TOLD_MAX);
  equal(stateOf(told, 'C'), 'removed 1');
  equal(stateOf(told, 'crowd 0'), 'added 2');
  equal(hear(told, 'A', back), told, 'nor more when it is said again');
});

const listed = (devices: string): { device: string; name: string }[] =>
  devices.split('').map((device) => ({ device, name: '' }));

test('Y10 an introducer adds whom it lists, and removes whom it has added and lists no longer', () => {
  let set = introduce(ABC, 'A', listed('ABCDE'), 5);
  equal(active(set), 'ABCDE');
  deepEqual(memberOf(set, 'D'), entry('D', { atMs: 5 }));
  set = introduce(set, 'A', listed('BD'), 6);
  equal(active(set), 'ABCD', 'those that others added stay, listed or not');
  equal(stateOf(set, 'E'), 'removed 1');
  set = introduce(set, 'A', listed('BDE'), 7);
  equal(stateOf(set, 'E'), 'removed 1', 'to bring back is for a person, also whom it took away itself');
});

test('Y10 an introducer never brings back whom somebody else removed', () => {
  const without = remove(introduce(ABC, 'A', listed('BD'), 5), 'D', BY_B);
  equal(introduce(without, 'A', listed('BD'), 6), without);
});

test('Y10 who is no member introduces nobody', () => {
  equal(introduce(ABC, 'X', listed('BD'), 5), ABC);
  const without = remove(ABC, 'A', BY_B);
  equal(introduce(without, 'A', listed('BD'), 5), without);
});
