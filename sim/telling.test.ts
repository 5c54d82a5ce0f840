/** What peers are told, to the last word, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { share, three, two, twoWith } from './desks.ts';

/** More than one part of an index. */
const FILES = 1200;

test('X1 an index of several parts is told to its end, also what is saved meanwhile', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  for (let index = 0; index < FILES; index += 1) a.write(`file ${index}`, `content ${index}`);
  await desk.start(a);
  ok(await desk.inSync(a));
  await desk.start(b);
  ok(await desk.until(() => b.folder().records.remoteIndex(a.short).maxSequence > 0));
  a.write('one more', 'one more');
  ok(await desk.until(() => b.folder().records.remote(a.short, 'one more') !== undefined));
  const untold = Array.from({ length: FILES }, (_, index) => `file ${index}`).filter(
    (name) => b.folder().records.remote(a.short, name) === undefined,
  );
  deepEqual(untold, []);
});

test('X2 a name that is being put in place when all was looked at is asked for once at a time', async () => {
  const { desk, a, b, c } = three();
  using _ = desk;
  await desk.start(a, b, c);
  a.disk.makeDirectory(`${FOLDER}/dir`);
  a.write('dir/other', 'other');
  ok(await desk.until(() => [b, c].every((machine) => machine.read('dir/other') !== undefined)));
  b.crash();
  // From now on it can be written to and not listed: what is in it stays in doubt.
  b.faults.afterDisk = (call, [directory], result) =>
    call === 'list' && directory === 'dir' ? { trouble: 'denied', detail: 'so the test will have it' } : result;
  await desk.start(b);
  await desk.runFor(3000);
  const placed = Promise.withResolvers<void>();
  let placing = 0;
  b.faults.beforeDisk = (call, _folder, [changes]) => {
    if (call !== 'apply' || !(changes as { name: string }[]).some(({ name }) => name === 'dir/new')) return undefined;
    placing += 1;
    return placed.promise;
  };
  a.write('dir/new', 'new');
  ok(await desk.until(() => placing === 1 && c.read('dir/new') === 'new'));
  await desk.runFor(500); // both have told of it
  let asked = 0;
  b.faults.beforeRecords = (call, [name]) => void (asked += call === 'versions' && name === 'dir/new' ? 1 : 0);
  for (let walks = 0; walks < 5; walks += 1) {
    b.folder().rescan();
    await desk.runFor(500);
  }
  ok(asked < 50, `${asked} times`);
  placed.resolve();
  ok(await desk.until(() => b.read('dir/new') === 'new'));
});

test('P5 a directory whose end is told before that of its content goes, each time anew', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  for (const round of [1, 2]) {
    a.disk.makeDirectory(`${FOLDER}/d`);
    a.write('d/one', `content ${round}`);
    ok(await desk.until(() => b.read('d/one') === `content ${round}`));
    ok(await desk.inSync(a, b));
    await desk.runFor(3_600_000);
    a.crash();
    // As a Syncthing says it, in two parts.
    for (const name of ['d', 'd/one']) {
      const { records } = b.folder();
      const record = records.remote(a.short, name);
      ok(record !== undefined);
      const version = record.version.map(({ device, value }) => ({ device, value: value + 3600n }));
      const sequence = records.remoteIndex(a.short).maxSequence + 1;
      const gone = { size: 0, blockSize: 0, blocks: new Uint8Array(0), deleted: true };
      b.folder().receiveIndex(a.short, [{ ...record, ...gone, version, sequence }], false);
      await desk.runFor(500);
    }
    ok(await desk.until(() => b.disk.find(`${FOLDER}/d`) === undefined), `round ${round}`);
    await desk.runFor(30_000);
    equal(b.folder().records.local('d')?.record.deleted, true);
    a.disk.unlink(`${FOLDER}/d/one`);
    a.disk.removeDirectory(`${FOLDER}/d`);
    await desk.start(a);
    ok(await desk.inSync(a, b));
  }
});

test('P5 a directory is told before what is in it, also when somebody makes it here just when it comes', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  b.faults.beforeDisk = (call) => {
    if (call === 'apply' && b.disk.find(`${FOLDER}/d`) === undefined) b.disk.makeDirectory(`${FOLDER}/d`);
  };
  for (const name of ['d', 'd/e']) a.disk.makeDirectory(`${FOLDER}/${name}`);
  a.write('d/e/text', 'text');
  ok(await desk.until(() => b.read('d/e/text') === 'text'));
  ok(await desk.inSync(a, b));
  const told = b.folder().records.changesSince(0, 10);
  deepEqual(
    told.map(({ name }) => name),
    ['d', 'd/e', 'd/e/text'],
  );
});

test('P5 nor is what is in it told first by who dies right after it was put there', async () => {
  const { desk, a, b, c } = three();
  using _ = desk;
  await desk.start(a, b);
  desk.network.link('a', 'c').cut();
  b.faults.beforeDisk = (call) => (call === 'apply' ? new Promise(() => {}) : undefined);
  a.disk.makeDirectory(`${FOLDER}/d`);
  a.write('d/text', 'text');
  ok(await desk.until(() => b.folder().records.newest('d/text') !== undefined));
  // Somebody makes the directory, and not as it is there; the file is put into it; and then it dies.
  b.disk.makeDirectory(`${FOLDER}/d`, 0o700);
  b.write('d/text', 'text');
  b.disk.setAttributes(b.inode('d/text'), a.inode('d/text'));
  b.crash();
  b.faults.beforeDisk = () => undefined;
  await desk.start(b, c);
  ok(await desk.until(() => c.read('d/text') === 'text', 120_000));
  const told = b.folder().records.changesSince(0, 10);
  deepEqual(
    told.map(({ name }) => name),
    ['d', 'd/text'],
  );
  equal(c.folder().records.local('d')?.record.modifiedBy === c.short, false);
});

test('X2 a delete that was to be passed on when lanfold was stopped is passed on by the next run', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world, { old: 'old' });
  b.crash();
  a.write('new', 'new');
  ok(await desk.until(() => c.read('new') === 'new'));
  ok(await desk.inSync(a, c));
  b.faults.beforeDisk = (call) => (call === 'list' ? new Promise(() => {}) : undefined); // all stays in doubt
  await desk.start(b);
  ok(await desk.until(() => [a, c].every(({ short }) => b.folder().records.remote(short, 'new') !== undefined)));
  desk.network.link('a', 'c').cut();
  a.remove('new');
  ok(await desk.until(() => b.folder().records.remote(a.short, 'new')?.deleted === true));
  b.hasStoppedProperly();
  b.crash();
  delete b.faults.beforeDisk;
  await desk.start(b);
  ok(await desk.until(() => c.read('new') === undefined));
  desk.network.link('a', 'c').heal();
  await desk.runFor(10_000);
  for (const machine of desk.machines) deepEqual(machine.names(), ['old'], machine.name);
});

test('R14 who gives up what a power cut took tells all anew to who is connected, and nothing is missing of it', async () => {
  const world = two();
  const { desk, a, b } = world;
  using _ = desk;
  for (const machine of desk.machines) machine.bootId = 'first start';
  await share(world, { old: 'old' });
  await desk.runFor(60_000);
  desk.network.link('a', 'b').cut();
  a.write('taken', 'taken');
  ok(await desk.until(() => a.folder().records.local('taken') !== undefined));
  a.crash();
  a.bootId = 'second start';
  a.disk.unlink(`${FOLDER}/taken`);
  const before = a.indexId();
  const isWalked = Promise.withResolvers<void>();
  a.faults.beforeDisk = (call) => (call === 'list' ? isWalked.promise : undefined);
  await desk.start(a);
  desk.network.link('a', 'b').heal();
  ok(
    await desk.until(() => b.folder().records.remote(a.short, 'taken') !== undefined),
    'told before anybody has looked',
  );
  isWalked.resolve();
  ok(await desk.until(() => a.indexId() !== before));
  await desk.runFor(5000);
  equal(b.folder().records.remoteIndex(a.short).indexId, a.indexId());
  const told = ['old', 'taken'].map((name) => b.folder().records.remote(a.short, name)?.deleted);
  deepEqual([told, a.problems(), b.problems()], [[false, undefined], [], []]);
  ok(b.folder().admission.isAllHeard, 'though the highest number is that of what was taken');
  a.write('next', 'next');
  ok(await desk.until(() => b.read('next') === 'next'));
});

test('R14 a config that names a new index is followed by all of that, whoever has it sent', async () => {
  const { desk, a, b } = await twoWith({ old: 'old' });
  using _ = desk;
  a.folder().records.renewIndexId();
  a.disk.makeDirectory('other');
  await desk.scheduler.runUntil(a.engine.addFolder({ id: 'other', root: 'other', peers: [b.device] }));
  a.write('new', 'new');
  ok(await desk.until(() => b.read('new') === 'new'));
  equal(b.folder().records.remoteIndex(a.short).indexId, a.indexId());
  for (const name of ['old', 'new']) ok(b.folder().records.remote(a.short, name), name);
});

test('R14 what is told of an exchange that ended, after the next one began, does not pass for all of it', async () => {
  const world = await twoWith({ old: 'old' });
  const { desk, a, b } = world;
  using _ = desk;
  const link = desk.network.link('a', 'b');
  const fast = link.latencyMs;
  const shareWith = (...peers: readonly Machine[]): void => {
    link.latencyMs = { from: 5000, to: 5000 }; // a does not hear of it
    void b.engine.addFolder({ id: FOLDER, root: FOLDER, peers: peers.map(({ device }) => device) });
    link.latencyMs = fast;
  };
  shareWith();
  a.disk.makeDirectory(`${FOLDER}/f`);
  ok(await desk.until(() => a.folder().records.local('f') !== undefined));
  await desk.runFor(100); // it has come, and was not wanted
  shareWith(a);
  a.write('f/z', 'z');
  ok(await desk.until(() => a.folder().records.local('f/z') !== undefined));
  await desk.runFor(100); // it has come, too
  equal(b.folder().records.remote(a.short, 'f'), undefined);
  b.crash();
  await desk.start(b);
  ok(await desk.until(() => b.read('f/z') === 'z'));
  ok(await desk.inSync(a, b));
  deepEqual(b.folder().records.local('f')?.record.version, a.folder().records.local('f')?.record.version);
  equal(b.folder().records.local('f')?.record.modifiedBy, a.short);
});
