/** What a power cut leaves of a file that holds a peer's version already, but for its time (E4). */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
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

test('E4 what stood here when a peer told of the same is told by who has it, once a power cut has taken it there', async () => {
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
  await desk.start(a);
  await desk.runFor(5000);
  b.faults.beforeDisk = (call) =>
    call === 'list' ? new Promise((resolve) => void desk.scheduler.after(1000, resolve)) : undefined;
  await desk.start(b);
  await desk.runFor(5000);
  a.write('next', 'next'); // so that it has told all up to the number that it said
  await desk.runFor(60_000);
  for (const machine of [a, b]) {
    equal(machine.read('report'), WORK, machine.name);
    equal(machine.problems().length, 0, machine.name);
  }
});

test('E4 nor is what was found damaged told where we died before that was listed, and nobody else has it', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a);
  a.write('report', WORK);
  ok(await desk.until(() => a.folder().records.local('report') !== undefined));
  a.crash();
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
  await desk.runFor(1_500_000); // beyond the next sweep
  equal(b.read('report'), undefined);
});
