/** A peer that is lost while it tells its index anew keeps no yes to what others have taken back (R12). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { share, three } from './desks.ts';

const NAMES = Array.from({ length: 200 }, (_, index) => `file ${String(index).padStart(3, '0')}`);

test('R12 a yes to what peers have taken back is for no other act hours later, also where a peer was lost while it told its index anew', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world, Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  await desk.runFor(3_600_000);
  desk.network.link('b', 'c').cut();
  await desk.runFor(600_000);
  c.folder().records.renewIndexId();
  let isLost = false;
  b.faults.beforeRecords = (call, [name]) => {
    if (call !== 'setNote' || name !== 'telling anew' || isLost) return;
    isLost = true;
    c.crash();
  };
  desk.network.link('b', 'c').heal();
  ok(await desk.until(() => isLost, 600_000));
  const remove = async (from: number, to: number): Promise<void> => {
    for (const name of NAMES.slice(from, to)) a.disk.unlink(`${FOLDER}/${name}`);
    ok(await desk.until(() => a.folder().state === 'needs-you'));
    a.folder().approveDeletes();
    await desk.runFor(60_000);
    deepEqual([b.names().length, b.folder().state], [200, 'needs-you']);
  };
  await remove(0, 60);
  for (const name of NAMES.slice(0, 60)) a.write(name, `content of ${name}`);
  await desk.runFor(60_000);
  b.folder().approveDeletes(); // it is still listed: nobody knows what the lost one has to say
  await desk.runFor(3 * 3_600_000);
  await remove(100, 160); // by accident
});
