/** What a power cut, or a bad disk, leaves of the bytes of a file, under a look that may show nothing of it. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Inode } from '../src/edges/memory/memory-disk.ts';
import { FOLDER, type Machine } from './desk.ts';
import { share, two, twoWith } from './desks.ts';

/** Takes the bytes, and nothing shows it: the inode was durable before they were. */
function lose(machine: Machine, name: string): void {
  const inode = machine.inode(name);
  inode.content = new Uint8Array(inode.content.length);
}

/** As a power cut leaves a file of which no byte was on the disk yet: empty, under the time that it had. */
function empty(machine: Machine, name: string): void {
  const inode = machine.inode(name);
  const { modifiedNs } = inode;
  machine.disk.write(inode, new Uint8Array(0));
  machine.disk.setAttributes(inode, { modifiedNs });
}

test('E4 case F05: bytes that a power cut took, under a look that shows nothing, come back and are not announced', async () => {
  const { desk, a, b } = await twoWith({ report: 'a day of work' });
  using _ = desk;
  a.crash();
  const inode = a.inode('report');
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
  const { desk, a, b } = await twoWith({ report: 'a day of work' });
  using _ = desk;
  await desk.scheduler.runUntil(a.engine.close());
  a.crash();
  a.hasStoppedProperly();
  empty(a, 'report');
  await desk.runFor(10_000);
  await desk.start(a);
  ok(await desk.until(() => a.read('report') === 'a day of work'));
  ok(await desk.inSync(a, b));
  equal(b.read('report'), 'a day of work');
});

for (const [isNew, said] of [
  [true, 'is not announced'],
  [false, 'is announced where the machine has run on'],
] as const)
  test(`E4 what was zeros after a proper stop, and was given an older time before the next start, ${said}`, async () => {
    const { desk, a, b } = two();
    using _ = desk;
    a.bootId = 'first start';
    await share({ desk, a, b }, { report: 'a day of work' });
    await desk.scheduler.runUntil(a.engine.close());
    a.crash();
    a.hasStoppedProperly();
    if (isNew) a.bootId = 'second start';
    lose(a, 'report');
    const inode = a.inode('report');
    await desk.runFor(10_000);
    a.disk.setAttributes(inode, { modifiedNs: inode.modifiedNs - 3_600_000_000_000n });
    await desk.start(a);
    await desk.runFor(60_000);
    ok(await desk.inSync(a, b));
    for (const machine of [a, b]) equal(machine.read('report') === 'a day of work', isNew, machine.name);
  });

test('E4 nor what was renamed, a moment before the power cut, by a clock that was an hour behind', async () => {
  const { desk, a, b } = await twoWith({ report: 'a day of work', other: 'saved then, too' });
  using _ = desk;
  a.skewMs = -3_600_000;
  a.disk.rename(`${FOLDER}/report`, `${FOLDER}/renamed`);
  ok(await desk.until(() => b.read('renamed') === 'a day of work' && b.read('report') === undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  a.skewMs = 0;
  lose(a, 'renamed');
  await desk.runFor(10_000);
  await desk.start(a);
  ok(await desk.until(() => a.read('renamed') === 'a day of work'));
  ok(await desk.inSync(a, b));
});

test('E4 nor when the folder is stopped again before all was read', async () => {
  const { desk, a, b } = await twoWith({ report: 'a day of work' });
  using _ = desk;
  const stop = async (): Promise<void> => {
    await desk.scheduler.runUntil(a.engine.close());
    a.crash();
    a.hasStoppedProperly();
  };
  await stop();
  lose(a, 'report');
  await desk.runFor(120_000);
  a.faults.afterDisk = (call, [name], result) =>
    call === 'list' && name === '' ? { trouble: 'denied', detail: 'so the test will have it' } : result;
  await desk.start(a);
  await desk.runFor(1000);
  await stop();
  a.faults.afterDisk = (_, __, result) => result;
  await desk.runFor(120_000);
  await desk.start(a);
  ok(await desk.until(() => a.read('report') === 'a day of work'));
  ok(await desk.inSync(a, b));
  equal(b.read('report'), 'a day of work');
});

for (const how of ['stops', 'dies'] as const)
  test(`E4 nor when lanfold ${how} again before it could list the directory, and has recorded others since`, async () => {
    const { desk, a, b } = await twoWith();
    using _ = desk;
    a.disk.makeDirectory(`${FOLDER}/office`);
    a.write('office/report', 'a day of work');
    ok(await desk.until(() => b.read('office/report') !== undefined));
    ok(await desk.inSync(a, b));
    a.crash();
    lose(a, 'office/report');
    a.faults.afterDisk = (call, [name], result) =>
      call === 'list' && name === 'office' ? { trouble: 'denied', detail: 'so the test will have it' } : result;
    await desk.start(a);
    ok(await desk.until(() => a.problems().length > 0));
    await desk.runFor(120_000);
    a.write('other', 'saved since');
    ok(await desk.until(() => b.read('other') === 'saved since'));
    if (how === 'stops') await desk.scheduler.runUntil(a.engine.close());
    a.crash();
    if (how === 'stops') a.hasStoppedProperly();
    a.faults.afterDisk = (_, __, result) => result;
    await desk.start(a);
    ok(await desk.until(() => a.read('office/report') === 'a day of work'));
    ok(await desk.inSync(a, b));
    equal(b.read('office/report'), 'a day of work');
  });

test('E4 nor is it where the disk refuses to show the directory at first: bytes and names that are gone come back from a peer', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/office`);
  for (const name of ['office/report', 'office/never flushed']) a.write(name, name);
  ok(await desk.until(() => b.read('office/never flushed') !== undefined && b.read('office/report') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  const report = a.inode('office/report');
  report.content = new Uint8Array(report.content.length);
  // The directory is as it was before the name: nobody has removed it.
  const directory = a.inode('office');
  const { modifiedNs } = directory;
  a.disk.unlink(`${FOLDER}/office/never flushed`);
  a.disk.setAttributes(directory, { modifiedNs: modifiedNs - 1_000_000_000n });
  a.faults.afterDisk = (call, [directories], result) =>
    call === 'list' && directories === 'office' ? { trouble: 'denied', detail: 'so the test will have it' } : result;
  await desk.start(a);
  ok(await desk.until(() => a.problems().length > 0));
  await desk.runFor(2000);
  a.faults.afterDisk = (_, __, result) => result;
  a.folder().rescan();
  ok(
    await desk.until(() => a.read('office/report') === 'office/report' && a.read('office/never flushed') !== undefined),
  );
  ok(await desk.inSync(a, b));
  equal(b.read('office/report'), 'office/report');
});

test('E4 a damaged file that nobody else has stays listed, however often it is looked at, until it is saved again', async () => {
  const { desk, a } = two();
  using _ = desk;
  await desk.start(a);
  a.write('report', 'a day of work');
  ok(await desk.until(() => a.folder().records.local('report') !== undefined));
  await desk.runFor(1000);
  a.crash();
  const inode = a.inode('report');
  inode.content = new Uint8Array(inode.content.length);
  await desk.start(a);
  for (let look = 0; look < 3; look += 1) {
    await desk.runFor(3000);
    deepEqual(a.problems(), [['report', 'damaged']]);
    a.disk.setAttributes(inode, { modifiedNs: inode.modifiedNs });
    a.folder().rescan();
  }
  await desk.scheduler.runUntil(a.engine.close());
  await desk.restart(a);
  ok(await desk.until(() => a.problems().length > 0), 'also after a restart');
  a.write('report', 'a day of work, done again');
  ok(await desk.until(() => a.problems().length === 0));
});

test('E4 what ends in zeros by its nature is not damaged: after a kill its new permissions are a change', async () => {
  const zeros = '\0'.repeat(10_000);
  const { desk, a, b } = await twoWith({ 'backup.tar': `entries${zeros}` });
  using _ = desk;
  b.crash();
  a.write('backup.tar', `new entries${zeros}`);
  await desk.runFor(5000);
  a.crash();
  a.disk.setAttributes(a.inode('backup.tar'), { permissions: 0o600 });
  await desk.runFor(5000);

  await desk.start(a);
  await desk.runFor(3000);
  await desk.start(b);
  await desk.runFor(60_000);
  for (const machine of [a, b]) ok(machine.read('backup.tar')?.startsWith('new entries'), machine.name);
  equal(b.inode('backup.tar').permissions, 0o600);
  deepEqual(a.folder().problems(), []);
});

test('E4 an older version that a person brings back after a kill, with its old time, is an edit, also where it ends in zeros', async () => {
  const { desk, a, b } = await twoWith({ 'backup.tar': 'new archive' });
  using _ = desk;
  await desk.runFor(5000);
  a.crash();
  const { modifiedNs } = a.inode('backup.tar');
  const archive = `older archive${'\0'.repeat(10_000)}`;
  a.write('backup.tar', archive);
  a.disk.setAttributes(a.inode('backup.tar'), { modifiedNs: modifiedNs - 604_800_000_000_000n });
  await desk.runFor(10_000);
  await desk.start(a);
  ok(await desk.until(() => b.read('backup.tar') === archive));
  ok(await desk.inSync(a, b));
  equal(a.read('backup.tar'), archive);
});

test('E4 what a power cut emptied comes back from a peer, and is not announced', async () => {
  const { desk, a, b } = await twoWith({ text: 'as it was written' });
  using _ = desk;
  b.crash();
  empty(b, 'text');
  await desk.runFor(10_000); // a machine that lost its power takes as long to start
  await desk.start(b);
  ok(await desk.until(() => b.read('text') === 'as it was written'));
  ok(await desk.inSync(a, b));
  equal(a.read('text'), 'as it was written');
  deepEqual(b.folder().problems(), []);
});

test('E4 what a power cut emptied is not announced by a machine that is back before an emptied file counts as settled', async () => {
  const { desk, a, b } = await twoWith({ text: 'as it was written' });
  using _ = desk;
  a.crash();
  empty(a, 'text');
  await desk.start(a);
  ok(await desk.until(() => a.read('text') === 'as it was written'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) equal(machine.read('text'), 'as it was written', machine.name);
});

test('E4 what a power cut emptied is not announced under a name that it is moved to', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/office`);
  a.write('office/report', 'a day of work');
  ok(await desk.until(() => b.read('office/report') === 'a day of work'));
  ok(await desk.inSync(a, b));
  a.crash();
  empty(a, 'office/report');
  b.crash(); // so that nobody brings the good one at once
  await desk.start(a);
  ok(await desk.until(() => a.problems().length > 0));
  a.disk.rename(`${FOLDER}/office`, `${FOLDER}/archive`);
  await desk.runFor(5000);
  await desk.start(b);
  ok(await desk.until(() => a.read('office/report') === 'a day of work'), 'the good one comes back to where it was');
  await desk.runFor(60_000);
  equal(b.read('archive/report'), undefined);
  deepEqual(a.problems(), [['archive/report', 'damaged']]);
});

for (const [what, damage] of [
  ['emptied', (machine: Machine) => empty(machine, 'report.new')],
  ['filled with zeros', (machine: Machine) => lose(machine, 'report.new')],
] as const)
  test(`E4 nor is it, ${what}, over another file that it is moved to before anybody has looked`, async () => {
    const { desk, a, b } = await twoWith({ report: 'of May' });
    using _ = desk;
    await desk.runFor(120_000);
    a.write('report.new', 'a day of work');
    ok(await desk.until(() => b.read('report.new') !== undefined));
    ok(await desk.inSync(a, b));
    a.crash();
    damage(a);
    a.disk.rename(`${FOLDER}/report.new`, `${FOLDER}/report`);
    await desk.runFor(20_000);
    await desk.start(a);
    await desk.runFor(60_000);
    ok(await desk.inSync(a, b));
    for (const machine of [a, b])
      deepEqual([machine.read('report'), machine.read('report.new')], ['of May', 'a day of work'], machine.name);
  });

test('E4 nor what a power cut emptied and gave an older time, and what is moved then', async () => {
  const { desk, a, b } = await twoWith({ report: 'a day of work' });
  using _ = desk;
  a.crash();
  empty(a, 'report');
  a.disk.setAttributes(a.inode('report'), { modifiedNs: a.inode('report').modifiedNs - 1_000_000n });
  a.disk.rename(`${FOLDER}/report`, `${FOLDER}/archive`);
  await desk.runFor(20_000);
  await desk.start(a);
  await desk.runFor(60_000);
  equal(b.read('archive'), undefined);
  for (const machine of [a, b]) equal(machine.read('report'), 'a day of work', machine.name);
});

test('E4 nor is it when it is moved before anybody has looked', async () => {
  const { desk, a, b } = await twoWith({ report: 'a day of work' });
  using _ = desk;
  a.crash();
  empty(a, 'report');
  a.disk.rename(`${FOLDER}/report`, `${FOLDER}/archive`);
  await desk.start(a);
  await desk.runFor(60_000);
  equal(b.read('archive'), undefined);
  ok(a.problems().some(([name, reason]) => name === 'archive' && reason === 'damaged'));
});

test('E4 once it was read and found whole, other bytes under a new name are an edit, also with the old time', async () => {
  const { desk, a, b } = await twoWith({ report: 'a day of work' });
  using _ = desk;
  a.crash();
  await desk.start(a);
  ok(await desk.inSync(a, b));
  await desk.runFor(5000);
  const inode = a.inode('report');
  const { modifiedNs } = inode;
  a.disk.write(inode, Buffer.from('another day'));
  a.disk.setAttributes(inode, { modifiedNs });
  a.disk.rename(`${FOLDER}/report`, `${FOLDER}/archive`);
  ok(await desk.until(() => b.read('archive') === 'another day'));
});

test('E4 who removes what a power cut emptied has not deleted what others have', async () => {
  const { desk, a, b } = await twoWith({ report: 'a day of work' });
  using _ = desk;
  a.crash();
  empty(a, 'report');
  b.crash(); // so that nobody brings the good one at once
  await desk.start(a);
  ok(await desk.until(() => a.problems().length > 0));
  a.disk.unlink(`${FOLDER}/report`);
  await desk.runFor(5000);
  deepEqual(a.problems(), [['report', 'no-source']]);
  await desk.start(b);
  ok(await desk.until(() => a.read('report') === 'a day of work'));
  ok(await desk.inSync(a, b));
  equal(b.read('report'), 'a day of work');
});

test('E4 a disk that was pulled out and is back is doubted as after a power cut', async () => {
  const names = ['office/report', 'office/never flushed', 'office/emptied'];
  const { desk, a, b } = await twoWith({ old: 'x' });
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/office`);
  await desk.runFor(2000);
  for (const name of names) a.write(name, name);
  ok(await desk.until(() => names.every((name) => b.read(name) === name)));
  ok(await desk.inSync(a, b));
  a.disk.rename(FOLDER, 'away');
  a.folder().rescan();
  ok(await desk.until(() => a.folder().state === 'stopped'));
  const at = (name: string): Inode => a.disk.find(`away/${name}`) as Inode;
  const [report, emptied, directory] = [at('office/report'), at('office/emptied'), at('office')];
  report.content = new Uint8Array(report.content.length); // under the look that it had
  const [emptiedNs, directoryNs] = [emptied.modifiedNs, directory.modifiedNs];
  a.disk.write(emptied, new Uint8Array(0));
  a.disk.setAttributes(emptied, { modifiedNs: emptiedNs - 1n });
  a.disk.unlink('away/office/never flushed');
  a.disk.setAttributes(directory, { modifiedNs: directoryNs - 1_000_000_000n });
  a.disk.rename('away', FOLDER);
  ok(await desk.until(() => names.every((name) => a.read(name) === name), 120_000));
  ok(await desk.inSync(a, b));
  deepEqual(
    names.map((name) => b.read(name)),
    names,
  );
});

test('E4 an edit that keeps the time of the file, made while it was stopped, is an edit', async () => {
  const { desk, a, b } = await twoWith({ vault: 'old ciphertext' });
  using _ = desk;
  await desk.runFor(3_600_000);
  await desk.scheduler.runUntil(a.engine.close());
  a.crash();
  a.hasStoppedProperly();
  await desk.runFor(600_000);
  const inode = a.inode('vault');
  const { modifiedNs } = inode;
  a.write('vault', 'new ciphertext');
  a.disk.setAttributes(inode, { modifiedNs });
  await desk.runFor(600_000);
  await desk.start(a);
  ok(await desk.until(() => b.read('vault') === 'new ciphertext'));
  equal(a.read('vault'), 'new ciphertext');
});
