/** Deletes of a peer are undone where the history has older versions of what they have removed. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Two } from './desks.ts';
import { holdAtB, nameOf, twoWithMany } from './many-files.ts';

const HOUR_MS = 3_600_000;
const EDITED = nameOf(0);
const WORK = 'a week of work';

/** One file of many was edited a while ago, when the clock of b was so far ahead. */
async function edited(aheadMs: number): Promise<Two> {
  const world = await twoWithMany(200);
  const { desk, a, b } = world;
  b.skewMs = aheadMs;
  a.write(EDITED, WORK);
  ok(await desk.until(() => b.read(EDITED) === WORK));
  b.skewMs = 0;
  await desk.runFor(3 * HOUR_MS);
  return world;
}

for (const isRestarted of [false, true])
  test(`U94 what comes back is what stood there when it was deleted, also where the clock was ahead before${isRestarted ? ', and after a restart' : ''}`, async () => {
    const world = await edited(24 * HOUR_MS);
    const { desk, a, b } = world;
    using _ = desk;
    await holdAtB(world, 30, 150);
    equal(b.read(EDITED), undefined);
    if (isRestarted) await desk.restart(b);
    equal((await desk.scheduler.runUntil(b.folder().undoHeld())).restored, 30);
    ok(await desk.until(() => [a, b].every((machine) => machine.names().length === 200)));
    deepEqual([a.read(EDITED), b.read(EDITED)], [WORK, WORK]);
  });

test('U94 what was moved since it was deleted does not come back in a version that it had long before', async () => {
  const world = await edited(0);
  const { desk, a, b } = world;
  using _ = desk;
  await holdAtB(world, 0, 150);
  a.write('put back', WORK);
  ok(await desk.until(() => b.read('put back') === WORK && b.read(EDITED) === undefined));
  equal((await desk.scheduler.runUntil(b.folder().undoHeld())).restored, 0);
  ok(await desk.until(() => [a, b].every((machine) => machine.names().length === 200)));
  deepEqual([a.read(EDITED), b.read(EDITED)], [undefined, undefined]);
});
