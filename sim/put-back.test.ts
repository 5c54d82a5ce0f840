/** What a person puts back around a restart of the machine is no delete that a power cut took back (E9). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { share, three, twoWith } from './desks.ts';

const HOUR_MS = 3_600_000;

/** As when the machine is shut down: then it is started anew. */
async function shutDown(desk: Desk, machine: Machine): Promise<void> {
  await desk.scheduler.runUntil(machine.engine.close());
  machine.crash();
  machine.hasStoppedProperly();
  machine.bootId = 'another start';
}

for (const [how, afterMs] of [
  ['shut down', HOUR_MS],
  ['killed', HOUR_MS],
  ['killed right after it', 100],
] as const)
  test(`E9 a directory that was renamed is renamed back while lanfold is ${how}: what is in it stays`, async () => {
    const { desk, a, b } = await twoWith({ old: 'old' });
    using _ = desk;
    a.bootId = 'a start';
    await desk.restart(a);
    a.disk.makeDirectory(`${FOLDER}/d`);
    a.write('d/f', 'a day of work');
    ok(await desk.until(() => b.read('d/f') !== undefined));
    await desk.runFor(HOUR_MS);
    a.disk.rename(`${FOLDER}/d`, `${FOLDER}/e`);
    ok(await desk.until(() => b.read('e/f') !== undefined && b.read('d/f') === undefined));
    ok(await desk.inSync(a, b));
    await desk.runFor(afterMs);
    if (how === 'shut down') await shutDown(desk, a);
    else a.crash();
    a.disk.rename(`${FOLDER}/e`, `${FOLDER}/d`);
    await desk.runFor(10_000);
    await desk.start(a);
    await desk.runFor(60_000);
    ok(await desk.inSync(a, b));
    for (const machine of [a, b]) {
      deepEqual(machine.names(), ['d', 'old'], machine.name);
      equal(machine.read('d/f'), 'a day of work', machine.name);
    }
  });

test('E9 what a person makes while the machine is down is not passed on as deleted before it was looked at', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  b.bootId = 'a start';
  await share(world, { old: 'old' });
  await shutDown(desk, b);
  a.write('new', 'theirs');
  ok(await desk.until(() => c.read('new') === 'theirs'));
  ok(await desk.inSync(a, c));
  b.write('new', 'the work of b');
  desk.network.link('a', 'c').cut();
  await desk.runFor(10_000);
  a.remove('new');
  ok(await desk.until(() => a.folder().records.local('new')?.record.deleted === true));
  const mayLook = Promise.withResolvers<void>();
  b.faults.beforeDisk = (call) => (call === 'list' ? mayLook.promise : undefined);
  await desk.start(b);
  ok(await desk.until(() => [a, c].every(({ short }) => b.folder().records.remote(short, 'new') !== undefined)));
  await desk.runFor(1000);
  mayLook.resolve();
  await desk.runFor(60_000);
  desk.network.link('a', 'c').heal();
  await desk.runFor(60_000);
  for (const machine of desk.machines) equal(machine.read('new'), 'the work of b', machine.name);
});

test('E7 a delete of what was never put in place is passed on, though the disk could not say so when it was asked', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world, { old: 'old' });
  desk.network.link('a', 'b').cut();
  desk.network.link('b', 'c').cut();
  a.write('text', 'text');
  ok(await desk.until(() => c.read('text') === 'text'));
  ok(await desk.inSync(a, c));
  // b is told of it, and cannot fetch it before it is killed.
  b.faults.beforeDisk = (call) => (call === 'stage' ? new Promise(() => {}) : undefined);
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => b.folder().records.newest('text') !== undefined));
  b.crash();
  delete b.faults.beforeDisk;
  desk.network.link('a', 'c').cut();
  a.remove('text');
  ok(await desk.until(() => a.folder().records.local('text')?.record.deleted === true));
  let isReadable = false;
  b.faults.afterDisk = (call, [names], result) =>
    call !== 'look' || isReadable
      ? result
      : (result as unknown[]).map((look, index) =>
          (names as string[])[index] === 'text' ? { trouble: 'io', detail: 'EIO' } : look,
        );
  await desk.start(b);
  ok(await desk.until(() => b.folder().records.remote(a.short, 'text')?.deleted === true));
  isReadable = true;
  desk.network.link('b', 'c').heal();
  ok(await desk.until(() => c.read('text') === undefined, HOUR_MS));
  deepEqual([b.names(), c.names()], [['old'], ['old']]);
});

test('E4 a directory that stood here when a peer told of the same is told by who has it, once that peer has lost it', async () => {
  const { desk, a, b } = await twoWith({ old: 'old' });
  using _ = desk;
  a.bootId = 'a start';
  await desk.restart(a);
  desk.network.link('a', 'b').cut();
  a.disk.makeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => a.folder().records.local('d') !== undefined));
  await desk.runFor(1000);
  b.crash();
  b.disk.makeDirectory(`${FOLDER}/d`);
  b.disk.setAttributes(b.inode('d'), { permissions: 0o700 });
  const mayLook = Promise.withResolvers<void>();
  // It never gets its bits.
  b.faults.beforeDisk = (call) =>
    call === 'list' ? mayLook.promise : call === 'apply' ? new Promise(() => {}) : undefined;
  desk.network.link('a', 'b').heal();
  await desk.start(b);
  ok(await desk.until(() => b.folder().records.newest('d') !== undefined));
  mayLook.resolve();
  ok(await desk.until(() => b.folder().records.local('d')?.record.version.length === 0));
  for (const machine of [a, b]) machine.crash();
  delete b.faults.beforeDisk;
  a.bootId = 'another start';
  a.disk.removeDirectory(`${FOLDER}/d`);
  Object.assign(a.disk.find(FOLDER) ?? {}, { modifiedNs: 1n, changedNs: 1n });
  await desk.start(a);
  await desk.runFor(5000);
  await desk.start(b);
  await desk.runFor(5000);
  a.write('next', 'next'); // so that it has told all up to the number that it said
  await desk.runFor(1_500_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['d', 'next', 'old'], machine.name);
});
