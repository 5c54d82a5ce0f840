/** One act of deletes that a restart, or a kill while it begins to be held, cuts in two (R12). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import { remove, twoWithMany } from './many-files.ts';

test('R12 what is held stays held where this device is killed just when it begins to be', async () => {
  const { desk, a, b } = await twoWithMany(200);
  using _ = desk;
  remove(a, 0, 40);
  ok(await desk.until(() => b.names().length === 160));
  let isNoted = false;
  let isKilled = false;
  a.faults.beforeRecords = (call, [name]) => {
    if (isNoted) {
      isKilled = true;
      a.hasStoppedProperly();
      a.crash();
      throw new LanfoldError('E_CLOSED', { subject: 'killed before this call' });
    }
    isNoted = call === 'setNote' && name === 'held deletes here';
  };
  remove(a, 40, 60); // of the same act: 60 are too many
  ok(await desk.until(() => isKilled));
  delete a.faults.beforeRecords;
  await desk.runFor(60_000);
  await desk.start(a);
  await desk.runFor(120_000);
  deepEqual([b.names().length, a.folder().state], [160, 'needs-you']);
});

test('R12 what goes right after what is held is of the same act also where a restart comes between', async () => {
  const { desk, a, b } = await twoWithMany(200);
  using _ = desk;
  remove(a, 0, 60);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  remove(a, 60, 105); // `rm` goes on
  await desk.restart(a);
  await desk.runFor(120_000);
  deepEqual([b.names().length, a.folder().state], [200, 'needs-you']);
});
