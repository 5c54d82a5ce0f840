/** Versions that are overtaken on their way into the folder, and words that cannot be true, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

const YEAR_S = 365n * 86_400n;

test('E7 a version that is overtaken while it waits to be put in place never gets its name', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const group = Promise.withResolvers<void>();
  let groups = 0;
  let staged = 0;
  b.faults.beforeDisk = (call) => (call === 'apply' && (groups += 1) === 1 ? group.promise : undefined);
  b.faults.afterDisk = (call, _, result) => {
    if (call === 'stage') staged += 1;
    return result;
  };
  a.disk.makeSymlink(`${FOLDER}/one`, Buffer.from('nowhere')); // needs no content, and so is the first group
  a.write('two', 'the first version');
  ok(await desk.until(() => groups === 1 && staged === 1));
  a.write('two', 'the second one');
  ok(await desk.until(() => b.folder().records.remote(a.short, 'two')?.size === 14));
  const seen = new Set<string | undefined>();
  group.resolve();
  ok(await desk.until(() => seen.add(b.read('two')).has('the second one')));
  ok(!seen.has('the first version'));
});

/** The first version of a file has its name at b, whose disk does not come to say so. */
async function placedUnheard(): Promise<Two> {
  const world = await twoWith();
  const { desk, a, b } = world;
  let isPlaced = false;
  b.faults.afterDisk = (call, _, result) => {
    if (call !== 'apply') return result;
    isPlaced = true;
    return new Promise(() => {});
  };
  a.write('text', 'the first version');
  ok(await desk.until(() => isPlaced));
  return world;
}

test('E7 a crash between a rename and its record makes no conflict with versions that were told meanwhile', async () => {
  const { desk, a, b } = await placedUnheard();
  using _ = desk;
  for (const text of ['the second one', 'the last one']) {
    a.write('text', text);
    await desk.runFor(5000);
  }
  b.crash();
  b.faults.afterDisk = (_, __, result) => result;
  await desk.start(b);
  ok(await desk.until(() => b.read('text') === 'the last one'));
  await desk.runFor(5000);
  deepEqual([a.names(), b.names()], [['text'], ['text']]);
  equal(a.read('text'), 'the last one');
});

test('E7 nor does one whose outcome cannot be seen at once, because the disk refuses to be looked at', async () => {
  const { desk, a, b } = await placedUnheard();
  using _ = desk;
  b.crash();
  let refused = 0;
  b.faults.afterDisk = (call, [names], result) => {
    if (call !== 'look' || !Array.isArray(names)) return result;
    refused += 1;
    return Promise.resolve(names.map(() => ({ trouble: 'denied', detail: 'so the test will have it' })));
  };
  await desk.start(b);
  for (const text of ['the second one', 'the last version']) {
    a.write('text', text);
    await desk.runFor(5000);
  }
  ok(refused > 0);
  equal(b.read('text'), 'the first version');
  b.faults.afterDisk = (_, __, result) => result;
  ok(await desk.until(() => b.read('text') === 'the last version'));
  await desk.runFor(5000);
  deepEqual([a.names(), b.names()], [['text'], ['text']]);
});

test('E7 nor does one that was not looked at before a proper stop, in the middle of the start after the crash', async () => {
  const { desk, a, b } = await placedUnheard();
  using _ = desk;
  b.crash();
  delete b.faults.afterDisk;
  let isLooking = false;
  b.faults.beforeDisk = (call) => {
    isLooking ||= call === 'look';
    return call === 'look' ? new Promise(() => {}) : undefined;
  };
  void b.start();
  ok(await desk.until(() => isLooking));
  b.hasStoppedProperly();
  b.crash();
  b.faults.beforeDisk = (call) =>
    call === 'list' ? new Promise((resolve) => void desk.scheduler.after(1000, resolve)) : undefined;
  for (const text of ['the second one', 'the last one']) {
    a.write('text', text);
    await desk.runFor(5000);
  }
  await desk.start(b);
  ok(await desk.until(() => b.read('text') === 'the last one'));
  await desk.runFor(5000);
  deepEqual([a.names(), b.names()], [['text'], ['text']]);
});

test('E7 nor does one that is in place although the disk could not make it durable', async () => {
  const { desk, a, b } = await twoWith({ text: 'the first version' });
  using _ = desk;
  const overtaken = Promise.withResolvers<void>();
  let isPlaced = false;
  b.faults.afterDisk = (call, _, result) => {
    if (call !== 'apply' || isPlaced) return result;
    isPlaced = true;
    const failed = (result as unknown[]).map(() => ({ trouble: 'io', detail: 'EIO', mayBeDone: true }));
    return overtaken.promise.then(() => failed);
  };
  a.write('text', 'the second one');
  ok(await desk.until(() => isPlaced));
  a.write('text', 'the third one');
  ok(await desk.until(() => a.folder().records.local('text')?.record.size === 13));
  a.write('text', 'the last version, at last');
  ok(await desk.until(() => a.folder().records.local('text')?.record.size === 25));
  const isHeard = Promise.withResolvers<void>();
  b.faults.beforeDisk = (call) => (call === 'hash' ? isHeard.promise : undefined); // it is not looked at before
  overtaken.resolve();
  ok(await desk.until(() => b.folder().records.remote(a.short, 'text')?.size === 25));
  isHeard.resolve();
  ok(await desk.until(() => b.read('text') === 'the last version, at last'));
  await desk.runFor(5000);
  deepEqual([a.names(), b.names()], [['text'], ['text']]);
});

test('S1 news that come while a name is being looked at are not forgotten with that look', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  let isDue = true;
  let isHashed = false;
  a.faults.afterDisk = (call, _, result) => {
    isHashed ||= call === 'hash';
    if (call !== 'look' || !isHashed || !isDue) return result; // the last look before it is recorded
    isDue = false;
    a.disk.setAttributes(a.inode('text'), { permissions: 0o755 });
    return new Promise((resolve) => {
      desk.scheduler.after(100, () => resolve(result));
    });
  };
  a.write('text', 'text');
  ok(await desk.until(() => b.disk.find(`${FOLDER}/text`)?.permissions === 0o755));
  equal(isDue, false);
});

test('M5 what lives on after a delete that had not seen it is not moved away, where a peer had renamed it', async () => {
  const { desk, a, b } = await twoWith({ before: 'text' });
  using _ = desk;
  const group = Promise.withResolvers<void>();
  let groups = 0;
  b.faults.beforeDisk = (call) => (call === 'apply' && (groups += 1) === 1 ? group.promise : undefined);
  desk.network.link('a', 'b').cut(); // so that it tells of all at once
  a.disk.makeSymlink(`${FOLDER}/link`, Buffer.from('nowhere')); // needs no content, and so is the first group
  a.disk.rename(`${FOLDER}/before`, `${FOLDER}/renamed`);
  ok(await desk.until(() => a.folder().records.local('before')?.record.deleted === true));
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => groups === 1));
  const record = b.folder().records.remote(a.short, 'before');
  ok(record);
  const sequence = b.folder().records.remoteIndex(a.short).maxSequence + 1;
  desk.network.link('a', 'b').cut();
  await desk.runFor(1000);
  // Of somebody else, as a has heard it right before.
  b.folder().receiveIndex(a.short, [{ ...record, version: [{ device: 7n, value: 1n }], sequence }], false);
  await desk.runFor(1000);
  equal(b.folder().records.local('before')?.record.modifiedBy, b.short, 'it has said that it lives on');
  group.resolve();
  ok(await desk.until(() => b.read('renamed') === 'text'));
  equal(b.read('before'), 'text');
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => a.names().length === 3));
  deepEqual(b.names(), ['before', 'link', 'renamed']);
});

test('R10 a delete that claims to have seen what this device never made does not stand, and its next edit reaches all', async () => {
  const { desk, a, b } = await twoWith({ text: 'text' });
  using _ = desk;
  const record = b.folder().records.remote(a.short, 'text');
  ok(record);
  const value = BigInt(Math.floor(desk.scheduler.nowMs / 1000)) + 2n * YEAR_S + 2_000_000_000n;
  const version = [{ device: b.short, value }];
  b.folder().receiveIndex(a.short, [{ ...record, version, deleted: true, sequence: record.sequence + 1 }], false);
  await desk.runFor(10_000);
  equal(b.read('text'), 'text');
  deepEqual(b.problems(), []);
  b.write('text', 'an edit');
  ok(await desk.until(() => a.read('text') === 'an edit'));
  equal(b.disk.find(`${FOLDER}/text`)?.content.length, 7);
});

test('P83 what a program holds open for writing is not replaced until it is closed; then the version of the peer comes at once', async () => {
  const { desk, a, b } = await twoWith({ log: 'line 1', gone: 'line 1' });
  using _ = desk;
  const held = ['log', 'gone'].map((name) => b.inode(name));
  for (const inode of held) b.disk.openForWriting(inode);
  a.write('log', 'another one');
  a.disk.unlink(`${FOLDER}/gone`);
  await desk.runFor(10 * 60_000);
  deepEqual(
    new Map(b.problems().map(([name, reason]) => [name, reason])),
    new Map([
      ['gone', 'in-use'],
      ['log', 'in-use'],
    ]),
  );
  equal(b.read('log'), 'line 1');
  const [log, gone] = held;
  ok(log !== undefined && gone !== undefined);
  b.disk.closeAfterWriting(log); // without a word
  ok(await desk.until(() => b.read('log') === 'another one', 3000));
  b.disk.write(gone, Buffer.from('line 1, line 2'));
  b.disk.closeAfterWriting(gone);
  ok(await desk.until(() => a.read('gone') === 'line 1, line 2', 10_000), 'an edit wins over a delete');
  ok(await desk.inSync(a, b));
  deepEqual(b.problems(), []);
});

test('P83 nor is what the program goes on writing, and it is listed as long as a peer has another version', async () => {
  const { desk, a, b } = await twoWith({ log: 'line 1', gone: 'line 1' });
  using _ = desk;
  const held = ['log', 'gone'].map((name) => b.inode(name));
  for (const inode of held) b.disk.openForWriting(inode);
  for (const inode of held) b.disk.write(inode, Buffer.from('line 1, line 2'));
  await desk.runFor(5000);
  deepEqual(b.problems(), [], 'every program that saves it does that for a moment');
  a.write('log', 'another one');
  a.disk.unlink(`${FOLDER}/gone`);
  for (let minutes = 0; minutes < 10; minutes += 1) {
    for (const inode of held) b.disk.write(inode, Buffer.from(`line 1, line 2, line ${minutes}`));
    await desk.runFor(60_000);
    deepEqual(Object.fromEntries(b.problems()), { gone: 'in-use', log: 'in-use' });
  }
  for (const inode of held) b.disk.closeAfterWriting(inode);
  ok(await desk.until(() => a.read('gone') === 'line 1, line 2, line 9', 10_000));
  ok(await desk.inSync(a, b));
  ok(a.allContents().has('line 1, line 2, line 9') && a.allContents().has('another one'));
  for (const machine of [a, b]) deepEqual(machine.problems(), [], machine.name);
});

test('S1 what was moved or removed while others of its group were read is not told', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  let isSlow = false;
  a.faults.afterDisk = (call, [jobs], result) => {
    if (call !== 'hash' || isSlow || !(jobs as readonly { name: string }[]).some(({ name }) => name === 'd/first'))
      return result;
    isSlow = true; // the last of them is a large one
    desk.scheduler.after(2000, () => {
      a.disk.rename(`${FOLDER}/d/first`, `${FOLDER}/d/renamed`);
      a.disk.unlink(`${FOLDER}/d/link`);
      a.disk.removeDirectory(`${FOLDER}/d/sub`);
    });
    return new Promise((resolve) => void desk.scheduler.after(20_000, () => resolve(result)));
  };
  a.disk.makeDirectory('d');
  for (const name of ['first', 'second']) a.disk.write(a.disk.createFile(`d/${name}`), Buffer.from(name));
  a.disk.makeSymlink('d/link', Buffer.from('nowhere'));
  a.disk.makeDirectory('d/sub');
  await desk.runFor(10_000);
  a.disk.rename('d', `${FOLDER}/d`);
  const seen = new Set<string>();
  ok(
    await desk.until(
      () =>
        [...(b.disk.find(`${FOLDER}/d`)?.children.keys() ?? [])].every((name) => seen.add(name)) &&
        b.read('d/second') !== undefined,
      60_000,
    ),
  );
  ok(await desk.inSync(a, b));
  deepEqual([...seen].sort(), ['renamed', 'second']);
});

for (const isThere of [true, false]) {
  test(`G13 a name that is ignored while a version of it is on its way stays as it is (${isThere ? 'a file' : 'nothing'})`, async () => {
    const { desk, a, b } = await twoWith(isThere ? { big: 'mine' } : {});
    using _ = desk;
    let isAsked = false;
    b.faults.beforeDisk = (call) => {
      if (call !== 'stage') return undefined;
      isAsked = true;
      return new Promise((resolve) => void desk.scheduler.after(60_000, resolve));
    };
    a.write('big', 'the version of a');
    ok(await desk.until(() => isAsked));
    b.write('.stignore', 'big\n');
    await desk.runFor(120_000);
    equal(b.read('big'), isThere ? 'mine' : undefined);
  });
}

test('G13 what is wanted comes also where the name of its directory, or of a conflict copy of it, is ignored', async () => {
  const { desk, a, b } = await twoWith({ text: 'text' });
  using _ = desk;
  b.write('.stignore', '!/text\n!/photos/best\n*\n');
  await desk.runFor(5000);
  a.disk.makeDirectory(`${FOLDER}/photos`);
  a.write('photos/best', 'best');
  ok(await desk.until(() => b.read('photos/best') === 'best', 60_000));
  a.crash();
  b.write('text', 'an edit at b');
  await desk.runFor(5000);
  a.write('text', 'a later edit at a');
  await desk.runFor(5000);
  await desk.start(a);
  ok(await desk.until(() => b.read('text') === 'a later edit at a', 60_000));
});

test('P83 a file that nobody else knows of is listed, too, when a program holds it open for long', async () => {
  const { desk, a, b } = await twoWith({ old: 'as it was' });
  using _ = desk;
  for (const name of ['new', 'old']) {
    b.write(name, 'line 1');
    b.disk.openForWriting(b.inode(name));
  }
  await desk.runFor(60_000);
  equal(b.folder().state, 'scanning');
  deepEqual(Object.fromEntries(b.problems()), { new: 'in-use', old: 'in-use' });
  b.folder().rescan();
  await desk.runFor(60_000);
  deepEqual(Object.fromEntries(b.problems()), { new: 'in-use', old: 'in-use' });
  b.disk.closeAfterWriting(b.inode('old'));
  ok(await desk.until(() => a.read('old') === 'line 1', 5000));
  deepEqual(Object.fromEntries(b.problems()), { new: 'in-use' });
  b.disk.unlink(`${FOLDER}/new`);
  ok(await desk.inSync(a, b));
  deepEqual(b.problems(), []);
});
