/** What goes on while many deletes and replacements are undone, or was going on when they came, is not undone with them. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { countOf, nameOf, remove, replace, threeWithMany, twoWithMany } from './many-files.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Replaces one file after the other at one, until it is held at the other. */
async function encrypt(desk: Desk, at: Machine, heldAt: Machine, total: number): Promise<void> {
  await replace(desk, at, total);
  ok(await desk.until(() => heldAt.folder().state === 'needs-you'));
  await desk.runFor(MINUTE_MS);
}

function wait(desk: Desk, ms: number): Promise<void> {
  return new Promise((resolve) => desk.scheduler.after(ms, resolve));
}

test('U93 a walk while deletes are undone tells nobody of those that are still to come back', async () => {
  const { desk, a, b } = await twoWithMany(1200);
  using _ = desk;
  remove(a, 250, 550);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  let looks = 0;
  a.faults.beforeDisk = async (call, _id, values) => {
    if (call !== 'look' || (values[0] as string[]).length !== 500 || (looks += 1) !== 2) return;
    a.folder().rescan();
    await wait(desk, 30_000);
  };
  await desk.scheduler.runUntil(a.folder().undoHeld());
  await desk.runFor(MINUTE_MS);
  deepEqual([looks >= 2, countOf(a, 'content'), countOf(b, 'content')], [true, 1200, 1200]);
});

test('U93 of what was edited and not fetched before it was deleted the version of the peers comes back', async () => {
  const { desk, a, b } = await twoWithMany(300);
  using _ = desk;
  desk.network.link('a', 'b').cut();
  a.write(nameOf(0), 'edited, told to nobody');
  ok(await desk.until(() => a.folder().records.local(nameOf(0))?.record.size === 22));
  remove(a, 0, 300);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => a.engine.of(FOLDER).length === 1));
  await desk.runFor(MINUTE_MS);
  deepEqual(await desk.scheduler.runUntil(a.folder().undoHeld()), {
    fetched: 300,
    kept: 0,
    restored: 0,
    lost: 0,
    failed: 0,
  });
  await desk.runFor(MINUTE_MS);
  deepEqual([countOf(a, 'content'), countOf(b, 'content')], [300, 300]);
  a.write(nameOf(0), 'edited again');
  ok(await desk.until(() => b.read(nameOf(0)) === 'edited again'));
});

test('U94 deletes of a peer are undone all at once: nothing ends it half way and leaves few enough to pass', async () => {
  const { desk, a, b } = await twoWithMany(1000);
  using _ = desk;
  remove(a, 0, 700);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  await desk.runFor(MINUTE_MS);
  let saves = 0;
  b.faults.beforeRecords = (call, values) => {
    if (call !== 'saveLocal' || (values[0] as unknown[]).length < 150) return;
    if ((saves += 1) === 2) throw new Error('killed');
  };
  await desk.scheduler.runUntil(
    b
      .folder()
      .undoHeld()
      .catch(() => {}),
  );
  delete b.faults.beforeRecords;
  await desk.restart(b);
  await desk.runFor(5 * MINUTE_MS);
  equal(countOf(b, 'content'), 1000);
});

test('U95 what is saved here while an act is undone stays, and the others have it soon', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  await encrypt(desk, a, b, 420);
  const last = b.names().findLast((name) => b.read(name)?.startsWith('X')) ?? '';
  let copies = 0;
  b.faults.beforeDisk = async (call) => {
    if (call !== 'stageFromHistory' || (copies += 1) !== 5) return;
    b.write(last, 'mine, just now');
    await wait(desk, 30_000);
  };
  await desk.scheduler.runUntil(b.folder().undoHeld());
  ok(await desk.until(() => a.read(last) === 'mine, just now'));
  deepEqual([b.read(last), countOf(b, 'content')], ['mine, just now', 419]);
});

test('U95 what was saved a moment before an act is undone stays, and all is held until it is known', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  await encrypt(desk, a, b, 420);
  const last = b.names().findLast((name) => b.read(name)?.startsWith('X')) ?? '';
  b.faults.beforeDisk = async (call) => {
    if (call === 'hash') await wait(desk, MINUTE_MS);
  };
  b.write(last, 'mine, just now');
  equal((await desk.scheduler.runUntil(b.folder().undoHeld())).failed, 1);
  equal(b.folder().state, 'needs-you');
  delete b.faults.beforeDisk;
  ok(await desk.until(() => a.read(last) === 'mine, just now', 5 * MINUTE_MS));
  equal((await desk.scheduler.runUntil(b.folder().undoHeld())).failed, 0);
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === 419)));
  equal(b.read(last), 'mine, just now');
  deepEqual(b.problems(), []);
});

test('U95 what another computer edits beside an act is not held, and not undone with it', async () => {
  const { desk, a, b, c } = await threeWithMany(420);
  using _ = desk;
  await encrypt(desk, a, b, 400);
  c.write(nameOf(409), 'a day of work');
  ok(await desk.until(() => b.read(nameOf(409)) === 'a day of work'));
  c.faults.beforeDisk = async (call) => {
    if (call.startsWith('read')) await wait(desk, 5 * MINUTE_MS);
  };
  c.write(nameOf(410), 'more of it');
  await desk.runFor(MINUTE_MS);
  equal(b.read(nameOf(410)), 'content 410', 'it is still on its way');
  await desk.scheduler.runUntil(b.folder().undoHeld());
  delete c.faults.beforeDisk;
  ok(await desk.until(() => [a, b].every((machine) => machine.read(nameOf(410)) === 'more of it'), 10 * MINUTE_MS));
  for (const machine of [a, b, c]) equal(machine.read(nameOf(409)), 'a day of work', machine.name);
});

test('U95 what was held before a restart is undone also before it has been judged again', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  await encrypt(desk, a, b, 300);
  await desk.restart(b);
  await desk.scheduler.runUntil(b.folder().undoHeld());
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === 420), 5 * MINUTE_MS));
});

test('R9 what waits for a person takes nothing from the history, nor does a restart before it is judged again', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  b.faults.historyLimits = { keepMs: HOUR_MS, bytesMax: 500 };
  await desk.restart(b);
  ok(await desk.inSync(a, b));
  await encrypt(desk, a, b, 420);
  await desk.runFor(3 * HOUR_MS);
  await desk.restart(b);
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  await desk.scheduler.runUntil(b.folder().undoHeld());
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === 420)));
});

test('U95 what a hand did days before its act stays, also where more of that is still on its way', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  desk.network.link('a', 'b').cut();
  a.write(nameOf(400), 'work of Monday');
  await desk.runFor(24 * HOUR_MS);
  a.write(nameOf(1), 'work of Tuesday');
  await desk.runFor(72 * HOUR_MS);
  for (let index = 2; index < 300; index += 1) a.write(nameOf(index), `X ${index}`);
  await desk.runFor(MINUTE_MS);
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => b.folder().state === 'needs-you', 5 * MINUTE_MS));
  await desk.runFor(MINUTE_MS);
  deepEqual([b.read(nameOf(1)), b.read(nameOf(400))], ['work of Tuesday', 'content 400']);
  await desk.scheduler.runUntil(b.folder().undoHeld());
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'X') === 0), 5 * MINUTE_MS));
  for (const machine of [a, b]) {
    equal(machine.read(nameOf(1)), 'work of Tuesday', machine.name);
    equal(machine.read(nameOf(400)), 'work of Monday', machine.name);
  }
});

test('U95 an act of many hours is undone as a whole where that is told first which was done last', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  desk.network.link('a', 'b').cut();
  const starts = [390, 360, 320, 120, 0];
  for (const [hour, start] of starts.entries()) {
    for (let index = start; index < (starts[hour - 1] ?? 420); index += 1) a.write(nameOf(index), `X ${index}`);
    await desk.runFor(HOUR_MS);
  }
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => b.folder().state === 'needs-you', 5 * MINUTE_MS));
  await desk.runFor(MINUTE_MS);
  await desk.scheduler.runUntil(b.folder().undoHeld());
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === 420), 5 * MINUTE_MS));
});

test('U95 an act is undone also where some of its names are ignored since', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  await encrypt(desk, a, b, 420);
  const last = b.names().findLast((name) => b.read(name)?.startsWith('X')) ?? '';
  b.write('.stignore', `${last}\n`);
  b.folder().rescan();
  ok(await desk.until(() => b.folder().records.local(last)?.record.invalid === true));
  equal((await desk.scheduler.runUntil(b.folder().undoHeld())).failed, 0);
  ok(await desk.until(() => countOf(b, 'content') === 419, 5 * MINUTE_MS));
  ok(b.read(last)?.startsWith('X'));
});
