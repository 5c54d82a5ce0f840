/** One act of deletes that a restart cuts in two (R12). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { twoWith } from './desks.ts';

const NAMES = Array.from({ length: 200 }, (_, index) => `file ${String(index).padStart(3, '0')}`);

function remove(machine: Machine, from: number, to: number): void {
  for (const name of NAMES.slice(from, to)) machine.disk.unlink(`${FOLDER}/${name}`);
}

test('R12 what goes right after what is held is of the same act also where a restart comes between', async () => {
  const { desk, a, b } = await twoWith(Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  using _ = desk;
  await desk.runFor(3_600_000);
  remove(a, 0, 60);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  remove(a, 60, 105); // `rm` goes on
  a.hasStoppedProperly();
  a.crash();
  await desk.start(a);
  await desk.runFor(120_000);
  deepEqual([b.names().length, a.folder().state], [200, 'needs-you']);
});
