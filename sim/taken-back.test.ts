/** What a power cut takes back of a folder, files, edits and deletes, is nobody's act, and what people do after it is theirs. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../src/core/model/version-vector.ts';
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import { type Desk, FOLDER, type Machine } from './desk.ts';
import { two, twoWith, type Two } from './desks.ts';

/** As when the disk forgets what a machine did there: an entry is gone, and its directory is as it was before the entry. */
function forgetEntry(machine: Machine, name: string, directory = ''): void {
  const path = directory === '' ? FOLDER : `${FOLDER}/${directory}`;
  const above = machine.disk.find(path);
  const inode = machine.disk.find(`${path}/${name}`);
  ok(above && inode);
  for (const child of inode.children.keys()) machine.disk.unlink(`${path}/${name}/${child}`);
  if (inode.type === 'directory') machine.disk.removeDirectory(`${path}/${name}`);
  else machine.disk.unlink(`${path}/${name}`);
  Object.assign(above, { modifiedNs: 1n, changedNs: 1n });
}

async function stopProperly(desk: Desk, machine: Machine): Promise<void> {
  await desk.scheduler.runUntil(machine.engine.close());
  machine.crash();
  machine.hasStoppedProperly();
}

test('E9 what a power cut took is no delete: it comes back from a peer', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/kept`);
  a.disk.makeDirectory(`${FOLDER}/new`);
  await desk.runFor(2000);
  for (const name of ['text', 'kept/text', 'new/text']) a.write(name, 'as it was written');
  ok(await desk.until(() => b.read('new/text') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  forgetEntry(a, 'text', 'kept');
  for (const name of ['text', 'new']) forgetEntry(a, name);
  await desk.start(a);
  ok(await desk.until(() => a.read('new/text') !== undefined));
  await desk.runFor(10_000);
  for (const machine of [a, b])
    for (const name of ['text', 'kept/text', 'new/text']) equal(machine.read(name), 'as it was written', name);
});

test('E9 nor after a proper stop, where it was made in the very instant of the directory that it was in', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  for (const name of ['d', 'd/e']) a.disk.makeDirectory(`${FOLDER}/${name}`);
  const { modifiedNs, changedNs } = a.inode('d');
  ok(await desk.until(() => b.disk.find(`${FOLDER}/d/e`) !== undefined));
  ok(await desk.inSync(a, b));
  await stopProperly(desk, a);
  a.disk.removeDirectory(`${FOLDER}/d/e`);
  Object.assign(a.inode('d'), { modifiedNs, changedNs });
  await desk.start(a);
  await desk.runFor(60_000);
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) ok(machine.disk.find(`${FOLDER}/d/e`), machine.name);
});

for (const when of ['before lanfold is back', 'during its first walk'])
  test(`E9 nor where somebody wrote to the directory ${when}: what was saved right before the cut comes back`, async () => {
    const { desk, a, b } = await twoWith({ old: 'old' });
    using _ = desk;
    await desk.runFor(3_600_000);
    a.write('report', 'a day of work');
    ok(await desk.until(() => b.read('report') !== undefined));
    ok(await desk.inSync(a, b));
    a.crash();
    forgetEntry(a, 'report');
    await desk.runFor(60_000);
    if (when.startsWith('before')) a.write('.directory', 'how the desktop shows it');
    await desk.start(a);
    if (when.startsWith('during')) a.write('.directory', 'how the desktop shows it');
    ok(await desk.until(() => a.read('report') === 'a day of work'));
    await desk.runFor(10_000);
    for (const machine of [a, b]) deepEqual(machine.names(), ['.directory', 'old', 'report'], machine.name);
  });

test('E9 nor where somebody wrote to the directory, and a peer that has it could not tell so yet', async () => {
  const { desk, a, b } = await twoWith({ old: 'old' });
  using _ = desk;
  await desk.runFor(3_600_000);
  const link = desk.network.link('a', 'b');
  b.faults.beforeRecords = (call, [records]) => {
    // It has just put it in place, and can tell nobody.
    if (
      call === 'saveLocal' &&
      (records as { record: { name: string } }[]).some(({ record }) => record.name === 'report')
    )
      link.cut();
  };
  a.write('report', 'a day of work');
  ok(await desk.until(() => b.read('report') !== undefined));
  await desk.runFor(5000);
  a.crash();
  forgetEntry(a, 'report');
  a.write('.directory', 'how the desktop shows it');
  await desk.start(a);
  await desk.runFor(60_000);
  link.heal();
  ok(await desk.until(() => a.read('report') === 'a day of work'));
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) deepEqual(machine.names(), ['.directory', 'old', 'report'], machine.name);
});

test('E9 what a person removed after the crash is a delete, if it was not written right before or was there since', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/kept`);
  for (const name of ['text', 'kept/text']) a.write(name, 'as it was written');
  await desk.runFor(120_000);
  for (const name of ['new', 'moved', 'kept/new']) a.write(name, `saved right before: ${name}`);
  ok(await desk.until(() => b.read('kept/new') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  await desk.runFor(50);
  for (const name of ['text', 'kept/text']) a.disk.unlink(`${FOLDER}/${name}`);
  a.disk.rename(`${FOLDER}/moved`, `${FOLDER}/here`);
  a.faults.afterDisk = (call, [directory], result) => {
    if (call !== 'list' || directory !== 'kept') return result;
    a.disk.unlink(`${FOLDER}/new`); // the walk has seen it
    return new Promise((resolve) => void desk.scheduler.after(5000, () => resolve(result)));
  };
  await desk.start(a);
  ok(await desk.until(() => b.read('text') === undefined && b.read('kept/text') === undefined));
  await desk.runFor(10_000);
  for (const machine of [a, b]) {
    deepEqual(machine.names(), ['here', 'kept'], machine.name);
    equal(machine.read('kept/new'), 'saved right before: kept/new', machine.name);
  }
});

test('E9 what a person removed after a kill is a delete, also if it was written right before: the machine has run on', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.bootId = 'one start';
  await desk.start(a, b);
  a.write('old', 'old');
  await desk.runFor(120_000);
  for (const [name, isNew] of [
    ['text', false],
    ['report', true],
  ] as const) {
    a.write(name, 'saved right before');
    ok(await desk.until(() => b.read(name) !== undefined));
    ok(await desk.inSync(a, b));
    a.crash();
    a.disk.unlink(`${FOLDER}/${name}`);
    if (isNew) a.bootId = 'another';
    await desk.start(a);
    await desk.runFor(20_000);
    for (const machine of [a, b]) equal(machine.read(name) !== undefined, isNew, `${name} at ${machine.name}`);
  }
});

test('E9 a directory whose new name a power cut took comes back with all that was in it, however old', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/before`);
  a.disk.makeDirectory(`${FOLDER}/before/sub`);
  a.write('before/sub/text', 'as it was written');
  ok(await desk.until(() => b.read('before/sub/text') !== undefined));
  await desk.runFor(3_600_000);
  const top = a.disk.find(FOLDER);
  const moved = a.disk.find(`${FOLDER}/before`);
  ok(top && moved);
  const [topNs, movedNs] = [top.changedNs, moved.changedNs];
  a.disk.rename(`${FOLDER}/before`, `${FOLDER}/after`);
  ok(await desk.until(() => b.read('after/sub/text') !== undefined && b.names().join() === 'after'));
  ok(await desk.inSync(a, b));
  a.crash();
  a.disk.rename(`${FOLDER}/after`, `${FOLDER}/before`);
  Object.assign(top, { modifiedNs: topNs, changedNs: topNs });
  Object.assign(moved, { changedNs: movedNs });
  await desk.start(a);
  ok(await desk.until(() => a.read('after/sub/text') === 'as it was written'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) {
    deepEqual(machine.names(), ['after'], machine.name);
    equal(machine.read('after/sub/text'), 'as it was written', machine.name);
  }
});

test('E9 nor is what a power cut took, or set back, right after a proper stop; what a person removed then is a delete', async () => {
  const { desk, a, b } = await twoWith({ edited: 'old', removed: 'removed' });
  using _ = desk;
  await desk.runFor(5000);
  const inode = a.inode('edited');
  const { content, modifiedNs, changedNs } = inode;
  a.disk.makeDirectory(`${FOLDER}/office`);
  await desk.runFor(5000);
  a.write('office/new', 'saved right before');
  a.write('edited', 'newer');
  ok(await desk.until(() => b.read('edited') === 'newer' && b.read('office/new') !== undefined));
  ok(await desk.inSync(a, b));
  await stopProperly(desk, a);
  forgetEntry(a, 'new', 'office');
  Object.assign(inode, { content, modifiedNs, changedNs });
  a.disk.unlink(`${FOLDER}/removed`);
  await desk.start(a);
  ok(await desk.until(() => b.read('removed') === undefined));
  ok(await desk.until(() => a.read('edited') === 'newer' && a.read('office/new') !== undefined));
  await desk.runFor(10_000);
  for (const machine of [a, b]) {
    deepEqual(machine.names(), ['edited', 'office'], machine.name);
    deepEqual([machine.read('edited'), machine.read('office/new')], ['newer', 'saved right before'], machine.name);
  }
});

/** Both lose their power; a, which made these, knows of nobody who has them. @param isHad b has them nevertheless. */
async function unheard(isHad: boolean): Promise<Two> {
  const world = await twoWith({ edited: 'old' });
  const { desk, a, b } = world;
  await desk.runFor(5000);
  const inode = a.inode('edited');
  const { content, modifiedNs, changedNs } = inode;
  const isTold = (): boolean =>
    ['edited', 'new'].every((name) => (b.folder().records.remote(a.short, name)?.size ?? 0) > 3);
  const isThere = (): boolean => b.read('edited') === 'newer' && b.read('new') === 'saved right before';
  if (!isHad) b.faults.beforeDisk = (call) => (call === 'stage' ? new Promise(() => {}) : undefined);
  a.faults.beforeRecords = (call) => {
    if (call === 'saveRemote') throw new Error('so the test will have it');
  };
  a.write('new', 'saved right before');
  a.write('edited', 'newer');
  ok(await desk.until(isHad ? isThere : isTold));
  a.crash();
  b.crash();
  delete a.faults.beforeRecords;
  delete b.faults.beforeDisk;
  forgetEntry(a, 'new');
  Object.assign(inode, { content, modifiedNs, changedNs });
  await desk.start(a);
  await desk.runFor(20_000);
  await desk.start(b);
  return world;
}

test('E9 nor where nobody has told yet that he has it: what peers know decides once they have been heard', async () => {
  const { desk, a, b } = await unheard(true);
  using _ = desk;
  ok(await desk.until(() => a.read('edited') === 'newer' && a.read('new') === 'saved right before'));
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) deepEqual(machine.problems(), [], machine.name);
});

test('E9 what nobody has is asked for by nobody', async () => {
  const { desk, a, b } = await unheard(false);
  using _ = desk;
  await desk.runFor(60_000);
  for (const machine of [a, b]) {
    deepEqual(machine.names(), ['edited'], machine.name);
    equal(machine.read('edited'), 'old', machine.name);
    deepEqual(machine.problems(), [], machine.name);
    equal(machine.folder().state, 'in-sync', machine.name);
  }
});

test('E9 a file that a power cut set back is no edit: the newer content comes back from a peer', async () => {
  const { desk, a, b } = await twoWith({ text: 'old' });
  using _ = desk;
  const inode = a.inode('text');
  const { content, modifiedNs, changedNs } = inode;
  await desk.runFor(5000);
  a.write('text', 'newer');
  ok(await desk.until(() => b.read('text') === 'newer'));
  ok(await desk.inSync(a, b));
  a.crash();
  Object.assign(inode, { content, modifiedNs, changedNs });
  await desk.start(a);
  ok(await desk.until(() => a.read('text') === 'newer'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) equal(machine.read('text'), 'newer', machine.name);
  deepEqual(a.folder().problems(), []);
});

test('E9 a delete that a power cut took back is done again; what a person brought back stays', async () => {
  const { desk, a, b } = await twoWith({ forgotten: 'deleted', wanted: 'deleted' });
  using _ = desk;
  const { content, modifiedNs, changedNs } = a.inode('forgotten');
  await desk.runFor(5000);
  for (const name of ['forgotten', 'wanted']) a.disk.unlink(`${FOLDER}/${name}`);
  ok(await desk.until(() => b.names().length === 0));
  ok(await desk.inSync(a, b));
  a.crash();
  for (const name of ['forgotten', 'wanted']) a.write(name, content);
  Object.assign(a.inode('forgotten'), { modifiedNs, changedNs });
  await desk.start(a);
  ok(await desk.until(() => b.read('wanted') !== undefined));
  await desk.runFor(10_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['wanted'], machine.name);
});

for (const whose of ['here', 'where it was deleted'] as const)
  test(`E9 what is made anew under a deleted name, after a power cut, stays, where the clock ${whose} is wrong`, async () => {
    const { desk, a, b } = await twoWith({ export: 'of May' });
    using _ = desk;
    await desk.runFor(5000);
    if (whose !== 'here') b.skewMs = 3_600_000;
    (whose === 'here' ? a : b).disk.unlink(`${FOLDER}/export`);
    ok(await desk.until(() => a.names().length === 0 && b.names().length === 0));
    ok(await desk.inSync(a, b));
    a.crash();
    if (whose === 'here') a.skewMs = -3_600_000; // it began anew with the machine
    await desk.runFor(20_000);
    a.write('export', 'of June');
    await desk.runFor(20_000);
    await desk.start(a);
    ok(await desk.until(() => b.read('export') === 'of June'));
    ok(await desk.inSync(a, b));
    equal(a.read('export'), 'of June');
  });

test('E9 what was removed for its successor, before a kill, is no delete made here', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/x`);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/x`) !== undefined));
  ok(await desk.inSync(a, b));
  let isKilled = false;
  b.faults.beforeDisk = (call) => {
    if (call !== 'apply' || isKilled) return;
    isKilled = true;
    b.disk.removeDirectory(`${FOLDER}/x`);
    b.crash();
  };
  a.disk.removeDirectory(`${FOLDER}/x`);
  a.write('x', 'a file now');
  ok(await desk.until(() => isKilled));
  await desk.runFor(1000);
  await desk.start(b);
  ok(await desk.until(() => b.read('x') === 'a file now'));
  await desk.runFor(10_000);
  const version = a.folder().records.local('x')?.record.version ?? [];
  deepEqual(
    version.map(({ device }) => device),
    [a.short],
  );
});

test('V3 what is made anew in the second in which a power cut took it is another version than what peers have heard', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  await desk.runFor(1000 - (desk.scheduler.nowMs % 1000)); // a second begins
  a.write('report', 'a day of work');
  ok(await desk.until(() => b.read('report') !== undefined));
  a.crash();
  const top = a.disk.find(FOLDER);
  ok(top);
  const { modifiedNs } = top;
  a.disk.unlink(`${FOLDER}/report`);
  a.disk.setAttributes(top, { modifiedNs: modifiedNs - 1_000_000_000n });
  b.faults.beforeDisk = (call) => {
    if (call === 'read') throw new DiskFault('ENOENT', 'it cannot be had back yet');
  };
  await desk.start(a);
  ok(await desk.until(() => a.folder().records.local('report') === undefined));
  a.write('report', 'another day');
  ok(await desk.until(() => a.folder().records.local('report') !== undefined));
  const [ours, theirs] = [a.folder().records.local('report')?.record, b.folder().records.local('report')?.record];
  ok(ours && theirs);
  equal(compareVersions(ours.version, theirs.version), 'newer');
  delete b.faults.beforeDisk;
  ok(await desk.until(() => b.read('report') === 'another day'));
});
