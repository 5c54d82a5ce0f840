/** What is held stays held: over time, over a restart, however slow it gets and whatever was done just before (R12). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, holdAtA, holdAtB, nameOf, remove, replace, twoWithMany } from './many-files.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

test('R12 replacements that are held stay so over a restart', async () => {
  const { desk, a, b } = await twoWithMany(500);
  using _ = desk;
  await replace(desk, a, 500);
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  await desk.runFor(MINUTE_MS);
  equal(countOf(b, 'X'), 250);
  await desk.restart(b);
  await desk.runFor(2 * MINUTE_MS);
  equal(countOf(b, 'X'), 250);
  equal(b.folder().state, 'needs-you');
  b.folder().approveDeletes();
  ok(await desk.until(() => countOf(b, 'X') === 500));
});

test('R12 however slow it gets, what the same hand does waits while its doing is held', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  await replace(desk, a, 300);
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  await desk.runFor(MINUTE_MS);
  const replaced = countOf(b, 'X');
  equal(replaced, 210);
  for (let index = 300; index < 310; index += 1) {
    a.write(nameOf(index), `X ${index}`);
    await desk.runFor(HOUR_MS / 2);
  }
  b.write('another', 'by another hand');
  ok(await desk.until(() => a.read('another') !== undefined));
  equal(countOf(b, 'X'), replaced);
});

test('R12 deletes made here that are held are not let go by time, nor by a restart', async () => {
  const world = await twoWithMany(500);
  const { desk, a, b } = world;
  using _ = desk;
  await holdAtA(world, 90, 150);
  await desk.runFor(30 * MINUTE_MS);
  equal(b.names().length, 410);
  await desk.restart(a);
  await desk.runFor(30 * MINUTE_MS);
  equal(b.names().length, 410);
  equal(a.folder().state, 'needs-you');
  a.folder().approveDeletes();
  // What b had carried out of it before counts there.
  await desk.runFor(MINUTE_MS);
  equal(a.folder().state, 'in-sync');
});

test('R12 deletes by a peer that are held are not let go by time, nor by a restart', async () => {
  const world = await twoWithMany(500);
  const { desk, b } = world;
  using _ = desk;
  await holdAtB(world, 90, 150);
  for (const isRestarted of [false, true]) {
    if (isRestarted) await desk.restart(b);
    await desk.runFor(30 * MINUTE_MS);
    equal(b.names().length, 410);
    equal(b.folder().state, 'needs-you');
  }
  b.folder().approveDeletes();
  ok(await desk.until(() => b.names().length === 350));
});

for (const isRestarted of [false, true])
  test(`U94 deletes by a peer are undone with those that went before they were held, restarted: ${isRestarted}`, async () => {
    const world = await twoWithMany(500);
    const { desk, a, b } = world;
    using _ = desk;
    await holdAtB(world, 90, 150);
    if (isRestarted) await desk.restart(b);
    const undone = await desk.scheduler.runUntil(b.folder().undoHeld());
    deepEqual([undone.kept, undone.restored, undone.failed], [60, 90, 0]);
    ok(await desk.until(() => countOf(a, 'content') === 500));
    ok(await desk.inSync(a, b));
    equal(countOf(b, 'content'), 500);
  });

test('R12 a few deletes that are found after a restart do not end what was held before it', async () => {
  const world = await twoWithMany(500);
  const { desk, a, b } = world;
  using _ = desk;
  await holdAtA(world, 90, 150);
  await desk.restart(a);
  remove(a, 490, 492);
  await desk.runFor(30 * MINUTE_MS);
  equal(a.folder().state, 'needs-you');
  ok(b.names().length >= 408);
});

test('R12 a clock that is behind lets nobody pass, and what it made is undone', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  a.skewMs = -72 * HOUR_MS;
  await replace(desk, a, 420);
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  await desk.runFor(MINUTE_MS);
  equal(countOf(b, 'X'), 210);
  await desk.scheduler.runUntil(b.folder().undoHeld());
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === 420)));
});

test('R12 files that are deleted one after the other, each with another one in its place, are held', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  await desk.runFor(24 * HOUR_MS); // who deletes what they wrote today keeps it for a while only
  for (let index = 0; index < 420; index += 1) {
    a.write(`${nameOf(index)}.locked`, `X ${index}`);
    a.remove(nameOf(index));
    await desk.runFor(125);
  }
  await desk.runFor(2 * MINUTE_MS);
  deepEqual(
    b.problems().map(([, reason]) => reason),
    ['held-deletes-by-peers'],
  );
  const left = countOf(b, 'content');
  ok(left >= 200, `${left} are left`);
  await desk.restart(b);
  await desk.runFor(30 * MINUTE_MS);
  equal(countOf(b, 'content'), left);
  const { restored, kept, failed } = await desk.scheduler.runUntil(b.folder().undoHeld());
  deepEqual([restored + kept, failed], [420, 0]);
  ok(await desk.until(() => [a, b].every((machine) => countOf(machine, 'content') === 420)));
});

test('R12 a yes to some deletes is none to others that come a little later', async () => {
  const { desk, a, b } = await twoWithMany(400);
  using _ = desk;
  remove(a, 0, 120);
  for (const machine of [a, b]) {
    ok(await desk.until(() => machine.folder().state === 'needs-you'));
    machine.folder().approveDeletes();
  }
  ok(await desk.until(() => b.names().length === 280));
  await desk.runFor(2 * MINUTE_MS);
  remove(a, 120, 400);
  await desk.runFor(MINUTE_MS);
  deepEqual([a.folder().state, b.names().length], ['needs-you', 280]);
});

test('R12 other permissions just before are no content of the same hand', async () => {
  const { desk, a, b } = await twoWithMany(500);
  using _ = desk;
  for (let index = 0; index < 500; index += 1) a.disk.setAttributes(a.inode(nameOf(index)), { permissions: 0o600 });
  ok(await desk.until(() => b.inode(nameOf(499)).permissions === 0o600));
  ok(await desk.inSync(a, b));
  await replace(desk, a, 500);
  await desk.runFor(2 * MINUTE_MS);
  equal(countOf(b, 'X'), 250);
});

test('R12 an old backup that is put over what another has edited for days is held', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  for (let index = 0; index < 420; index += 1) {
    b.write(nameOf(index), `edited ${index}`);
    if (index % 100 === 99) await desk.runFor(3 * HOUR_MS);
  }
  ok(await desk.until(() => countOf(a, 'edited') === 420));
  await desk.runFor(6 * HOUR_MS);
  for (let index = 0; index < 420; index += 1) a.write(nameOf(index), `content ${index}`);
  await desk.runFor(2 * MINUTE_MS);
  equal(countOf(b, 'edited'), 210);
});

test('R12 edits of many other hours make nobody forget those of this one', async () => {
  const { desk, a, b } = await twoWithMany(500);
  using _ = desk;
  b.crash();
  for (let index = 200; index < 310; index += 1) {
    a.write(nameOf(index), `edit ${index}`);
    await desk.runFor(HOUR_MS);
  }
  await desk.runFor(2 * HOUR_MS);
  for (let index = 0; index < 500; index += 1) if (index < 200 || index >= 310) a.write(nameOf(index), `X ${index}`);
  await desk.runFor(MINUTE_MS);
  await desk.start(b);
  await desk.runFor(2 * MINUTE_MS);
  ok(countOf(b, 'X') <= 250);
});

test('R12 who keeps what they write for some hours only is not held', async () => {
  const { desk, a, b } = await twoWithMany(0);
  using _ = desk;
  for (let hour = 0; hour < 8; hour += 1) {
    for (let index = 0; index < 110; index += 1) a.write(`${hour} ${index}`, `segment ${hour} ${index}`);
    for (let index = 0; index < 110; index += 1) {
      if (hour >= 3) a.remove(`${hour - 3} ${index}`);
      await desk.runFor(HOUR_MS / 110);
    }
  }
  await desk.runFor(MINUTE_MS);
  deepEqual([a.folder().state, b.folder().state, b.names().length], ['in-sync', 'in-sync', 330]);
});

test('R12 after a yes single edits are none of what was too much', async () => {
  const { desk, a, b } = await twoWithMany(420);
  using _ = desk;
  await replace(desk, a, 420);
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  b.folder().approveDeletes();
  ok(await desk.until(() => countOf(b, 'X') === 420));
  await desk.runFor(20 * MINUTE_MS);
  a.write(nameOf(7), 'one edit');
  ok(await desk.until(() => b.read(nameOf(7)) === 'one edit', MINUTE_MS));
});

test('R12 two walks soon after a restart do not let go what was held before it', async () => {
  const world = await twoWithMany(500);
  const { desk, a, b } = world;
  using _ = desk;
  await holdAtA(world, 90, 150);
  await desk.restart(a);
  for (let walks = 0; walks < 2; walks += 1) {
    a.folder().rescan();
    await desk.runFor(500);
  }
  await desk.runFor(30 * MINUTE_MS);
  deepEqual([a.folder().state, b.names().length], ['needs-you', 410]);
});
