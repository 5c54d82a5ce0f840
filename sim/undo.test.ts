/** Many deletes and replacements that nobody meant: told to everybody, and undone with one word. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Undone } from '../src/node/folder/undo.ts';
import { heldElsewhere } from '../src/node/peer/held-elsewhere.ts';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { three, type Three } from './desks.ts';

const COUNT = 300;
const HOUR_MS = 3_600_000;

/** Three machines with the same files, made a while ago. */
async function world(): Promise<Three> {
  const { desk, a, b, c } = three();
  a.disk.makeDirectory(`${FOLDER}/d`);
  for (let index = 0; index < COUNT; index += 1) a.write(nameOf(index), `content ${index}`);
  await desk.start(a, b, c);
  ok(await desk.until(() => [b, c].every((machine) => countOf(machine, 'content') === COUNT), 120_000));
  ok(await desk.inSync(a, b, c));
  await desk.runFor(2 * HOUR_MS);
  return { desk, a, b, c };
}

function nameOf(index: number): string {
  return index % 2 === 0 ? `d/${index}` : `${index}`;
}

function countOf(machine: Machine, start: string): number {
  const names = Array.from({ length: COUNT }, (_, index) => nameOf(index));
  return names.filter((name) => machine.read(name)?.startsWith(start)).length;
}

function removeAll(machine: Machine): void {
  for (let index = 0; index < COUNT; index += 1) machine.disk.unlink(`${FOLDER}/${nameOf(index)}`);
  machine.disk.removeDirectory(`${FOLDER}/d`);
}

function reasons(machine: Machine): string[] {
  return machine.problems().map(([, reason = '']) => reason);
}

/** What a machine's status says of the others. */
function saidOfOthers(machine: Machine): string[] {
  return heldElsewhere(FOLDER, machine.engine.peersOf(FOLDER)).map(({ text }) => text);
}

function undo(desk: Desk, machine: Machine): Promise<Undone> {
  return desk.scheduler.runUntil(machine.folder().undoHeld());
}

test('U92 what one holds is told at all others, until it is decided, and again to who comes later', async () => {
  const { desk, a, b, c } = await world();
  using _ = desk;
  c.crash();
  removeAll(a);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  ok(await desk.until(() => saidOfOthers(b).length === 1));
  match(
    saidOfOthers(b)[0] ?? '',
    /^a holds the deletes of 30\d files that are gone there\. There, say "lanfold approve"/,
  );
  equal(b.folder().state, 'in-sync', 'there is nothing to decide here');
  await desk.start(c);
  ok(await desk.until(() => saidOfOthers(c).length === 1));
  a.folder().approveDeletes();
  ok(await desk.until(() => [b, c].every((machine) => machine.folder().state === 'needs-you')));
  ok(await desk.until(() => saidOfOthers(b).length === 1 && saidOfOthers(a).length === 2));
  match(saidOfOthers(b)[0] ?? '', /^c holds 30\d deletes that other computers made/);
  c.crash();
  ok(await desk.until(() => saidOfOthers(b).length === 0), 'who is gone says nothing');
  b.folder().approveDeletes();
  ok(await desk.until(() => saidOfOthers(a).length === 0));
  ok(await desk.until(() => countOf(b, 'content') === 0));
});

test('U92 what was decided while the two were apart is not said any more when they meet', async () => {
  const { desk, a, b, c } = await world();
  using _ = desk;
  c.crash();
  removeAll(a);
  ok(await desk.until(() => saidOfOthers(b).length === 1));
  desk.network.link('a', 'b').cut();
  ok(await desk.until(() => saidOfOthers(b).length === 0), 'who is gone says nothing');
  a.folder().approveDeletes();
  ok(await desk.until(() => a.folder().state === 'in-sync'));
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  deepEqual(saidOfOthers(b), []);
});

test('U93 case D15: deletes that are held where they were made come back from the peers, with their directories', async () => {
  const { desk, a, b, c } = await world();
  using _ = desk;
  a.write('only here', 'told to nobody yet');
  for (const peer of ['b', 'c']) desk.network.link('a', peer).cut();
  ok(await desk.until(() => a.folder().records.local('only here') !== undefined));
  removeAll(a);
  a.disk.unlink(`${FOLDER}/only here`);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  for (const peer of ['b', 'c']) desk.network.link('a', peer).heal();
  ok(await desk.until(() => a.engine.of(FOLDER).length === 2));
  const undone = await undo(desk, a);
  deepEqual([undone.kept, undone.restored], [0, 0]);
  ok(undone.fetched >= COUNT + 1);
  ok(await desk.until(() => countOf(a, 'content') === COUNT));
  await desk.runFor(60_000);
  for (const machine of [a, b, c]) {
    equal(countOf(machine, 'content'), COUNT, machine.name);
    deepEqual(reasons(machine), [], machine.name);
  }
});

test('U94 case D15: deletes by a peer that are held here are undone for all: the files come back to where they were deleted', async () => {
  const { desk, a, b, c } = await world();
  using _ = desk;
  removeAll(a);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => [b, c].every((machine) => machine.folder().state === 'needs-you')));
  const { kept } = await undo(desk, b);
  equal(kept, COUNT + 1);
  ok(await desk.until(() => [a, b, c].every((machine) => countOf(machine, 'content') === COUNT), 120_000));
  ok(await desk.inSync(a, b, c));
  for (const machine of [a, b, c]) deepEqual(reasons(machine), []);
});

test('U95 replacements by a peer that are held are undone for all, and so are those of the same act that came before', async () => {
  const { desk, a, b, c } = await world();
  using _ = desk;
  c.crash();
  b.write('1', 'edited by b'); // by another hand: it stays as it is
  ok(await desk.until(() => a.read('1') === 'edited by b'));
  await desk.runFor(2 * HOUR_MS);
  for (let index = 0; index < COUNT; index += 1) {
    if (index !== 1) a.write(nameOf(index), `encrypted ${index}`);
    if (index % 50 === 0) await desk.runFor(5000);
  }
  ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
  await desk.runFor(10_000);
  const replaced = countOf(b, 'encrypted');
  ok(replaced >= 200 && replaced < COUNT - 1);
  const { kept, restored } = await undo(desk, b);
  deepEqual([restored, kept], [replaced, COUNT - 1 - replaced]);
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === COUNT - 1), 120_000));
  await desk.start(c);
  ok(await desk.inSync(a, b, c));
  for (const machine of [a, b, c]) {
    equal(countOf(machine, 'content'), COUNT - 1, machine.name);
    equal(machine.read('1'), 'edited by b', machine.name);
    deepEqual(reasons(machine), []);
  }
  equal(
    (await desk.scheduler.runUntil(a.folder().restorer.history(nameOf(2)))).length,
    1,
    'what was undone is in the history',
  );
});

test('U95 an act that took hours is undone at all others too, however much later, and so is a restore', async () => {
  const { desk, a, b, c } = await slowly([0, 30, 80, 190, COUNT]);
  using _ = desk;
  await desk.runFor(24 * HOUR_MS);
  const { kept, restored, failed } = await undo(desk, b);
  deepEqual([kept + restored, failed], [COUNT, 0]);
  ok(await desk.until(() => [a, b, c].every((machine) => countOf(machine, 'content') === COUNT), 120_000));
  for (const machine of [a, b, c]) deepEqual(reasons(machine), []);
});

/** Replaces all at a, one part an hour; b holds the end of it. */
async function slowly(parts: readonly number[]): Promise<Three> {
  const three = await world();
  const { desk, a, b } = three;
  for (const [index, end] of parts.entries()) {
    for (let at = parts[index - 1] ?? 0; at < end; at += 1) a.write(nameOf(at), `encrypted ${at}`);
    if (index > 0) await desk.runFor(HOUR_MS);
  }
  ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
  return three;
}

test('U95 an act that was carried out in another order than it was made is undone as a whole', async () => {
  const { desk, a, b, c } = await world();
  using _ = desk;
  for (const machine of [b, c]) {
    machine.hasStoppedProperly();
    machine.crash();
  }
  for (let at = 150; at < COUNT; at += 1) a.write(nameOf(at), `encrypted ${at}`);
  await desk.runFor(HOUR_MS);
  for (let at = 0; at < 150; at += 1) a.write(nameOf(at), `encrypted ${at}`);
  await desk.runFor(10_000);
  await desk.start(b);
  ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
  await desk.runFor(10_000);
  await undo(desk, b);
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === COUNT), 120_000));
});

test('U95 what another person made just before the act is not undone with it', async () => {
  const { desk, a, b, c } = await world();
  using _ = desk;
  c.write(nameOf(0), 'a day of work');
  ok(await desk.until(() => [a, b].every((machine) => machine.read(nameOf(0)) === 'a day of work')));
  await desk.runFor(60_000);
  for (let index = 0; index < COUNT; index += 1) {
    a.write(nameOf(index), `encrypted ${index}`);
    if (index % 50 === 0) await desk.runFor(5000);
  }
  ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
  await desk.runFor(10_000);
  await undo(desk, b);
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === COUNT - 1), 120_000));
  for (const machine of [a, b]) equal(machine.read(nameOf(0)), 'a day of work', machine.name);
});

for (const [trouble, isHeld] of [
  ['disk-full', true],
  ['denied', false],
] as const)
  test(`U95 what cannot be brought back is listed: ${trouble}, ${isHeld ? 'and all is held until it can' : 'and keeps nothing else'}`, async () => {
    const { desk, a, b } = await world();
    using _ = desk;
    for (let index = 0; index < COUNT; index += 1) a.write(nameOf(index), `encrypted ${index}`);
    ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
    await desk.runFor(10_000);
    const [name = ''] = Array.from({ length: COUNT }, (_, index) => nameOf(index)).filter((each) =>
      b.read(each)?.startsWith('encrypted'),
    );
    b.faults.afterDisk = (call, values, result) =>
      call === 'stageFromHistory' && (values[0] as { name: string }).name === name
        ? Promise.resolve({ trouble, detail: 'so the test will have it' })
        : result;
    equal((await undo(desk, b)).failed, 1);
    ok(b.problems().some(([each, reason]) => each === name && reason === 'not-undone'));
    equal(b.folder().state === 'needs-you', isHeld);
    delete b.faults.afterDisk;
    if (isHeld) equal((await undo(desk, b)).failed, 0);
    else await desk.scheduler.runUntil(b.folder().restorer.restore(name));
    ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === COUNT), 120_000));
    deepEqual(reasons(b), []);
  });
