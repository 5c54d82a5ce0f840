/** What is held of a peer's deletes stays held when that tells a new index, also where it stops half way, and where that cannot be noted. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import type { Two } from './desks.ts';
import { holdAtB, twoWithMany } from './many-files.ts';

/** More than one part of an index. */
const COUNT = 1200;
/** So many go first, and are few; the others wait. */
const FIRST = 200;
const ALL = 320;

/** The second holds 120 deletes of the first, which has a new index to tell; they are not connected. */
async function holding(): Promise<Two> {
  const world = await twoWithMany(COUNT);
  const { desk, a, b } = world;
  await holdAtB(world, FIRST, ALL);
  await desk.runFor(60_000);
  equal(b.names().length, COUNT - FIRST);
  desk.network.link('a', 'b').cut();
  await desk.runFor(60_000);
  desk.network.link('a', 'b').latencyMs = { from: 20, to: 60 };
  a.folder().records.renewIndexId();
  return world;
}

/** Calls once, right before the second notes that the first tells a new index, or takes the ID of that. */
function before(call: 'setNote' | 'setRemoteIndex', { b }: Two, run: () => void): () => boolean {
  let isOver = false;
  b.faults.beforeRecords = (called, [name]) => {
    if (isOver || called !== call || (call === 'setNote' && name !== 'telling anew')) return;
    isOver = true;
    run();
  };
  return () => isOver;
}

test('R12 deletes of a peer that are held stay held when it tells a new index, which takes nothing back', async () => {
  const { desk, b } = await holding();
  using _ = desk;
  desk.network.link('a', 'b').heal();
  await desk.runFor(120_000);
  deepEqual([b.names().length, b.folder().state], [COUNT - FIRST, 'needs-you']);
});

test('R12 deletes of a peer that are held stay held while it has to be silent, as its records are older than what others know', async () => {
  const { desk, a, b } = await holding();
  using _ = desk;
  a.folder().records.setNote('provisional', 'set back');
  a.crash();
  await desk.start(a);
  desk.network.link('a', 'b').heal();
  await desk.runFor(120_000);
  deepEqual([b.names().length, b.folder().state], [COUNT - FIRST, 'needs-you']);
});

test('R12 deletes of a peer that are held stay held when it falls asleep before it has told its new index', async () => {
  const world = await holding();
  const { desk, b } = world;
  using _ = desk;
  const link = desk.network.link('a', 'b');
  const isAsleep = before('setRemoteIndex', world, () => link.cut());
  link.heal();
  ok(await desk.until(isAsleep, 120_000));
  await desk.runFor(20 * 60_000);
  const meanwhile = b.folder().state;
  link.heal();
  await desk.runFor(600_000);
  deepEqual([meanwhile, b.names().length, b.folder().state], ['needs-you', COUNT - FIRST, 'needs-you']);
});

test('R12 deletes of a peer that are held stay held where it cannot be noted that it tells a new index', async () => {
  const world = await holding();
  const { desk, b } = world;
  using _ = desk;
  const link = desk.network.link('a', 'b');
  const isRefused = before('setNote', world, () => {
    link.cut();
    throw new LanfoldError('E_DISK_FULL', { subject: 'records' });
  });
  link.heal();
  ok(await desk.until(isRefused, 120_000));
  await desk.runFor(20 * 60_000);
  link.heal();
  await desk.runFor(600_000);
  deepEqual([b.names().length, b.folder().state], [COUNT - FIRST, 'needs-you']);
});

for (const [moment, call] of [
  ['before that is noted', 'setNote'],
  ['after that was noted', 'setRemoteIndex'],
] as const) {
  test(`R12 deletes of a peer that are held stay held when it begins to tell a new index, and this device is killed ${moment}`, async () => {
    const world = await holding();
    const { desk, b } = world;
    using _ = desk;
    const link = desk.network.link('a', 'b');
    const isKilled = before(call, world, () => {
      link.cut();
      b.crash();
      throw new LanfoldError('E_CLOSED', { subject: 'killed before this call' });
    });
    link.heal();
    ok(await desk.until(isKilled, 120_000));
    await desk.start(b);
    await desk.runFor(20 * 60_000);
    link.heal();
    await desk.runFor(600_000);
    deepEqual([b.names().length, b.folder().state], [COUNT - FIRST, 'needs-you']);
  });
}
