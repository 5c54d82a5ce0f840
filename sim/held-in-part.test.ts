/** Something happens to a part of what is held here: that is neither a yes to the rest, nor does it make the rest few (R12). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Looked } from '../src/ports/file-tree.ts';
import { FOLDER, type Machine } from './desk.ts';
import { share, two, type Two } from './desks.ts';

const IO = { trouble: 'io', detail: 'EIO: i/o error' } as const;

function names(directory: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${directory}/${index}`);
}

const [OLD, NEW, OTHER] = [names('old', 60), names('new', 40), names('other', 100)];

function left(machine: Machine, all: readonly string[]): number {
  return all.filter((name) => machine.read(name) !== undefined).length;
}

function remove(machine: Machine, gone: readonly string[]): void {
  for (const name of gone) machine.disk.unlink(`${FOLDER}/${name}`);
}

/** Two machines with the same files. @param isDisk `old` is a disk of its own at the first. */
async function sharing(isDisk = false): Promise<Two> {
  const world = two();
  const { desk, a } = world;
  for (const directory of ['old', 'new', 'other']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  if (isDisk) a.disk.mount(`${FOLDER}/old`);
  await share(world, Object.fromEntries([...OLD, ...NEW, ...OTHER].map((name) => [name, `content of ${name}`])));
  await desk.runFor(3_600_000);
  return world;
}

/** All in `old` and `new` is gone at the first, and waits for a person. */
async function holding(isDisk = false): Promise<Two> {
  const world = await sharing(isDisk);
  const { desk, a } = world;
  remove(a, [...OLD, ...NEW]);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  await desk.runFor(60_000);
  return world;
}

/** Nothing can be said of what is in `old`. */
function failAt(machine: Machine): void {
  machine.faults.afterDisk = async (call, values, result) => {
    if (call === 'list' && values[0] === 'old') return IO;
    if (call !== 'look') return await result;
    const looks = (await result) as Looked[];
    return (values[0] as string[]).map((name, index) => (name.startsWith('old/') ? IO : looks[index]));
  };
}

test('R12 what is held stays held while the disk does not say of a part of it whether it is still gone', async () => {
  const { desk, a, b } = await holding();
  using _ = desk;
  failAt(a);
  await desk.runFor(60_000);
  delete a.faults.afterDisk;
  await desk.runFor(60_000);
  deepEqual([left(b, [...OLD, ...NEW]), a.folder().state], [100, 'needs-you']);
});

test('R12 what is held stays held over a restart after which a part of it cannot be looked at', async () => {
  const { desk, a, b } = await holding();
  using _ = desk;
  failAt(a);
  await desk.restart(a);
  await desk.runFor(10 * 60_000);
  delete a.faults.afterDisk;
  await desk.runFor(60_000);
  deepEqual([left(b, [...OLD, ...NEW]), a.folder().state], [100, 'needs-you']);
});

test('R12 what is held stays held while its directory cannot be listed, and with it what had gone of the same act', async () => {
  const { desk, a, b } = await sharing();
  using _ = desk;
  remove(a, OLD.slice(0, 40));
  ok(await desk.until(() => left(b, OLD) === 20));
  remove(a, OLD.slice(40));
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  await desk.runFor(60_000);
  failAt(a);
  await desk.runFor(60_000);
  const meanwhile = a.folder().state;
  delete a.faults.afterDisk;
  await desk.runFor(15 * 60_000);
  deepEqual([meanwhile, left(b, OLD), a.folder().state], ['needs-you', 20, 'needs-you']);
});

test('R12 what is held stays held while the disk inside that a part of it was on is away', async () => {
  const { desk, a, b } = await holding(true);
  using _ = desk;
  a.disk.unmount(`${FOLDER}/old`);
  await desk.runFor(60_000);
  deepEqual(left(b, [...OLD, ...NEW]), 100);
});

test('R12 what is held stays held while a part of it is to be replaced by what a peer has made of it', async () => {
  const { desk, a, b } = await holding();
  using _ = desk;
  a.faults.beforeDisk = async (call) => {
    // A slow disk.
    if (call === 'apply') await new Promise<void>((resolve) => void desk.scheduler.after(20_000, () => resolve()));
  };
  for (const name of OLD) b.write(name, `edited ${name}`);
  await desk.runFor(120_000);
  delete a.faults.beforeDisk;
  await desk.runFor(60_000);
  deepEqual([left(b, NEW), a.folder().state], [40, 'needs-you']);
  a.folder().approveDeletes();
  ok(await desk.until(() => left(b, NEW) === 0 && a.read('old/59') === 'edited old/59', 120_000));
});

test('R12 what is held stays held when a part of it is ignored from now on', async () => {
  const { desk, a, b } = await holding();
  using _ = desk;
  a.write('.stignore', 'old');
  await desk.runFor(120_000);
  deepEqual([left(b, NEW), a.folder().state], [40, 'needs-you']);
  a.folder().approveDeletes();
  ok(await desk.until(() => left(b, NEW) === 0));
  deepEqual(left(b, OLD), 60);
});
