/** Replacements that are held are undone while a disk inside the folder, which some of them are on, is away. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { share, two } from './desks.ts';

const MINUTE_MS = 60_000;
const COUNT = 300;

function nameOf(index: number): string {
  return index < 100 ? `disk/${index}` : `file ${index}`;
}

function count(machine: Machine, start: string): number {
  const names = Array.from({ length: COUNT }, (_, index) => nameOf(index));
  return names.filter((name) => machine.read(name)?.startsWith(start)).length;
}

test('U95 where some of it is on a disk that is not mounted all is held until it is undone again', async () => {
  const world = two();
  const { desk, a, b } = world;
  using _ = desk;
  for (const machine of [a, b]) machine.disk.makeDirectory(`${FOLDER}/disk`);
  b.disk.mount(`${FOLDER}/disk`);
  const contents = Array.from({ length: COUNT }, (_, index) => [nameOf(index), `content ${index}`] as const);
  await share(world, Object.fromEntries(contents));
  await desk.runFor(120 * MINUTE_MS);
  for (let index = 0; index < COUNT; index += 1) {
    a.write(nameOf(index), `encrypted ${index}`);
    if (index % 50 === 0) await desk.runFor(5000);
  }
  ok(await desk.until(() => b.folder().state === 'needs-you', 2 * MINUTE_MS));
  await desk.runFor(MINUTE_MS);
  ok(count(b, 'encrypted') > 150);
  const top = b.disk.unmount(`${FOLDER}/disk`);
  await desk.runFor(MINUTE_MS);
  equal((await desk.scheduler.runUntil(b.folder().undoHeld())).failed, 100);
  equal(b.folder().state, 'needs-you');
  b.disk.mount(`${FOLDER}/disk`, top);
  await desk.runFor(15 * MINUTE_MS);
  equal((await desk.scheduler.runUntil(b.folder().undoHeld())).failed, 0);
  ok(await desk.until(() => [a, b].every((machine) => count(machine, 'content') === COUNT)));
  deepEqual(b.problems(), []);
});
