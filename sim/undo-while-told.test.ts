/** An undo while a peer has told only a part of its new index (U93, U94). */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

const COUNT = 1000;
const NAMES = Array.from({ length: COUNT }, (_, index) => `file ${String(index).padStart(4, '0')}`);

function remove(machine: Machine, from: number, to: number): void {
  for (const name of NAMES.slice(from, to)) machine.disk.unlink(`${FOLDER}/${name}`);
}

/** The teller has a new index, and stops before it has told any of it. */
async function toldInPart({ desk }: Two, hearer: Machine, teller: Machine): Promise<void> {
  const link = desk.network.link('a', 'b');
  link.cut();
  await desk.runFor(600_000);
  link.latencyMs = { from: 20, to: 60 };
  teller.folder().records.renewIndexId();
  link.heal();
  ok(await desk.until(() => !hearer.folder().admission.isAllHeard, 600_000));
  teller.hasStoppedProperly();
  teller.crash();
  await desk.runFor(60_000);
  equal(hearer.folder().admission.isAllHeard, false);
}

test('U94 held deletes of a peer are not undone while it has told only a part of its new index, and for all after that', async () => {
  const world = await twoWith(Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  const { desk, a, b } = world;
  using _ = desk;
  await desk.runFor(3_600_000);
  remove(a, 0, 150);
  ok(await desk.until(() => b.names().length === COUNT - 150));
  remove(a, 150, 250);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you', 60_000));
  await desk.runFor(60_000);
  await toldInPart(world, b, a);
  deepEqual([b.names().length, b.folder().state], [COUNT - 150, 'needs-you']);
  await rejects(desk.scheduler.runUntil(b.folder().undoHeld()), { code: 'E_NOT_ALL_HEARD' });
  await desk.start(a);
  await desk.runFor(600_000);
  await desk.scheduler.runUntil(b.folder().undoHeld());
  await desk.runFor(600_000);
  deepEqual([a.names().length, b.names().length], [COUNT, COUNT]);
});

test('U93 held deletes are not undone while the peer that has them has told only a part of its new index, and all come back after that', async () => {
  const world = await twoWith(Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  const { desk, a, b } = world;
  using _ = desk;
  await desk.runFor(3_600_000);
  remove(a, 0, 150);
  ok(await desk.until(() => b.names().length === COUNT - 150));
  remove(a, 150, 250);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  await desk.runFor(60_000);
  await toldInPart(world, a, b);
  deepEqual([a.names().length, a.folder().state], [COUNT - 250, 'needs-you']);
  await rejects(desk.scheduler.runUntil(a.folder().undoHeld()), { code: 'E_NOT_ALL_HEARD' });
  await desk.start(b);
  await desk.runFor(600_000);
  await desk.scheduler.runUntil(a.folder().undoHeld());
  await desk.runFor(600_000);
  deepEqual([a.names().length, b.names().length], [COUNT - 150, COUNT - 150]);
});
