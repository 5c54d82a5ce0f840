/** Deletes that are held are undone while the disk does not say what is gone: then they are held as long as it does not. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import type { Looked } from '../src/ports/file-tree.ts';
import { FOLDER, type Machine } from './desk.ts';
import { share, two, type Two } from './desks.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const COUNT = 70;
/** So many go first, and are few; by themselves the others would be few, too. */
const FIRST = 40;

function nameOf(index: number): string {
  return `old/${index}`;
}

function left(machine: Machine): number {
  return Array.from({ length: COUNT }, (_, index) => machine.read(nameOf(index))).filter((read) => read !== undefined)
    .length;
}

function remove(machine: Machine, from: number, to: number): void {
  for (let index = from; index < to; index += 1) machine.disk.unlink(`${FOLDER}/${nameOf(index)}`);
}

/** Of one act at a the first part has gone everywhere, and the second waits. */
async function holdThirty(): Promise<Two> {
  const world = two();
  const { desk, a, b } = world;
  for (const directory of ['old', 'other']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  a.disk.mount(`${FOLDER}/old`);
  const names = Array.from({ length: COUNT + 100 }, (_, index) => (index < COUNT ? nameOf(index) : `other/${index}`));
  await share(world, Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
  await desk.runFor(HOUR_MS);
  remove(a, 0, FIRST);
  ok(await desk.until(() => left(b) === COUNT - FIRST));
  remove(a, FIRST, COUNT);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  await desk.runFor(2 * MINUTE_MS);
  deepEqual([left(b), a.folder().state], [COUNT - FIRST, 'needs-you']);
  return world;
}

test('U93 what is undone while the root is away is refused, and nothing of it is told when the root is back', async () => {
  const { desk, a, b } = await holdThirty();
  using _ = desk;
  a.disk.rename(FOLDER, 'away');
  await desk.scheduler.runUntil(rejects(a.folder().undoHeld(), { code: 'E_FOLDER_MISSING' }));
  await desk.runFor(MINUTE_MS);
  a.disk.rename('away', FOLDER);
  await desk.runFor(15 * MINUTE_MS);
  deepEqual([left(a), left(b)], [COUNT - FIRST, COUNT - FIRST], a.folder().state);
});

const IO = { trouble: 'io', detail: 'EIO: i/o error' } as const;

for (const where of ['cannot be looked at', 'is on a disk that is not mounted'])
  test(`U93 what ${where} when it is undone is held until it is undone again`, async () => {
    const { desk, a, b } = await holdThirty();
    using _ = desk;
    const top = where === 'cannot be looked at' ? undefined : a.disk.unmount(`${FOLDER}/old`);
    a.faults.afterDisk = async (call, values, result) => {
      if (call !== 'look' || top !== undefined) return await result;
      const looks = (await result) as Looked[];
      return (values[0] as string[]).map((name, index) => (name.startsWith('old/') ? IO : looks[index]));
    };
    const first = await desk.scheduler.runUntil(a.folder().undoHeld());
    deepEqual([first.fetched, first.failed, a.folder().state], [0, COUNT - FIRST, 'needs-you']);
    delete a.faults.afterDisk;
    if (top !== undefined) a.disk.mount(`${FOLDER}/old`, top);
    await desk.runFor(15 * MINUTE_MS);
    deepEqual([left(a), left(b), a.folder().state], [0, COUNT - FIRST, 'needs-you']);
    equal((await desk.scheduler.runUntil(a.folder().undoHeld())).fetched, COUNT - FIRST);
    ok(await desk.until(() => left(a) === COUNT - FIRST));
    ok(await desk.inSync(a, b));
    equal(left(b), COUNT - FIRST);
  });
