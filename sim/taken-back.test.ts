/** What a power cut takes back of a folder, files, edits and deletes, is nobody's act, and what people do after it is theirs. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../src/core/model/version-vector.ts';
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import { FOLDER, type Machine } from './desk.ts';
import { two, twoWith } from './desks.ts';

/** As when the disk forgets what a machine did there: an entry is gone, and its directory is as it was before the entry. */
function forgetEntry(machine: Machine, name: string, directory = ''): void {
  const path = directory === '' ? FOLDER : `${FOLDER}/${directory}`;
  const above = machine.disk.find(path);
  const inode = machine.disk.find(`${path}/${name}`);
  ok(above && inode);
  for (const child of inode.children.keys()) machine.disk.unlink(`${path}/${name}/${child}`);
  if (inode.type === 'directory') machine.disk.removeDirectory(`${path}/${name}`);
  else machine.disk.unlink(`${path}/${name}`);
  machine.disk.setAttributes(above, { modifiedNs: 1n });
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

test('E9 what a person removed after the crash is a delete', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/kept`);
  for (const name of ['text', 'kept/text']) a.write(name, 'as it was written');
  ok(await desk.until(() => b.read('kept/text') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  await desk.runFor(50);
  for (const name of ['text', 'kept/text']) a.disk.unlink(`${FOLDER}/${name}`);
  await desk.start(a);
  ok(await desk.until(() => b.read('text') === undefined && b.read('kept/text') === undefined));
  await desk.runFor(10_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['kept'], machine.name);
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
