/** One fault each, put in by hand, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import { encodeHello } from '../src/core/wire/frame.ts';
import { Life } from '../src/edges/memory/life.ts';
import type { Listing } from '../src/ports/file-tree.ts';
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import { sha256 } from '../src/edges/memory/memory-folder.ts';
import { FOLDER } from './desk.ts';
import { share, three, two, twoWith } from './desks.ts';

const QUARTER_MS = 15 * 60_000;

function rootGone(call: string): never {
  throw Object.assign(new Error(`ENOENT: no such file or directory, ${call}`), { code: 'ENOENT' });
}

test('F2 case B17: a root that is gone, and then another directory, is said to be what it is by now', async () => {
  const { desk, a } = two();
  using _ = desk;
  await desk.start(a);
  a.write('text', 'text');
  ok(await desk.until(() => a.folder().records.local('text') !== undefined));
  a.disk.rename(FOLDER, 'away');
  a.folder().rescan();
  ok(await desk.until(() => a.folder().error?.code === 'E_FOLDER_MISSING'));
  a.disk.makeDirectory(FOLDER);
  ok(await desk.until(() => a.folder().error?.code === 'E_FOLDER_SWAPPED'));
  a.disk.removeDirectory(FOLDER);
  a.disk.rename('away', FOLDER);
  ok(await desk.until(() => a.folder().error === undefined && a.folder().state === 'in-sync'));
});

test('F2 a look that fails because the root is gone stops the folder, and nothing else; it goes on by itself', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  a.faults.beforeDisk = (call) => {
    if (call === 'look' || call === 'list') rootGone(call);
  };
  a.write('one', 'content');
  await desk.runFor(3000);
  equal(a.folder().state, 'stopped');
  a.faults.beforeDisk = () => {};
  ok(await desk.until(() => b.read('one') === 'content'));
  a.write('two', 'content');
  ok(await desk.until(() => b.read('two') === 'content', 5000), 'watching goes on');
});

test('F2 a peer that asks for blocks of a folder whose disk is gone is told so, and keeps its connection', async () => {
  const { desk, a, b } = two(['one', 'two']);
  using _ = desk;
  await desk.start(a, b);
  a.faults.beforeDisk = (call, id) => {
    if (call === 'read' && id === 'one') rootGone(call);
  };
  a.write('lost', 'content', 'one');
  await desk.runFor(20_000);
  const ended = b.log.filter((line) => line.includes('conversation ended'));
  deepEqual(ended, []);
});

test('R2 a full disk under the records stops the folder and not the process; all goes on when there is room', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  b.faults.beforeRecords = (call) => {
    if (call === 'saveRemote' || call === 'saveLocal' || call === 'saveLooks')
      throw new LanfoldError('E_DISK_FULL', { subject: 'records' });
  };
  a.write('one', 'content');
  b.write('two', 'content');
  await desk.runFor(10_000);
  equal(b.folder().error?.code, 'E_DISK_FULL');
  b.faults.beforeRecords = () => {};
  ok(await desk.until(() => b.read('one') === 'content' && a.read('two') === 'content'));
});

test('R19 a peer that never answers holds up neither what others have nor the end of the folder', async () => {
  const { desk, a, b, c } = three();
  using _ = desk;
  await desk.start(b, c);
  for (let index = 0; index < 20; index += 1) b.write(`file ${index}`, `content ${index}`);
  ok(await desk.until(() => c.names().length === 20));
  ok(await desk.inSync(b, c));
  b.faults.beforeDisk = (call) => (call === 'read' ? new Promise<void>(() => {}) : undefined);
  await desk.start(a);
  ok(await desk.until(() => a.names().length === 20, 5 * 60_000), `only ${a.names().length} came`);
});

test('F2 a new folder that cannot be marked is refused in one sentence; a known one waits for its disk', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.faults.beforeDisk = (call) => {
    if (call === 'mark') throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
  };
  const refusal = await desk.scheduler.runUntil(a.start().catch((cause: unknown) => cause));
  equal(refusal instanceof LanfoldError && refusal.code, 'E_FOLDER_UNREADABLE');
  a.crash();
  a.faults.beforeDisk = () => {};
  await desk.start(a, b);
  a.write('one', 'content');
  ok(await desk.until(() => b.read('one') === 'content'));
  b.crash();
  a.write('one', 'new content');
  await desk.runFor(5000);
  await desk.start(b);
  b.crash(); // what it needs is known by now, and the stop was unclean
  b.faults.beforeDisk = (call) => {
    if (call === 'look' || call === 'read' || call === 'list') rootGone(call);
  };
  await desk.start(b);
  equal(b.folder().state, 'stopped');
  b.faults.beforeDisk = () => {};
  ok(await desk.until(() => b.read('one') === 'new content'));
});

test('P15 what was staged of a version that is outdated goes, also while other names wait', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const staged = (): number => b.disk.find(`${FOLDER}/.lanfold/staging`)?.children.size ?? 0;
  // Half of each version arrives; then the file is another one.
  a.faults.beforeDisk = (call, _folder, [jobs]) => {
    if (call === 'read' && (jobs as { offset: number }[]).some(({ offset }) => offset > 0)) throw new Error('EIO');
  };
  for (let version = 0; version < 10; version += 1) {
    a.write('image', Buffer.alloc(300_000, `version ${version}`));
    await desk.runFor(20_000);
  }
  ok(staged() <= 1, `${staged()} staged files`);
});

test('P50 a file on a bad part of the disk is listed, and keeps the folder from nothing', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.faults.afterDisk = (call, [jobs], result) => {
    if (call !== 'hash') return result;
    const bad = { trouble: 'io', detail: 'EIO: i/o error, read' };
    return (result as unknown[]).map((one, index) => ((jobs as { name: string }[])[index]?.name === 'bad' ? bad : one));
  };
  await desk.start(a, b);
  a.write('bad', 'content');
  a.write('good', 'content');
  ok(await desk.until(() => b.read('good') === 'content'));
  ok(await desk.inSync(a, b));
  deepEqual(a.problems(), [['bad', 'unreadable']]);
});

test('R19 a far end that says no hello within 5 s, or not what it shares within 20 s, is let go', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a);
  for (const [hello, wantedMs] of [
    [undefined, 5000],
    [encodeHello({ deviceName: 'b', clientName: 'syncthing', clientVersion: 'v1.29.0' }), 20_000],
  ] as const) {
    const stream = await desk.scheduler.runUntil(b.dial(a, new Life(desk.scheduler)));
    const sinceMs = desk.scheduler.nowMs;
    let closedMs = Number.POSITIVE_INFINITY;
    stream.receive({ data() {}, closed: () => (closedMs = desk.scheduler.nowMs - sinceMs) });
    if (hello !== undefined) stream.send([hello]);
    await desk.runFor(30_000);
    ok(Math.abs(closedMs - wantedMs) < 100, `${closedMs} ms`);
  }
});

test('E7 what was put in place and could not be recorded on a full disk is taken over when there is room', async () => {
  const { desk, a, b } = await twoWith({ one: 'version 1' });
  using _ = desk;
  b.faults.beforeRecords = (call) => {
    if (call === 'saveLocal') throw new LanfoldError('E_DISK_FULL', { subject: 'records' });
  };
  a.write('one', 'version 2');
  ok(await desk.until(() => b.folder().state === 'stopped'));
  equal(b.read('one'), 'version 2');
  const looks = Promise.withResolvers<void>();
  b.faults.beforeDisk = (call) => (call === 'list' || call === 'writers' ? looks.promise : undefined);
  b.faults.beforeRecords = () => {};
  ok(await desk.until(() => b.folder().state !== 'stopped'));
  // Two more versions come before it is looked at again: nobody knows the second one any more then.
  for (const version of ['version 3', 'version 4']) {
    a.write('one', version);
    await desk.runFor(5000);
  }
  looks.resolve();
  ok(await desk.until(() => b.read('one') === 'version 4'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['one'], machine.name);
});

test('M1 the same bytes in blocks of another size are no conflict', async () => {
  const { desk, a } = two();
  using _ = desk;
  await desk.start(a);
  const content = Buffer.alloc(300_000, 'content');
  a.write('image', content);
  ok(await desk.until(() => a.folder().records.local('image') !== undefined));
  const { record } = a.folder().records.local('image') ?? {};
  ok(record);
  const blockSize = 2 * record.blockSize;
  const blocks = Buffer.concat([content.subarray(0, blockSize), content.subarray(blockSize)].map(sha256));
  const version = [{ device: 1n, value: 1n }];
  const theirs = { ...record, blockSize, blocks, version, modifiedBy: 1n, modifiedNs: record.modifiedNs + 1n };
  a.folder().receiveIndex(1n, [{ ...theirs, sequence: 1 }], true);
  ok(await desk.until(() => a.folder().records.local('image')?.record.modifiedBy === 1n));
  await desk.runFor(5000);
  deepEqual(a.names(), ['image']);
});

test('case K09: a disk that fails for hours fills neither the log nor the list of troubles', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  b.faults.afterDisk = (call, [jobs], result) => {
    if (call !== 'stage') return result;
    return (jobs as unknown[]).map(() => ({ trouble: 'io', detail: 'EIO: i/o error, write' }));
  };
  for (let index = 0; index < 50; index += 1) a.write(`file ${index}`, `content ${index}`);
  await desk.runFor(60_000);
  const logged = [a.log.length, b.log.length];
  const eventsIn = async (ms: number): Promise<number> => {
    const before = desk.scheduler.events;
    await desk.runFor(ms);
    return desk.scheduler.events - before;
  };
  const first = await eventsIn(QUARTER_MS);
  await desk.runFor(4 * QUARTER_MS);
  const last = await eventsIn(QUARTER_MS);
  ok(last < 1.5 * first, `${first} events in the first quarter of an hour, ${last} in the last`);
  const more = [a, b].map((machine, index) => machine.log.length - (logged[index] ?? 0));
  ok(
    more.every((lines) => lines <= 20),
    `${more.join(', ')} more lines in an hour and a half`,
  );
  equal(b.folder().problems().length, 50);
  b.faults.afterDisk = (_call, _values, result) => result;
  ok(await desk.until(() => b.names().length === 50, 120_000));
});

test('N6 a name that cannot be given its normal form is listed, and one that is gone by then is nothing; the others go on', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const decomposed = 'cafe\u0301';
  let isRefused = true;
  a.faults.afterDisk = (call, [directory], result) => {
    // A listing shows it, and when it is to be renamed it is gone; or its directory may not be written to.
    if (call === 'normalize' && isRefused) return { trouble: 'denied', detail: 'so the test will have it' };
    if (call !== 'list' || directory !== '') return result;
    const listing = result as Listing;
    return { ...listing, entries: [...listing.entries, { base: decomposed, look: listing.entries[0]?.look }] };
  };
  a.write('another', 'another');
  a.folder().rescan();
  ok(await desk.until(() => b.read('another') === 'another' && a.problems().length > 0));
  deepEqual(a.problems(), [[decomposed, 'name-not-allowed']]);
  isRefused = false;
  a.folder().rescan();
  ok(await desk.until(() => a.problems().length === 0));
  ok(await desk.inSync(a, b));
  deepEqual(b.names(), ['another']);
});

test('N6 what stands there in another form, and cannot be given its normal form, is listed, and is no delete', async () => {
  const { desk, a, b } = await twoWith({ café: 'café' });
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/pâtés`);
  a.write('pâtés/one', 'one');
  ok(await desk.until(() => b.read('pâtés/one') === 'one'));
  let isRefused = true;
  const rename = a.disk.rename.bind(a.disk);
  a.disk.rename = (from, to) => {
    if (isRefused && to === to.normalize('NFC')) throw new DiskFault('EINVAL', 'so the test will have it');
    rename(from, to);
  };
  for (const name of ['café', 'pâtés']) a.disk.rename(`${FOLDER}/${name}`, `${FOLDER}/${name.normalize('NFD')}`);
  await desk.runFor(QUARTER_MS);
  b.write('pâtés/one', 'edited');
  await desk.runFor(QUARTER_MS);
  equal(a.problems().filter(([, reason]) => reason === 'name-not-allowed').length, 2);
  deepEqual([b.read('café'), b.read('pâtés/one')], ['café', 'edited']);
  isRefused = false;
  a.folder().rescan();
  ok(await desk.until(() => a.problems().length === 0));
  ok(await desk.inSync(a, b));
  deepEqual([a.read('café'), a.read('pâtés/one')], ['café', 'edited']);
  deepEqual(a.names(), b.names());
});

test('E8 who is waited for may leave while the records cannot be written, and the conversation ends as any other', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world, { text: 'text' });
  const { admission } = a.folder();
  admission.doubt(b.short);
  admission.peerHeard(c.short);
  a.faults.beforeRecords = (call) => {
    if (call === 'setNote') throw new LanfoldError('E_DISK_FULL', { subject: 'records' });
  };
  b.crash();
  ok(await desk.until(() => a.engine.of(FOLDER).length === 1, 400_000));
  ok(a.log.some((line) => line.includes('not all heard of the end')));
  delete a.faults.beforeRecords;
  await desk.start(b);
  ok(await desk.until(() => a.engine.of(FOLDER).length === 2 && !admission.isProvisional, 400_000));
});

test('P46 what cannot be replaced because the history has no place is listed, and comes when it has one', async () => {
  const { desk, a, b } = await twoWith({ text: 'before' });
  using _ = desk;
  b.disk.makeSymlink(`${FOLDER}/.lanfold/history`, Buffer.from('elsewhere'));
  a.write('text', 'after');
  ok(await desk.until(() => b.problems().length > 0));
  deepEqual(b.problems(), [['text', 'no-history']]);
  b.disk.unlink(`${FOLDER}/.lanfold/history`);
  ok(await desk.until(() => b.read('text') === 'after' && b.problems().length === 0, QUARTER_MS));
});

test('S1 a file that a program is writing is not told while the disk cannot say so, however long it pauses', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  a.faults.afterDisk = (call, [names], result) =>
    call === 'writers' ? (names as unknown[]).map(() => 'untold') : result;
  a.write('text', 'half');
  a.disk.openForWriting(a.inode('text'));
  await desk.runFor(20_000);
  equal(b.read('text'), undefined);
  delete a.faults.afterDisk;
  await desk.runFor(20_000);
  equal(b.read('text'), undefined, 'it is open still');
  a.disk.write(a.inode('text'), Buffer.from('half and half'));
  a.disk.closeAfterWriting(a.inode('text'));
  ok(await desk.until(() => b.read('text') === 'half and half'));
});
