/** What a power cut leaves of a file that holds a peer's version already, but for its time (E4). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import { FOLDER, type Machine } from './desk.ts';
import { two, twoWith } from './desks.ts';

const WORK = 'a day of work';

/** Nothing gets its time there. @returns lets it look at names. */
function withoutTimes({ faults }: Machine): () => void {
  const mayLook = Promise.withResolvers<void>();
  faults.beforeDisk = (call, _folder, [changes]) => {
    if (call === 'look') return mayLook.promise;
    const isTime = call === 'apply' && (changes as { change: string }[]).some(({ change }) => change === 'attributes');
    return isTime ? new Promise(() => {}) : undefined;
  };
  return () => mayLook.resolve();
}

for (const isRenamed of [false, true])
  test(`E4 zeros are not taken for what a peer has told of, and stood here${isRenamed ? ', also under the name that they are moved to' : ''}`, async () => {
    const { desk, a, b } = await twoWith({ old: 'old' });
    using _ = desk;
    desk.network.link('a', 'b').cut();
    b.write('report', WORK);
    ok(await desk.until(() => b.folder().records.local('report') !== undefined));
    await desk.runFor(1000);
    const look = withoutTimes(a);
    a.write('report', WORK);
    desk.network.link('a', 'b').heal();
    ok(await desk.until(() => a.folder().records.newest('report') !== undefined));
    look();
    ok(await desk.until(() => a.folder().records.local('report')?.record.version.length === 0));
    a.crash();
    delete a.faults.beforeDisk;
    const inode = a.inode('report');
    inode.content = new Uint8Array(inode.content.length); // the inode was durable, its bytes were not
    if (isRenamed) a.disk.rename(`${FOLDER}/report`, `${FOLDER}/renamed`);
    await desk.runFor(10_000);
    await desk.start(a);
    await desk.runFor(60_000);
    for (const machine of [a, b]) equal(machine.read('report'), WORK, machine.name);
    equal(b.read('renamed'), undefined);
  });

test('E4 nor are zeros that nobody could read yet given their time, and claimed', async () => {
  const { desk, a, b } = await twoWith({ old: 'old' });
  using _ = desk;
  desk.network.link('a', 'b').cut();
  b.write('report', WORK);
  ok(await desk.until(() => b.folder().records.local('report') !== undefined));
  await desk.runFor(1000);
  const look = withoutTimes(a);
  a.write('report', WORK);
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => a.folder().records.newest('report') !== undefined));
  look();
  ok(await desk.until(() => a.folder().records.local('report')?.record.version.length === 0));
  a.crash();
  delete a.faults.beforeDisk;
  const inode = a.inode('report');
  inode.content = new Uint8Array(inode.content.length);
  let isReadable = false;
  a.faults.afterDisk = (call, [jobs], result) =>
    call !== 'hash' || isReadable ? result : (jobs as unknown[]).map(() => ({ trouble: 'io', detail: 'EIO' }));
  await desk.runFor(10_000);
  await desk.start(a);
  await desk.runFor(60_000);
  equal(a.folder().records.local('report')?.record.version.length, 0);
  isReadable = true;
  ok(await desk.until(() => a.read('report') === WORK, 1_500_000));
  equal(b.read('report'), WORK);
});

for (const [isRotten, what] of [
  [false, 'what stood here when a peer told of the same is told by who has it, once a power cut has taken it there'],
  [true, 'nor is it told where its bytes have changed by themselves since'],
] as const)
  test(`E4 ${what}`, async () => {
    const { desk, a, b } = await twoWith({ old: 'old' });
    using _ = desk;
    a.bootId = 'first start';
    await desk.restart(a);
    desk.network.link('a', 'b').cut();
    a.write('report', WORK);
    ok(await desk.until(() => a.folder().records.local('report') !== undefined));
    await desk.runFor(1000);
    const look = withoutTimes(b);
    b.write('report', WORK);
    desk.network.link('a', 'b').heal();
    ok(await desk.until(() => b.folder().records.newest('report') !== undefined));
    look();
    ok(await desk.until(() => b.folder().records.local('report')?.record.version.length === 0));
    for (const machine of [a, b]) machine.crash();
    a.bootId = 'second start';
    a.disk.unlink(`${FOLDER}/report`);
    if (isRotten) {
      delete b.faults.beforeDisk;
      b.disk.setAttributes = () => {
        throw new DiskFault('EINVAL', 'so the test will have it');
      };
      await desk.start(b);
      await desk.runFor(5000);
      b.inode('report').content = Buffer.from('a day of w0rk'); // under the same look
    }
    await desk.start(a);
    await desk.runFor(5000);
    b.faults.beforeDisk = (call) =>
      call === 'list' ? new Promise((resolve) => void desk.scheduler.after(1000, resolve)) : undefined;
    if (!isRotten) await desk.start(b);
    await desk.runFor(5000);
    a.write('next', 'next'); // so that it has told all up to the number that it said
    await desk.runFor(60_000);
    if (isRotten) {
      equal(a.read('report'), undefined);
      const isReport = ([name]: string[]): boolean => name === 'report'; // not even the time of the other one can be set
      deepEqual(b.problems().filter(isReport), [['report', 'damaged']]);
      return;
    }
    for (const machine of [a, b]) {
      equal(machine.read('report'), WORK, machine.name);
      equal(machine.problems().length, 0, machine.name);
    }
  });

for (const by of ['here', 'by a peer that has lost it'])
  test(`E4 nor is what was made ${by} and found damaged told where we died before that was listed, and nobody else has it`, async () => {
    const { desk, a, b } = two([FOLDER], 'files');
    using _ = desk;
    await desk.start(b);
    await desk.runFor(1000);
    b.crash();
    b.backUp();
    if (by === 'here') await desk.start(a);
    else await desk.start(a, b);
    (by === 'here' ? a : b).write('report', WORK);
    ok(await desk.until(() => a.folder().records.local('report') !== undefined));
    await desk.runFor(1000);
    for (const machine of [a, b]) machine.crash();
    if (by !== 'here') {
      b.disk.unlink(`${FOLDER}/report`);
      b.restoreBackUp();
    }
    const inode = a.inode('report');
    inode.content = new Uint8Array(inode.content.length);
    let isDead = false;
    a.faults.beforeRecords = (call, [name]) => {
      if (call !== 'setNote' || name !== 'damaged') return;
      isDead = true;
      throw new Error('so the test will have it');
    };
    await desk.start(a);
    ok(await desk.until(() => isDead));
    equal(a.folder().records.local('report')?.record.version.length, 0);
    a.crash();
    delete a.faults.beforeRecords;
    await desk.start(a, b);
    await desk.runFor(5000);
    b.write('next', 'next'); // so that it has told all up to the number that it said
    await desk.runFor(1_500_000); // beyond the next sweep
    equal(a.read('next'), 'next');
    equal(b.read('report'), undefined);
  });
