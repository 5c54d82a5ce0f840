/** An undo brings back all that had gone of the act before it was too much (U94): however many, empty ones and copies too. */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Undone } from '../src/node/folder/undo.ts';
import { FOLDER, type Machine } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `file ${String(index).padStart(4, '0')}`);
}

function remove(machine: Machine, names: readonly string[]): void {
  for (const name of names) machine.disk.unlink(`${FOLDER}/${name}`);
}

/** What goes next is held at b, and undone. */
async function undone({ desk, a, b }: Two, next: readonly string[]): Promise<Undone> {
  remove(a, next);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you', 60_000));
  const undo = await desk.scheduler.runUntil(b.folder().undoHeld());
  await desk.runFor(120_000);
  return undo;
}

test('U94 what had been deleted here before it was too much comes back also where that is more than a page', async () => {
  const names = namesOf(2600);
  const world = await twoWith(Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
  const { desk, a, b } = world;
  using _ = desk;
  await desk.runFor(3_600_000);
  remove(a, names.slice(0, 515));
  ok(await desk.until(() => b.names().length === 2600 - 515));
  const { kept, restored } = await undone(world, names.slice(515, 600));
  deepEqual([kept, restored, b.names().length], [85, 515, 2600]);
});

test('U94 also where it was empty, or a copy of what stays, but not where it was only renamed', async () => {
  const names = namesOf(200);
  const contents = new Map(names.map((name) => [name, `content of ${name}`]));
  for (const name of names.slice(0, 5)) contents.set(name, '');
  for (const name of names.slice(5, 10)) contents.set(name, 'content of file 0190');
  const world = await twoWith(Object.fromEntries(contents));
  const { desk, a, b } = world;
  using _ = desk;
  await desk.runFor(3_600_000);
  for (const name of names.slice(10, 20)) a.disk.rename(`${FOLDER}/${name}`, `${FOLDER}/new ${name}`);
  remove(a, [...names.slice(0, 10), ...names.slice(20, 40)]);
  ok(await desk.until(() => b.names().length === 170));
  const { kept, restored } = await undone(world, names.slice(40, 100));
  deepEqual([kept, restored, b.names().length], [60, 30, 200]);
  deepEqual([b.read('file 0000'), b.read('file 0005')], ['', 'content of file 0190']);
});
