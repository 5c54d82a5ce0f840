/** What is held of a peer's deletes stays held when that peer has a new index. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { twoWith } from './desks.ts';

/** More than one part of an index. */
const COUNT = 3000;
const NAMES = Array.from({ length: COUNT }, (_, index) => `file ${String(index).padStart(4, '0')}`);
/** So many go first, and are few; the others wait. */
const FIRST = 500;
const ALL = 800;

function remove(machine: Machine, from: number, to: number): void {
  for (const name of NAMES.slice(from, to)) machine.disk.unlink(`${FOLDER}/${name}`);
}

test('R12 deletes of a peer that are held stay held when it tells a new index, which takes nothing back', async () => {
  const { desk, a, b } = await twoWith(Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  using _ = desk;
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
  a.folder().records.renewIndexId();
  desk.network.link('a', 'b').heal();
  await desk.runFor(120_000);
  deepEqual([b.names().length, b.folder().state], [COUNT - FIRST, 'needs-you']);
});
