/** What is held of an act by a peer stays held while what had gone of it comes back, whoever brings that back (R12, U94). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

const NAMES = Array.from({ length: 200 }, (_, index) => `file ${String(index).padStart(3, '0')}`);

/** 40 are gone at b, and 30 more are held there. */
async function heldInPart(): Promise<Two> {
  const world = await twoWith(Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`])));
  const { desk, a, b } = world;
  await desk.runFor(3_600_000);
  for (const name of NAMES.slice(0, 40)) a.disk.unlink(`${FOLDER}/${name}`);
  ok(await desk.until(() => b.names().length === 160));
  for (const name of NAMES.slice(40, 70)) a.disk.unlink(`${FOLDER}/${name}`);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
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
    for (const name of NAMES.slice(0, 40)) await desk.scheduler.runUntil(b.folder().restorer.restore(name));
    await desk.runFor(600_000);
    deepEqual([b.names().length, b.folder().state], [200, 'needs-you']);
  });
