/** An undo brings back all that had gone of the act before it was too much (U94): however many, empty ones and copies too. */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Undone } from '../src/node/folder/undo.ts';
import { FOLDER } from './desk.ts';
import { twoWith, type Two } from './desks.ts';
import { filesOf, namesOf, remove, twoWithMany } from './many-files.ts';

/** What goes next is held at b, and undone. */
async function undone({ desk, a, b }: Two, from: number, to: number): Promise<Undone> {
  remove(a, from, to);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you', 60_000));
  const undo = await desk.scheduler.runUntil(b.folder().undoHeld());
  await desk.runFor(120_000);
  return undo;
}

test('U94 what had been deleted here before it was too much comes back also where that is more than a page', async () => {
  const world = await twoWithMany(2600);
  const { desk, a, b } = world;
  using _ = desk;
  remove(a, 0, 515);
  ok(await desk.until(() => b.names().length === 2600 - 515));
  const { kept, restored } = await undone(world, 515, 600);
  deepEqual([kept, restored, b.names().length], [85, 515, 2600]);
});

test('U94 also where it was empty, or a copy of what stays, but not where it was only renamed', async () => {
  const contents = filesOf(200);
  for (const name of namesOf(0, 5)) contents[name] = '';
  for (const name of namesOf(5, 10)) contents[name] = 'content 190';
  const world = await twoWith(contents);
  const { desk, a, b } = world;
  using _ = desk;
  await desk.runFor(3_600_000);
  for (const name of namesOf(10, 20)) a.disk.rename(`${FOLDER}/${name}`, `${FOLDER}/new ${name}`);
  remove(a, 0, 10);
  remove(a, 20, 40);
  ok(await desk.until(() => b.names().length === 170));
  const { kept, restored } = await undone(world, 40, 100);
  deepEqual([kept, restored, b.names().length], [60, 30, 200]);
  deepEqual([b.read('file 0000'), b.read('file 0005')], ['', 'content 190']);
});
