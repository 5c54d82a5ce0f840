/** What is held of an act by a peer stays held while what had gone of it comes back, whoever brings that back (R12, U94). */
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Two } from './desks.ts';
import { holdAtB, namesOf, twoWithMany } from './many-files.ts';

/** 40 are gone at b, and 30 more are held there. */
async function heldInPart(): Promise<Two> {
  const world = await twoWithMany(200);
  await holdAtB(world, 40, 70);
  return world;
}

test('U94 what is held of a peer stays where what has come back of the same act makes it few while it is undone', async () => {
  const { desk, a, b } = await heldInPart();
  using _ = desk;
  const { kept, restored } = await desk.scheduler.runUntil(b.folder().undoHeld());
  await desk.runFor(120_000);
  deepEqual([kept, restored, b.names().length, a.names().length], [30, 40, 200, 200]);
});

for (const isRestarted of [false, true])
  test(`R12 what is held of a peer stays held where a person brings back what had gone of the same act${isRestarted ? ', after a restart' : ''}`, async () => {
    const { desk, b } = await heldInPart();
    using _ = desk;
    if (isRestarted) {
      b.crash();
      await desk.start(b);
    }
    await desk.runFor(600_000);
    for (const name of namesOf(0, 40)) await desk.scheduler.runUntil(b.folder().restorer.restore(name));
    await desk.runFor(600_000);
    deepEqual([b.names().length, b.folder().state], [200, 'needs-you']);
  });
