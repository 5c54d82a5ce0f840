/** Deletes of a peer are undone where the history has older versions of what they have removed. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

const HOUR_MS = 3_600_000;
const EDITED = nameOf(0);
const WORK = 'a week of work';

function nameOf(index: number): string {
  return `file ${String(index).padStart(4, '0')}`;
}

/** One file of many was edited a while ago, when the clock of b was so far ahead. */
async function edited(aheadMs: number): Promise<Two> {
  const files = Array.from({ length: 200 }, (_, index) => [nameOf(index), `content ${index}`] as const);
  const world = await twoWith(Object.fromEntries(files));
  const { desk, a, b } = world;
  await desk.runFor(2 * HOUR_MS);
  b.skewMs = aheadMs;
  a.write(EDITED, WORK);
  ok(await desk.until(() => b.read(EDITED) === WORK));
  b.skewMs = 0;
  await desk.runFor(3 * HOUR_MS);
  return world;
}

/** A person at a means it, and b holds it. */
async function removeTooMany({ desk, a, b }: Two, from: number): Promise<void> {
  remove(a, from, 150);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
}

function remove(machine: Machine, from: number, to: number): void {
  for (let index = from; index < to; index += 1) machine.disk.unlink(`${FOLDER}/${nameOf(index)}`);
}

for (const isRestarted of [false, true])
  test(`U94 what comes back is what stood there when it was deleted, also where the clock was ahead before${isRestarted ? ', and after a restart' : ''}`, async () => {
    const world = await edited(24 * HOUR_MS);
    const { desk, a, b } = world;
    using _ = desk;
    remove(a, 0, 30);
    ok(await desk.until(() => b.read(EDITED) === undefined));
    await removeTooMany(world, 30);
    if (isRestarted) {
      b.hasStoppedProperly();
      b.crash();
      await desk.start(b);
    }
    equal((await desk.scheduler.runUntil(b.folder().undoHeld())).restored, 30);
    ok(await desk.until(() => [a, b].every((machine) => machine.names().length === 200)));
    deepEqual([a.read(EDITED), b.read(EDITED)], [WORK, WORK]);
  });

test('U94 what was moved since it was deleted does not come back in a version that it had long before', async () => {
  const world = await edited(0);
  const { desk, a, b } = world;
  using _ = desk;
  await removeTooMany(world, 0);
  a.write('put back', WORK);
  ok(await desk.until(() => b.read('put back') === WORK && b.read(EDITED) === undefined));
  equal((await desk.scheduler.runUntil(b.folder().undoHeld())).restored, 0);
  ok(await desk.until(() => [a, b].every((machine) => machine.names().length === 200)));
  deepEqual([a.read(EDITED), b.read(EDITED)], [undefined, undefined]);
});
