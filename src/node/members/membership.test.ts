import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { MEMBERS_MAX, MEMBERS_REMOVED_MAX, MEMBERS_TOLD_MAX } from '../../core/limits.ts';
import { isMember, memberOf, membersIn, type Member } from '../../core/members/member-set.ts';
import type { Act } from '../../core/members/statements.ts';
import type { Configuration, ConfiguredFolder } from '../configuration.ts';
import { withFolder, withFoundMembers, withoutPeer, withPeer, withTold } from './membership.ts';

const FOLDER = 'photos';
const act = (atMs: number, by = 'A'): Act => ({ by, atMs });
const entry = (device: string, change: Partial<Member> = {}): Member => ({
  device,
  name: '',
  generation: 1,
  removed: false,
  by: 'B',
  atMs: 1,
  ...change,
});
const crowd = (length: number, start = 'crowd'): string[] =>
  Array.from({ length }, (_, index) => `${start} ${String(index).padStart(4, '0')}`);

/** As A has it, who shares the folder with these. */
function sharedWith(...peers: string[]): Configuration {
  const configured = peers.map((id) => ({ id, addresses: [] }));
  const folders = [{ id: FOLDER, path: '/photos', peers }];
  return withFoundMembers({ version: 1, peers: configured, folders }, 'A', 1);
}
function folderOf({ folders }: Configuration): ConfiguredFolder {
  const [folder] = folders;
  ok(folder !== undefined);
  return folder;
}
const membersOf = (configuration: Configuration): readonly Member[] => folderOf(configuration).members ?? [];
const told = (before: Configuration, from: string, words: readonly Member[]): Configuration =>
  withTold(
    before,
    FOLDER,
    from,
    words.map((member) => ({ member, addresses: [] })),
    'A',
  );

/** As A has it once a member has filled its memory of removals, with dates that are still to come. */
function filledWithRemovals(): Configuration {
  let next = sharedWith('B', 'C');
  for (const start of ['first', 'second']) {
    const devices = crowd(MEMBERS_REMOVED_MAX / 2, start);
    next = told(
      next,
      'B',
      devices.map((device) => entry(device)),
    );
    next = told(
      next,
      'B',
      devices.map((device) => entry(device, { removed: true, atMs: 9_000_000_000_000 })),
    );
  }
  equal(membersOf(next).filter(({ removed }) => removed).length, MEMBERS_REMOVED_MAX);
  return next;
}

test('Y9 a removal counts that a person makes, or a member whose clock is behind, also where five hundred are remembered', () => {
  const full = filledWithRemovals();
  for (const without of [withoutPeer(full, 'C', act(2)), told(full, 'B', [entry('C', { removed: true, atMs: 0 })])]) {
    equal(memberOf(membersOf(without), 'C')?.removed, true);
    const more = told(told(without, 'B', [entry('D')]), 'B', [entry('D', { removed: true })]);
    const heard = told(more, 'B', [entry('C'), entry('friend')]);
    deepEqual([...folderOf(heard).peers].sort(), ['B', 'friend'], 'who has not heard of it does not bring it back');
  }
});

test('Y9 the last five hundred that were removed are remembered, so that a set that was filled has room again', () => {
  const all = crowd(MEMBERS_MAX - 3);
  let next = sharedWith('B', 'C', ...all);
  for (const [index, device] of ['B', ...all, 'C'].entries()) next = withoutPeer(next, device, act(10 + index));
  for (const device of ['one', 'two']) {
    next = withPeer(next, { id: device, addresses: [], folders: [FOLDER] }, act(5000));
    next = withoutPeer(next, device, act(5001));
  }
  equal(membersOf(next).length, 1 + MEMBERS_REMOVED_MAX);
  equal(memberOf(membersOf(next), 'B'), undefined, 'the first one is a stranger, as whom nobody has heard of');
  const friend = withPeer(next, { id: 'friend', addresses: [], folders: [FOLDER] }, act(6000));
  ok(isMember(membersOf(friend), 'friend'));
});

test('Y9 who adds the folder again here knows the removals still, in their order', () => {
  const without = withoutPeer(filledWithRemovals(), 'C', act(2));
  const again = withFolder(without, { id: FOLDER, path: '/photos', peers: ['friend'] }, act(3));
  deepEqual(folderOf(again).removals, folderOf(without).removals);
});

test('Y9 whatever a member says, nothing of it is an error, and the bounds stay', () => {
  const gone = filledWithRemovals();
  const back = membersOf(gone).map((member) => ({ ...member, generation: 2, removed: false }));
  const newcomers = crowd(2 * MEMBERS_MAX).map((device) => entry(device));
  let next = gone;
  for (const words of [back, newcomers, [...back, ...newcomers]]) next = told(next, 'B', words);
  equal(membersIn(membersOf(next)).length, MEMBERS_TOLD_MAX);
  const byPeople = crowd(MEMBERS_MAX + 2, 'school');
  const large = told(sharedWith(...byPeople), byPeople[0] ?? '', [entry('school 0001', { removed: true })]);
  equal(folderOf(large).peers.length, MEMBERS_MAX + 1, 'also of a folder that has had more members all along');
});
