/** A peer that is lost while it tells its index anew keeps no yes to what others have taken back (R12). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { filesOf, remove, threeWithMany } from './many-files.ts';

test('R12 a yes to what peers have taken back is for no other act hours later, also where a peer was lost while it told its index anew', async () => {
  const { desk, a, b, c } = await threeWithMany(200);
  using _ = desk;
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
  const removeAndAllow = async (from: number, to: number): Promise<void> => {
    remove(a, from, to);
    ok(await desk.until(() => a.folder().state === 'needs-you'));
    a.folder().approveDeletes();
    await desk.runFor(60_000);
    deepEqual([b.names().length, b.folder().state], [200, 'needs-you']);
  };
  await removeAndAllow(0, 60);
  for (const [name, content] of Object.entries(filesOf(60))) a.write(name, content);
  await desk.runFor(60_000);
  b.folder().approveDeletes(); // it is still listed: nobody knows what the lost one has to say
  await desk.runFor(3 * 3_600_000);
  await removeAndAllow(100, 160); // by accident
});
