/** Two people, or three, who work on the same names while they cannot hear each other, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { isConflictCopy } from '../src/core/reconcile/conflict-name.ts';
import { Desk, FOLDER, type Machine } from './desk.ts';
import { share, three, two } from './desks.ts';

const MIB = 1024 * 1024;
/** Longer than any retry of a link that was cut. */
const MEET_MS = 90_000;

function pairsOf({ machines: all }: Desk): (readonly [string, string])[] {
  return all.flatMap((one, index) => all.slice(index + 1).map((other) => [one.name, other.name] as const));
}

function part(desk: Desk): void {
  for (const [one, other] of pairsOf(desk)) desk.network.link(one, other).cut();
}

async function meet(desk: Desk, ...pairs: (readonly [string, string])[]): Promise<void> {
  for (const [one, other] of pairs.length > 0 ? pairs : pairsOf(desk)) desk.network.link(one, other).heal();
  await desk.runFor(MEET_MS);
}

/** What each name of the folder's root says. */
function texts(machine: Machine): Record<string, string | undefined> {
  return Object.fromEntries(machine.names().map((name) => [name, machine.read(name)]));
}

function copiesOf(machine: Machine): string[] {
  return machine.names().filter(isConflictCopy);
}

/** What all copies of a machine say, sorted. */
function losersAt(machine: Machine): string[] {
  return sorted(copiesOf(machine).map((name) => machine.read(name)));
}

function sorted(contents: readonly (string | undefined)[]): string[] {
  return contents.map(String).sort();
}

function setTimes(machine: Machine, name: string, attributes: { permissions?: number; modifiedNs?: bigint }): void {
  const inode = machine.inode(name);
  machine.disk.setAttributes(inode, attributes);
}

/** All have the same names with the same content. */
function alike(...all: readonly Machine[]): Record<string, string | undefined> {
  const [first, ...others] = all;
  ok(first);
  for (const other of others) deepEqual(texts(other), texts(first), `${other.name} and ${first.name}`);
  return texts(first);
}

test('case E01 E07: the same bytes made by both, with other times and permissions: no copy, and one of both wins', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.write('made.txt', 'the same');
  await desk.runFor(5000);
  b.write('made.txt', 'the same');
  setTimes(b, 'made.txt', { permissions: 0o600 });
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
  await desk.runFor(10_000);
  deepEqual(alike(a, b), { 'made.txt': 'the same' });
  const [mine, theirs] = [a, b].map((machine) => machine.disk.find(`${FOLDER}/made.txt`));
  ok(mine && theirs);
  deepEqual([mine.permissions, mine.modifiedNs], [theirs.permissions, theirs.modifiedNs]);
  // And once more with a file that both had, each with other attributes.
  part(desk);
  setTimes(a, 'made.txt', { permissions: 0o640 });
  await desk.runFor(5000);
  setTimes(b, 'made.txt', { modifiedNs: 1_000_000_000_000_000_000n });
  await desk.runFor(5000);
  await meet(desk);
  deepEqual(alike(a, b), { 'made.txt': 'the same' });
  deepEqual([mine.permissions, mine.modifiedNs], [theirs.permissions, theirs.modifiedNs]);
});

test('case E02: two people make the same name with other content: the later wins, the other lies beside it everywhere', async () => {
  const { desk, a, b, c } = three();
  using _ = desk;
  await desk.start(a, b, c);
  ok(await desk.inSync(a, b, c));
  part(desk);
  a.write('plan.txt', 'by a');
  await desk.runFor(3000);
  b.write('plan.txt', 'by b');
  await desk.runFor(5000);
  await meet(desk);
  const all = alike(a, b, c);
  equal(all['plan.txt'], 'by b');
  deepEqual(sorted(Object.values(all)), ['by a', 'by b']);
});

for (const first of ['edit', 'delete'] as const)
  for (const meets of ['edit', 'delete'] as const)
    test(`case E04: an edit here and a delete there, the ${first} first; a third hears of the ${meets} first`, async () => {
      const world = three();
      const { desk, a, b, c } = world;
      using _ = desk;
      await share(world, { 'notes.txt': 'base' });
      part(desk);
      const acts = {
        edit: () => a.write('notes.txt', 'edited'),
        delete: () => b.disk.unlink(`${FOLDER}/notes.txt`),
      };
      acts[first]();
      await desk.runFor(5000);
      acts[first === 'edit' ? 'delete' : 'edit']();
      await desk.runFor(5000);
      await meet(desk, meets === 'edit' ? ['a', 'c'] : ['b', 'c']);
      await meet(desk);
      deepEqual(alike(a, b, c), { 'notes.txt': 'edited' });
      ok(await desk.inSync(a, b, c));
    });

test('case E05: ten conflicts one after the other on one name, and on the copy of a copy, keep every content', async () => {
  const world = two();
  const { desk, a, b } = world;
  using _ = desk;
  await share(world, { 'notes.txt': 'base' });
  const losers: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    part(desk);
    for (const machine of [a, b]) {
      const text = `round ${round} by ${machine.name}`;
      machine.write('notes.txt', text);
      if (machine === a) losers.push(text);
      await desk.runFor(2000);
    }
    await meet(desk);
  }
  alike(a, b);
  deepEqual(losersAt(a), losers, 'all ten lie in the folder');

  for (let round = 0; round < 10; round += 1) {
    const name = copiesOf(a).sort((one, other) => other.length - one.length)[0];
    ok(name);
    part(desk);
    for (const machine of [a, b]) {
      const text = `copy, round ${round} by ${machine.name}`;
      machine.write(name, text);
      if (machine === a) losers.push(text);
      await desk.runFor(2000);
    }
    await meet(desk);
  }
  alike(a, b);
  const kept = new Set([a, b].flatMap((machine) => [...machine.allContents()]));
  // The first loser was edited by whoever had it before their eyes.
  deepEqual(
    losers.filter((text) => !kept.has(text)),
    ['round 0 by a'],
  );
});

test('case E06: losers of the same second get names of their own', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world, { 'notes.txt': 'base' });
  const modifiedNs = 1_789_999_000_000_000_000n;
  // Twice by the same device, and by two devices: what names the copies is alike each time.
  for (const round of [1, 2]) {
    part(desk);
    for (const machine of [a, b]) {
      machine.write('notes.txt', `round ${round} by ${machine.name}`);
      setTimes(machine, 'notes.txt', { modifiedNs });
    }
    c.write('notes.txt', `round ${round} by c`);
    await desk.runFor(5000);
    await meet(desk);
  }
  const all = alike(a, b, c);
  equal(all['notes.txt'], 'round 2 by c');
  const losers = ['round 1 by a', 'round 1 by b', 'round 2 by a', 'round 2 by b'];
  deepEqual(losersAt(a), losers);
  for (const name of copiesOf(a)) ok(name.includes('.sync-conflict-20260921-135640-'), name);
});

test('case E08: a conflict that somebody settles by deleting the copy is settled for all, also for who was away', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world, { 'notes.txt': 'base' });
  part(desk);
  a.write('notes.txt', 'by a');
  await desk.runFor(2000);
  b.write('notes.txt', 'by b');
  await desk.runFor(2000);
  await meet(desk);
  const [copy] = copiesOf(c);
  ok(copy);
  c.crash();
  b.disk.unlink(`${FOLDER}/${copy}`);
  ok(await desk.until(() => a.names().length === 1));
  await desk.start(c);
  await desk.runFor(MEET_MS);
  deepEqual(alike(a, b, c), { 'notes.txt': 'by b' });
  for (const machine of [a, b, c]) {
    machine.crash();
    await desk.start(machine);
  }
  await desk.runFor(MEET_MS);
  deepEqual(alike(a, b, c), { 'notes.txt': 'by b' });
});

test('case E09: somebody saves at any moment of the pull of the same name: both contents live on', async () => {
  // At and in each call to the disk that the pull makes, one after the other, until it makes no more.
  let moments = 0;
  for (let moment = 0; ; moment += 1) {
    const world = two();
    const { desk, a, b } = world;
    using _ = desk;
    await share(world, { 'notes.txt': 'base' });
    let calls = 0;
    let isSaved = false;
    const save = (): void => {
      if (b.read('notes.txt') !== 'base') return;
      b.write('notes.txt', 'by b');
      isSaved = true;
    };
    b.faults.beforeDisk = () => {
      if (calls === Math.floor(moment / 3)) desk.scheduler.after((moment % 3) / 2, save);
      calls += 1;
    };
    a.write('notes.txt', 'by a');
    await desk.until(() => isSaved || b.read('notes.txt') === 'by a', 5000);
    await desk.runFor(MEET_MS);
    if (!isSaved && moment % 3 === 0) break;
    if (!isSaved) continue;
    moments += 1;
    const all = alike(a, b);
    deepEqual(sorted(Object.values(all)), ['by a', 'by b'], `moment ${moment}`);
  }
  ok(moments >= 6, `${moments} moments`);
});

test('case E16: three who meet in pairs only, one after the other, agree after the last meeting', async () => {
  // Each time what happens at the same moment happens in another order.
  for (let extraMs = 0; extraMs < 8; extraMs += 1) {
    const world = three();
    const { desk, a, b, c } = world;
    using _ = desk;
    await desk.runFor(extraMs / 4);
    await share(world, { 'notes.txt': 'base' });
    part(desk);
    for (const machine of [a, b, c]) {
      machine.write('notes.txt', `by ${machine.name}`);
      machine.write(`only ${machine.name}`, machine.name);
      await desk.runFor(3000);
    }
    for (const pair of [
      ['a', 'b'],
      ['b', 'c'],
      ['a', 'c'],
    ] as const) {
      await meet(desk, pair);
      part(desk);
    }
    await desk.runFor(MEET_MS);
    const all = alike(a, b, c);
    equal(all['notes.txt'], 'by c');
    deepEqual(sorted(Object.values(all)), ['a', 'b', 'by a', 'by b', 'by c', 'c']);
  }
});

test('case E17: five who meet in chance pairs agree after a bounded number of rounds', async () => {
  const desk = new Desk(['a', 'b', 'c', 'd', 'e']);
  using _ = desk;
  await desk.start(...desk.machines);
  ok(await desk.inSync(...desk.machines));
  const chance = desk.chance('gossip');
  const pairs = pairsOf(desk);
  part(desk);
  for (const machine of desk.machines) {
    machine.write('notes.txt', `by ${machine.name}`);
    machine.write(`only ${machine.name}`, machine.name);
    await desk.runFor(1000);
  }
  // Gossip of n reaches all after a few times log n meetings of each; who wins is settled by the records alone.
  for (let round = 0; round < 20; round += 1) {
    await meet(desk, chance.pick(pairs));
    part(desk);
  }
  const all = alike(...desk.machines);
  equal(all['notes.txt'], 'by e');
  equal(Object.keys(all).length, 10);
});

test('case E20: on a full disk a conflict drops neither side; it is settled when there is room', async () => {
  const world = two();
  const { desk, a, b } = world;
  using _ = desk;
  await share(world, { image: 'base' });
  // The history is full of what was displaced a moment ago, which is kept whatever the need.
  for (const byte of [1, 2, 3]) {
    a.write('other', Buffer.alloc(4 * MIB, byte));
    ok(await desk.until(() => b.disk.find(`${FOLDER}/other`)?.content[0] === byte));
    ok(await desk.inSync(a, b));
  }
  part(desk);
  const [mine, theirs] = ['a', 'b'].map((letter) => letter.repeat(2 * MIB));
  ok(mine && theirs);
  b.write('image', theirs);
  await desk.runFor(3000);
  a.write('image', mine);
  b.disk.totalBytes = 100 * MIB;
  b.disk.freeBytes = 10 * MIB; // all of it is left free
  await meet(desk);
  deepEqual(b.problems(), [['image', 'disk-full']]);
  equal(b.read('image'), theirs);
  ok((await desk.scheduler.runUntil(b.folder().restorer.history('other'))).length === 2, 'the history is as it was');
  b.disk.freeBytes = 50 * MIB;
  await desk.runFor(2 * MEET_MS);
  const all = alike(a, b);
  equal(all['image'], mine);
  ok(Object.values(all).includes(theirs));
});
