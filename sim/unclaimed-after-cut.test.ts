/** What a power cut leaves of a file that holds a peer's version already, but for its time (E4). */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { twoWith } from './desks.ts';

const WORK = 'a day of work';

for (const isRenamed of [false, true])
  test(`E4 zeros are not taken for what a peer has told of, and stood here${isRenamed ? ', also under the name that they are moved to' : ''}`, async () => {
    const { desk, a, b } = await twoWith({ old: 'old' });
    using _ = desk;
    desk.network.link('a', 'b').cut();
    b.write('report', WORK);
    ok(await desk.until(() => b.folder().records.local('report') !== undefined));
    await desk.runFor(1000);
    const told = Promise.withResolvers<void>();
    a.faults.beforeDisk = (call, _folder, [changes]) => {
      if (call === 'look') return told.promise;
      const isTime =
        call === 'apply' && (changes as { change: string }[]).some(({ change }) => change === 'attributes');
      return isTime ? new Promise(() => {}) : undefined; // it does not get its time
    };
    a.write('report', WORK);
    desk.network.link('a', 'b').heal();
    ok(await desk.until(() => a.folder().records.newest('report') !== undefined));
    told.resolve();
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
