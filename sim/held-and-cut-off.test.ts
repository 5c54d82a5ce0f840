/** What is held of a peer's deletes stays held when it stops half way while it tells a new index, and when that cannot be noted. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import { FOLDER, type Machine } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

const COUNT = 3000;
const NAMES = Array.from({ length: COUNT }, (_, index) => `file ${String(index).padStart(4, '0')}`);
const FIRST = 500;
const ALL = 800;

function remove(machine: Machine, from: number, to: number): void {
  for (const name of NAMES.slice(from, to)) machine.disk.unlink(`${FOLDER}/${name}`);
}

/** The second holds 300 deletes of the first; they are not connected. */
async function holding(): Promise<Two> {
  const world = await twoWith(Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  const { desk, a, b } = world;
  await desk.runFor(3_600_000);
  remove(a, 0, FIRST);
  ok(await desk.until(() => b.names().length === COUNT - FIRST));
  remove(a, FIRST, ALL);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you', 60_000));
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
