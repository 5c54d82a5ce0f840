/** Replacements that are held, all of them on a disk inside the folder that goes away. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { share, two } from './desks.ts';

const ON_MAIN = Array.from({ length: 300 }, (_, index) => `file ${index}`);
/** They come last. */
const ON_DISK = Array.from({ length: 200 }, (_, index) => `zdisk/${index}`);
const PASSING = 250;

function original(machine: Machine): number {
  return ON_MAIN.filter((name) => machine.read(name) === `content of ${name}`).length;
}

test('R12 replacements that are held stay held while the disk that they are on is away', async () => {
  const world = two();
  const { desk, a, b } = world;
  using _ = desk;
  for (const machine of [a, b]) machine.disk.makeDirectory(`${FOLDER}/zdisk`);
  b.disk.mount(`${FOLDER}/zdisk`);
  await share(world, Object.fromEntries([...ON_MAIN, ...ON_DISK].map((name) => [name, `content of ${name}`])));
  await desk.runFor(2 * 3_600_000);
  for (const [index, name] of [...ON_MAIN.slice(0, PASSING), ...ON_DISK].entries()) {
    a.write(name, `encrypted ${name}`);
    if (index % 50 === 0) await desk.runFor(5000);
  }
  ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
  await desk.runFor(60_000);
  equal(original(b), ON_MAIN.length - PASSING);
  b.disk.unmount(`${FOLDER}/zdisk`);
  b.folder().rescan();
  await desk.runFor(15 * 60_000);
  deepEqual(
    b.folder().held.map(({ kind }) => kind),
    ['replacements-by-peers'],
  );
  await desk.scheduler.runUntil(b.folder().undoHeld());
  await desk.runFor(5 * 60_000);
  equal(original(b), ON_MAIN.length);
});
