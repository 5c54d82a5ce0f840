/** What may be in place, and is not recorded, is deleted where peers have deleted it before it was looked at (E7). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from './desk.ts';
import { share, three, twoWith } from './desks.ts';

/** Puts `text` in place at b, or only says that it may have, and does not look at it before that is resolved. */
function placesUnseen(b: Machine, isDone: boolean): { readonly isPlaced: () => boolean; readonly look: () => void } {
  const looked = Promise.withResolvers<void>();
  let isPlaced = false;
  b.faults.beforeDisk = (call) => (isPlaced && call === 'look' ? looked.promise : undefined);
  b.faults.afterDisk = (call, values, result) => {
    const [changes] = values as [readonly { readonly name: string }[]];
    if (call !== 'apply' || isPlaced || changes[0]?.name !== 'text') return result;
    isPlaced = true;
    if (!isDone) b.remove('text');
    return (result as unknown[]).map(() => ({ trouble: 'io', detail: 'EIO', mayBeDone: true }));
  };
  return { isPlaced: () => isPlaced, look: () => looked.resolve() };
}

for (const [isDone, how] of [
  [true, 'is deleted'],
  [false, 'is told to others as deleted'],
] as const)
  test(`E7 what may be in place unrecorded, and was deleted elsewhere meanwhile, ${how}`, async () => {
    const world = three();
    const { desk, a, b, c } = world;
    using _ = desk;
    await share(world);
    const { isPlaced, look } = placesUnseen(b, isDone);
    a.write('text', 'text');
    ok(await desk.until(() => isPlaced() && b.folder().records.remote(c.short, 'text') !== undefined));
    desk.network.link('a', 'c').cut();
    a.remove('text');
    ok(await desk.until(() => b.folder().records.remote(a.short, 'text')?.deleted === true));
    await desk.runFor(10_000);
    look();
    ok(await desk.until(() => [b, c].every((machine) => machine.read('text') === undefined), 30_000));
    desk.network.link('a', 'c').heal();
    await desk.runFor(10_000);
    for (const machine of desk.machines) deepEqual(machine.names(), [], machine.name);
  });

test('E7 also where it was made anew after a delete', async () => {
  const { desk, a, b } = await twoWith({ text: 'text' });
  using _ = desk;
  a.remove('text');
  ok(await desk.until(() => b.read('text') === undefined));
  ok(await desk.inSync(a, b));
  const { isPlaced, look } = placesUnseen(b, true);
  a.write('text', 'text');
  ok(await desk.until(isPlaced));
  a.remove('text');
  ok(await desk.until(() => b.folder().records.remote(a.short, 'text')?.deleted === true));
  await desk.runFor(10_000);
  look();
  await desk.runFor(30_000);
  for (const machine of [a, b]) deepEqual(machine.names(), [], machine.name);
});

test('E7 what a person puts back is no version that may have been in place before a newer one', async () => {
  const { desk, a, b } = await twoWith({ other: 'other' });
  using _ = desk;
  const { isPlaced, look } = placesUnseen(b, false);
  a.write('text', 'one');
  ok(await desk.until(isPlaced));
  a.write('text', 'the second one');
  ok(await desk.until(() => b.folder().records.local('text')?.record.size === 14));
  look();
  await desk.runFor(10_000);
  b.write('text', 'one');
  ok(await desk.until(() => a.read('text') === 'one'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) equal(machine.read('text'), 'one', machine.name);
});
