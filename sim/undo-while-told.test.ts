/** An undo while a peer has told only a part of its new index (U93, U94). */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import type { Machine } from './desk.ts';
import type { Two } from './desks.ts';
import { holdAtA, holdAtB, twoWithMany } from './many-files.ts';

/** More than one part of an index. */
const COUNT = 1100;

/** The teller has a new index, and is gone between the first part and the second. */
async function toldInPart({ desk }: Two, hearer: Machine, teller: Machine): Promise<void> {
  const link = desk.network.link('a', 'b');
  link.cut();
  await desk.runFor(600_000);
  teller.folder().records.renewIndexId();
  let parts = 0;
  hearer.faults.beforeRecords = (call, [, records]) => {
    if (call !== 'saveRemote' || (records as unknown[]).length === 0 || (parts += 1) === 1) return;
    teller.hasStoppedProperly();
    teller.crash();
    throw new LanfoldError('E_DISK_FULL', { subject: 'so that this part is not heard' });
  };
  link.heal();
  ok(await desk.until(() => parts === 2, 600_000));
  delete hearer.faults.beforeRecords;
  await desk.runFor(60_000);
  equal(hearer.folder().admission.isAllHeard, false);
}

test('U94 held deletes of a peer are not undone while it has told only a part of its new index, and for all after that', async () => {
  const world = await twoWithMany(COUNT);
  const { desk, a, b } = world;
  using _ = desk;
  await holdAtB(world, 150, 250);
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
  const world = await twoWithMany(COUNT);
  const { desk, a, b } = world;
  using _ = desk;
  await holdAtA(world, 150, 250);
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
