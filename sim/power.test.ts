/** Stories of what a power cut, or a disk that failed for a while, leaves behind unseen; each was found by a campaign. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../src/core/model/version-vector.ts';
import { DiskFault } from '../src/edges/memory/memory-disk.ts';
import { Desk, FOLDER } from './desk.ts';

test('E4 case F05: bytes that a power cut took, under a look that shows nothing, come back and are not announced', async () => {
  using desk = new Desk(['a', 'b']);
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  a.write('report', 'a day of work');
  ok(await desk.until(() => b.read('report') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  const inode = a.disk.find(`${FOLDER}/report`);
  ok(inode);
  inode.content = new Uint8Array(inode.content.length); // no time changes: the inode was durable, its bytes were not
  await desk.start(a);
  await desk.runFor(20);
  // A change of its attributes right now must not make an edit of it.
  a.disk.setAttributes(inode, { permissions: 0o600 });
  ok(await desk.until(() => a.read('report') === 'a day of work'));
  ok(await desk.inSync(a, b));
  equal(b.read('report'), 'a day of work');
});

test('E4 what a power cut emptied soon after a proper stop is not announced either', async () => {
  using desk = new Desk(['a', 'b']);
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  a.write('report', 'a day of work');
  ok(await desk.until(() => b.read('report') !== undefined));
  ok(await desk.inSync(a, b));
  await desk.scheduler.runUntil(a.engine.close());
  a.crash();
  a.hasStoppedProperly();
  const inode = a.disk.find(`${FOLDER}/report`);
  ok(inode);
  const { modifiedNs } = inode;
  a.disk.write(inode, new Uint8Array(0));
  a.disk.setAttributes(inode, { modifiedNs });
  await desk.runFor(10_000);
  await desk.start(a);
  ok(await desk.until(() => a.read('report') === 'a day of work'));
  ok(await desk.inSync(a, b));
  equal(b.read('report'), 'a day of work');
});

test('E4 a damaged file that nobody else has stays listed, however often it is looked at, until it is saved again', async () => {
  using desk = new Desk(['a', 'b']);
  const [a] = desk.machines;
  ok(a !== undefined);
  await desk.start(a);
  a.write('report', 'a day of work');
  ok(await desk.until(() => a.folder().records.local('report') !== undefined));
  await desk.runFor(1000);
  a.crash();
  const inode = a.disk.find(`${FOLDER}/report`);
  ok(inode);
  inode.content = new Uint8Array(inode.content.length);
  await desk.start(a);
  for (let look = 0; look < 3; look += 1) {
    await desk.runFor(3000);
    deepEqual(
      a
        .folder()
        .problems()
        .map(({ name, reason }) => `${name}: ${reason}`),
      ['report: damaged'],
    );
    a.disk.setAttributes(inode, { modifiedNs: inode.modifiedNs });
    a.folder().rescan();
  }
  await desk.scheduler.runUntil(a.engine.close());
  a.crash();
  a.hasStoppedProperly();
  await desk.start(a);
  ok(await desk.until(() => a.folder().problems().length > 0), 'also after a restart');
  a.write('report', 'a day of work, done again');
  ok(await desk.until(() => a.folder().problems().length === 0));
});

test('E4 nor is it where the disk refuses to show the directory at first: bytes and names that are gone come back from a peer', async () => {
  using desk = new Desk(['a', 'b']);
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/work`);
  for (const name of ['work/report', 'work/never flushed']) a.write(name, name);
  ok(await desk.until(() => b.read('work/never flushed') !== undefined && b.read('work/report') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  const report = a.disk.find(`${FOLDER}/work/report`);
  const directory = a.disk.find(`${FOLDER}/work`);
  ok(report && directory);
  report.content = new Uint8Array(report.content.length);
  // The directory is as it was before the name: nobody has removed it.
  const { modifiedNs } = directory;
  a.disk.unlink(`${FOLDER}/work/never flushed`);
  a.disk.setAttributes(directory, { modifiedNs: modifiedNs - 1_000_000_000n });
  a.faults.afterDisk = (call, [directories], result) =>
    call === 'list' && directories === 'work' ? { trouble: 'denied', detail: 'so the test will have it' } : result;
  await desk.start(a);
  ok(await desk.until(() => a.folder().problems().length > 0));
  await desk.runFor(2000);
  a.faults.afterDisk = (_, __, result) => result;
  a.folder().rescan();
  ok(await desk.until(() => a.read('work/report') === 'work/report' && a.read('work/never flushed') !== undefined));
  ok(await desk.inSync(a, b));
  equal(b.read('work/report'), 'work/report');
});

test('V3 what is made anew in the second in which a power cut took it is another version than what peers have heard', async () => {
  using desk = new Desk(['a', 'b']);
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
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

test('B13 what was made in a directory while it could not be read is found as soon as it can', async () => {
  using desk = new Desk(['a', 'b']);
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/d`) !== undefined));
  ok(await desk.inSync(a, b));
  a.faults.afterDisk = (call, values, result) =>
    call === 'list' && values[0] === 'd' ? { trouble: 'io', detail: 'the disk fails' } : result;
  a.folder().rescan();
  await desk.runFor(2000);
  deepEqual(
    a
      .folder()
      .problems()
      .map(({ name }) => name),
    ['d'],
  );
  const before = b.names().length;
  a.disk.createFile(`${FOLDER}/d/early`);
  delete a.faults.afterDisk;
  const inode = a.disk.find(`${FOLDER}/d`);
  ok(inode);
  a.disk.setAttributes(inode, { permissions: 0o700 });
  ok(await desk.until(() => b.disk.find(`${FOLDER}/d/early`) !== undefined, 30_000));
  equal(b.names().length, before);
});
