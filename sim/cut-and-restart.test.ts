/** What a power cut or a pulled disk has taken is no delete for a later run of lanfold either (E9). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { FileRecord } from '../src/core/model/file-record.ts';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { share, three, two, twoWith, type Two } from './desks.ts';

const RUNS = ['in the same run', 'after a proper stop', 'after a kill'] as const;

/** Two with a report in a directory that was saved a moment ago; the machines run on. */
async function reported(directory: string): Promise<Two & { name: string }> {
  const { desk, a, b } = two();
  for (const machine of [a, b]) machine.bootId = 'first start';
  await desk.start(a, b);
  if (directory !== '') a.disk.makeDirectory(`${FOLDER}/${directory}`);
  const at = (name: string): string => (directory === '' ? name : `${directory}/${name}`);
  a.write(at('old'), 'old');
  await desk.runFor(120_000);
  a.write(at('report'), 'a day of work');
  ok(await desk.until(() => b.read(at('report')) !== undefined));
  ok(await desk.inSync(a, b));
  return { desk, a, b, name: at('report') };
}

async function end(desk: Desk, machine: Machine, how: string): Promise<void> {
  if (how === 'after a proper stop') {
    await desk.scheduler.runUntil(machine.engine.close());
    machine.hasStoppedProperly();
  }
  machine.crash();
}

for (const how of RUNS)
  test(`E9 what a disk has lost that was pulled out comes back from a peer, where it is back ${how}`, async () => {
    const { desk, a, b, name } = await reported('');
    using _ = desk;
    a.disk.rename(FOLDER, 'away');
    a.folder().rescan();
    ok(await desk.until(() => a.folder().state === 'stopped'));
    a.disk.unlink(`away/${name}`);
    if (how === 'in the same run') a.disk.rename('away', FOLDER);
    else {
      await end(desk, a, how);
      a.disk.rename('away', FOLDER);
      await desk.start(a);
    }
    await desk.runFor(120_000);
    for (const machine of [a, b]) equal(machine.read(name), 'a day of work', machine.name);
  });

for (const how of RUNS)
  test(`E9 what a power cut took from a directory that could not be listed comes back, where it can be ${how}`, async () => {
    const { desk, a, b, name } = await reported('office');
    using _ = desk;
    a.crash();
    a.disk.unlink(`${FOLDER}/${name}`);
    a.bootId = 'second start';
    a.faults.afterDisk = (call, [directory], result) =>
      call === 'list' && directory === 'office' ? Promise.resolve({ trouble: 'denied', detail: 'EACCES' }) : result;
    await desk.start(a);
    await desk.runFor(60_000);
    if (how !== 'in the same run') await end(desk, a, how);
    delete a.faults.afterDisk;
    if (how === 'in the same run') a.folder().rescan();
    else await desk.start(a);
    await desk.runFor(120_000);
    for (const machine of [a, b]) equal(machine.read(name), 'a day of work', machine.name);
  });

/** What was done since, before the next start; and what is there in the end. */
const AFTER_PROPER_STOP = [
  ['comes back, also where somebody wrote beside it', 'second start', (a) => a.remove('office/report'), 'report'],
  ['is a delete where the machine has run on', 'first start', (a) => a.remove('office/report'), undefined],
  [
    'is a delete where nobody knows whether the machine has run on',
    undefined,
    (a) => a.remove('office/report'),
    undefined,
  ],
  [
    'stays where somebody has renamed it to',
    'second start',
    (a) => a.disk.rename(`${FOLDER}/office/report`, `${FOLDER}/office/renamed`),
    'renamed',
  ],
] as const satisfies readonly (readonly [string, string | undefined, (a: Machine) => void, string | undefined])[];

for (const [what, bootId, take, stays] of AFTER_PROPER_STOP)
  test(`E9 what was saved right before a proper stop, and is gone at the next start, ${what}`, async () => {
    const { desk, a, b } = await reported('office');
    using _ = desk;
    await end(desk, a, 'after a proper stop');
    await desk.runFor(20_000);
    take(a);
    a.write('office/beside', 'beside');
    await desk.runFor(5000);
    a.bootId = bootId;
    await desk.start(a);
    await desk.runFor(120_000);
    ok(await desk.inSync(a, b));
    for (const machine of [a, b]) {
      const names = [...(machine.disk.find(`${FOLDER}/office`)?.children.keys() ?? [])].sort();
      deepEqual(names, ['beside', 'old', ...(stays === undefined ? [] : [stays])], machine.name);
    }
  });

test('E9 a directory that was renamed right before a power cut, and that a person removes once it was seen, is a delete', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  const olds = ['old1', 'old2', 'old3'];
  for (const directory of ['before', 'z']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  for (const name of olds) a.write(`before/${name}`, name);
  a.write('z/x', 'x');
  await desk.runFor(3_600_000);
  a.disk.rename(`${FOLDER}/before`, `${FOLDER}/d`);
  ok(await desk.until(() => b.read('d/old3') !== undefined && b.names().join() === 'd,z'));
  ok(await desk.inSync(a, b));
  await desk.runFor(1000);
  a.crash();
  await desk.runFor(30_000);
  let isRemoved = false;
  a.faults.afterDisk = (call, [directory], result) => {
    if (call !== 'list' || directory !== 'z' || isRemoved) return result;
    isRemoved = true; // the walk has seen it
    for (const name of olds) a.disk.unlink(`${FOLDER}/d/${name}`);
    a.disk.removeDirectory(`${FOLDER}/d`);
    return new Promise((resolve) => void desk.scheduler.after(5000, () => resolve(result)));
  };
  await desk.start(a);
  await desk.runFor(150_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['z'], machine.name);
});

for (const last of ['', ', and an old delete of a peer came last'])
  test(`E9 what was saved right before a power cut is known for that, also where the clock was set back shortly before${last}`, async () => {
    const world = three();
    const { desk, a, b, c } = world;
    using _ = desk;
    a.bootId = 'first start';
    await share(world, { old: 'old' });
    for (const peer of ['a', 'b']) desk.network.link(peer, 'c').cut();
    await desk.runFor(60_000);
    if (last !== '') c.disk.unlink(`${FOLDER}/old`);
    await desk.runFor(72 * 3_600_000);
    a.skewMs = 7_200_000; // the hardware's clock is that of another time zone
    a.write('before', 'before');
    ok(await desk.until(() => b.read('before') !== undefined));
    a.skewMs = 0;
    await desk.runFor(120_000);
    for (const name of ['taken', 'torn']) a.write(name, 'a day of work');
    ok(await desk.until(() => b.read('taken') !== undefined && b.read('torn') !== undefined));
    for (const peer of ['a', 'b']) desk.network.link(peer, 'c').heal();
    ok(await desk.until(() => a.read('old') === c.read('old') && c.read('torn') !== undefined, 60_000));
    ok(await desk.inSync(a, b, c));
    a.crash();
    a.bootId = 'second start';
    await desk.runFor(9_000_000);
    a.disk.unlink(`${FOLDER}/taken`);
    const torn = a.inode('torn');
    torn.content = new Uint8Array(torn.content.length);
    await desk.start(a);
    await desk.runFor(60_000);
    ok(await desk.inSync(a, b, c));
    for (const machine of [a, b, c])
      deepEqual([machine.read('taken'), machine.read('torn')], ['a day of work', 'a day of work'], machine.name);
  });

test('R12 deletes that are done, and of which the disk says that they failed, are no deletes made here', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  const names = Array.from({ length: 200 }, (_, index) => `f${index}`);
  for (const name of names) a.write(name, name);
  await desk.start(a, b);
  ok(await desk.until(() => b.names().length === names.length));
  ok(await desk.inSync(a, b));
  await desk.runFor(60_000);
  for (const name of names) a.disk.unlink(`${FOLDER}/${name}`);
  for (const machine of [a, b]) {
    ok(await desk.until(() => machine.folder().state === 'needs-you'));
    let untilMs = Number.POSITIVE_INFINITY;
    b.faults.afterDisk = async (call, _values, result) => {
      if (call !== 'apply') return result;
      const done = (await result) as readonly object[];
      if (untilMs === Number.POSITIVE_INFINITY) untilMs = desk.scheduler.nowMs + 500;
      if (desk.scheduler.nowMs >= untilMs) return done;
      return done.map((one) => ('trouble' in one ? one : { trouble: 'io', detail: 'EIO', mayBeDone: true }));
    };
    machine.folder().approveDeletes();
  }
  ok(await desk.until(() => [a, b].every((machine) => machine.folder().state === 'in-sync'), 180_000));
});

test('E9 what was in a directory that somebody makes again in the middle of the first walk after a power cut comes back', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.bootId = 'first start';
  await desk.start(a, b);
  await desk.runFor(120_000);
  a.disk.makeDirectory(`${FOLDER}/d`);
  a.write('d/taken', 'a day of work');
  ok(await desk.until(() => b.read('d/taken') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  a.bootId = 'second start';
  await desk.runFor(10_000);
  a.disk.unlink(`${FOLDER}/d/taken`);
  a.disk.removeDirectory(`${FOLDER}/d`);
  let isMade = false;
  a.faults.afterDisk = (call, [directory], result) => {
    if (call !== 'list' || directory !== '' || isMade) return result;
    isMade = true; // it is not in the listing
    a.disk.makeDirectory(`${FOLDER}/d`);
    a.write('d/new', 'new');
    return result;
  };
  await desk.start(a);
  await desk.runFor(60_000);
  ok(isMade);
  ok(await desk.inSync(a, b));
  for (const machine of [a, b])
    deepEqual([machine.read('d/taken'), machine.read('d/new')], ['a day of work', 'new'], machine.name);
});

test('E9 a directory that was being looked at when the first walk ended is in no doubt after the next one: its removal is a delete', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.bootId = 'first start';
  for (const directory of ['d', 'z']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  a.write('d/text', 'text');
  a.write('z/other', 'other');
  await desk.start(a, b);
  ok(await desk.until(() => b.read('d/text') !== undefined && b.read('z/other') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  a.bootId = 'second start';
  const later = (ms: number, result: unknown): Promise<unknown> =>
    new Promise((resolve) => void desk.scheduler.after(ms, () => resolve(result)));
  let isTouched = false;
  a.faults.afterDisk = (call, [what], result) => {
    if (call === 'look' && isTouched && (what as string[]).includes('d')) return later(10_000, result);
    if (call !== 'list' || what !== 'z' || isTouched) return result;
    isTouched = true;
    a.disk.setAttributes(a.inode('d'), { permissions: 0o700 });
    return later(5000, result);
  };
  await desk.start(a);
  await desk.runFor(30_000); // the walk was over before d was seen
  a.crash();
  a.bootId = 'third start';
  delete a.faults.afterDisk;
  await desk.start(a);
  await desk.runFor(10_000);
  a.write('d/new', 'new');
  await desk.runFor(30_000);
  ok(await desk.inSync(a, b));
  a.remove('d/text', 'd/new');
  a.disk.removeDirectory(`${FOLDER}/d`);
  await desk.runFor(60_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['z'], machine.name);
});

test('E9 what was set aside for a version that won is no rename by a person, where a power cut took that version', async () => {
  const { desk, a, b } = await twoWith({ old: 'old' });
  using _ = desk;
  a.bootId = 'first start';
  await desk.restart(a);
  desk.network.link('a', 'b').cut();
  a.write('text', 'of a');
  ok(await desk.until(() => a.folder().records.local('text') !== undefined));
  await desk.runFor(5000);
  b.write('text', 'of b, later');
  ok(await desk.until(() => b.folder().records.local('text') !== undefined));
  let isPlaced = false;
  a.faults.afterDisk = (call, [changes], result) => {
    if (call !== 'apply' || !(changes as { name: string }[]).some(({ name }) => name === 'text')) return result;
    isPlaced = true;
    return new Promise(() => {});
  };
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => isPlaced));
  a.crash();
  a.bootId = 'second start';
  delete a.faults.afterDisk;
  deepEqual(a.names().length, 3, 'what lost stands beside');
  a.remove('text');
  await desk.runFor(5000);
  let wasDeleted = false;
  a.faults.beforeRecords = (call, [made]) => {
    if (call !== 'saveLocal') return;
    wasDeleted ||= (made as { record: FileRecord }[]).some(({ record }) => record.name === 'text' && record.deleted);
  };
  await desk.start(a);
  await desk.runFor(60_000);
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) equal(machine.read('text'), 'of b, later', machine.name);
  equal(wasDeleted, false);
});

test('S1 what is made anew while its absence is judged is seen', async () => {
  const { desk, a, b } = await twoWith({ x: 'x' });
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/z`);
  a.write('z/other', 'other');
  ok(await desk.until(() => b.read('z/other') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  b.write('x', 'x by b');
  ok(await desk.until(() => b.folder().records.local('x')?.record.size === 6));
  const walk = Promise.withResolvers<void>();
  const hash = Promise.withResolvers<void>();
  let isHashing = false;
  a.faults.beforeDisk = (call, _folder, [what]) => {
    if (call === 'list' && what === 'z') return walk.promise; // all is in doubt
    const isMoved = call === 'hash' && (what as { name: string }[]).some(({ name }) => name === 'y');
    isHashing ||= isMoved;
    return isMoved ? hash.promise : undefined;
  };
  await desk.start(a);
  ok(await desk.until(() => a.folder().records.remote(b.short, 'x')?.size === 6));
  await desk.runFor(1000);
  a.disk.rename(`${FOLDER}/x`, `${FOLDER}/y`);
  ok(await desk.until(() => isHashing));
  a.write('x', 'made anew');
  await desk.runFor(50);
  hash.resolve();
  ok(await desk.until(() => b.allContents().has('made anew'), 10_000));
  walk.resolve();
  ok(await desk.inSync(a, b));
});
