/** A kill, or a full disk, between the two notes of what is held here (R12). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import { FOLDER, type Machine } from './desk.ts';
import { twoWith } from './desks.ts';

const NAMES = Array.from({ length: 200 }, (_, index) => `file ${String(index).padStart(3, '0')}`);

function remove(machine: Machine, from: number, to: number): void {
  for (const name of NAMES.slice(from, to)) machine.disk.unlink(`${FOLDER}/${name}`);
}

test('R12 what is held stays held where this device is killed just when it begins to be', async () => {
  const { desk, a, b } = await twoWith(Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  using _ = desk;
  await desk.runFor(3_600_000);
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
