/** Stories in which bytes, names or secrets could come to harm, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { three, two, twoWith } from './desks.ts';

test('P15 what was staged for a version that came here by another way is removed', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  let isCopied = false;
  b.faults.beforeDisk = (call) => {
    const there = a.disk.find(`${FOLDER}/text`);
    if (call !== 'apply' || isCopied || there === undefined) return;
    isCopied = true;
    b.write('text', there.content);
    const inode = b.disk.find(`${FOLDER}/text`);
    if (inode !== undefined) b.disk.setAttributes(inode, there);
  };
  a.write('text', 'on its way');
  ok(await desk.until(() => isCopied));
  await desk.runFor(5000);
  ok(await desk.inSync(a, b));
  deepEqual([...(b.disk.find(`${FOLDER}/.lanfold/staging`)?.children.keys() ?? [])], []);
});

test('P14 what somebody removes while it is fetched is fetched anew, and no part of it is put in place as zeros', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const staging = `${FOLDER}/.lanfold/staging`;
  let removed = 0;
  b.faults.beforeDisk = (call) => {
    if (call !== 'stage' || removed > 1) return;
    for (const base of [...(b.disk.find(staging)?.children.keys() ?? [])]) {
      b.disk.unlink(`${staging}/${base}`);
      removed += 1;
    }
  };
  const content = Buffer.alloc(1_500_000, 'all of it, ');
  a.write('text', content);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/text`) !== undefined));
  equal(removed, 2);
  ok(content.equals(b.disk.find(`${FOLDER}/text`)?.content ?? Buffer.of()));
  ok(await desk.inSync(a, b));
});

test('G11 patterns that are being written do not let out what they hold back', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.write('.stignore', 'secret\n');
  a.write('secret', 'secret');
  await desk.start(a, b);
  a.write('open', 'open');
  ok(await desk.until(() => b.read('open') === 'open'));
  await desk.runFor(5000); // then nothing of it was just made, and would wait for that
  // An editor that empties the file and writes it anew.
  a.write('.stignore', '');
  await desk.runFor(300);
  a.write('.stignore', 'secret\nother\n');
  await desk.runFor(5000);
  deepEqual(b.names(), ['open']);
});

test('G12 patterns are read anew when an included file changes, and with each look at everything', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.write('.stignore', '#include patterns\n');
  a.write('patterns', 'one\n');
  await desk.start(a, b);
  a.write('patterns', 'one\ntwo\n');
  await desk.runFor(10_000);
  a.write('two', 'two');
  a.write('three', 'three');
  ok(await desk.until(() => b.read('three') === 'three'));
  await desk.runFor(5000);
  equal(b.read('two'), undefined);
});

test('M10 a device that comes late with the same loser makes no second copy of it', async () => {
  const { desk, a, b, c } = three();
  using _ = desk;
  await desk.start(a, b, c);
  a.write('notes.txt', 'base');
  ok(await desk.until(() => [b, c].every((machine) => machine.read('notes.txt') === 'base')));
  await desk.inSync(a, b, c);
  c.crash();
  a.write('notes.txt', 'loser');
  ok(await desk.until(() => b.read('notes.txt') === 'loser'));
  await desk.inSync(a, b);
  b.crash();
  await desk.runFor(2000);
  c.write('notes.txt', 'winner');
  await desk.start(c);
  ok(await desk.until(() => a.read('notes.txt') === 'winner' && a.names().length === 2));
  await desk.runFor(5000);
  await desk.start(b);
  await desk.runFor(60_000);
  for (const machine of [a, b, c]) equal(machine.names().length, 2, machine.names().join());
});

test('N6 a name that is not in normal form C gets it before anybody hears of it, also when the watcher tells of it', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const decomposed = 'e\u0301tude.txt';
  const composed = decomposed.normalize('NFC');
  a.write(decomposed, 'music');
  await desk.runFor(10_000);
  await desk.runFor(900 - (desk.scheduler.nowMs % 1000)); // counters are seconds: what comes later gets a higher one
  a.folder().rescan();
  await desk.runFor(30_000);

  deepEqual(a.names(), [composed]);
  deepEqual(b.names(), [composed]);
  equal(b.read(composed), 'music');
});

test('N6 a directory of such a name gets its normal form once nobody works in it any more, so that it is not made twice', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const decomposed = 'u\u0308ber';
  const composed = decomposed.normalize('NFC');
  a.disk.makeDirectory(`${FOLDER}/${decomposed}`);
  for (let file = 0; file < 20; file += 1) {
    await desk.runFor(1000);
    a.write(`${decomposed}/${file}`, 'unpacked'); // as programs do: by the name that they have made
    a.folder().rescan();
  }
  const last = a.disk.find(`${FOLDER}/${decomposed}/19`);
  ok(last !== undefined);
  a.disk.openForWriting(last);
  await desk.runFor(60_000);
  deepEqual(a.names(), [decomposed], 'the last file is still held open');
  equal(a.folder().state, 'scanning');
  a.disk.closeAfterWriting(last);
  ok(await desk.until(() => b.read(`${composed}/19`) === 'unpacked'));
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) deepEqual(machine.names(), [composed], machine.name);
  deepEqual(a.problems(), []);
});

test('N6 a directory of such a name is not renamed under who has just made it, also where the clock was set back right then', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const decomposed = 'u\u0308ber';
  a.skewMs = 7_200_000;
  await desk.runFor(1000);
  a.disk.makeDirectory(`${FOLDER}/${decomposed}`);
  a.skewMs = 0;
  a.folder().rescan();
  await desk.runFor(4000);
  a.write(`${decomposed}/file`, 'unpacked');
  ok(await desk.until(() => b.read(`${decomposed.normalize('NFC')}/file`) === 'unpacked'));
});

test('N6 once nothing waits for its normal form the folder is in sync, and what comes then waits no longer than the first', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const [first, second] = ['u\u0308ber', 'a\u0308rger'].map((name) => ({ is: name, toBe: name.normalize('NFC') }));
  ok(first !== undefined && second !== undefined);
  a.write(first.is, 'a log');
  const log = a.inode(first.is);
  a.disk.openForWriting(log);
  await desk.runFor(5 * 60_000);
  a.disk.closeAfterWriting(log);
  a.folder().rescan();
  ok(await desk.until(() => b.read(first.toBe) === 'a log', 5000));
  ok(await desk.until(() => a.folder().state === 'in-sync', 5000));
  a.write(second.is, 'new');
  ok(await desk.until(() => b.read(second.toBe) === 'new', 15_000));
});

test('N6 a directory that is removed while something in it waits for its form, and made again, begins to wait anew', async () => {
  const { desk, a } = await twoWith();
  using _ = desk;
  const log = 'd/u\u0308ber';
  for (const waitsMs of [20_000, 60_000]) {
    a.disk.makeDirectory(`${FOLDER}/d`);
    a.write(log, 'a log');
    const inode = a.inode(log);
    a.disk.openForWriting(inode);
    await desk.runFor(waitsMs);
    equal(a.read(log), 'a log');
    a.disk.closeAfterWriting(inode);
    a.disk.unlink(`${FOLDER}/${log}`);
    a.disk.removeDirectory(`${FOLDER}/d`);
    await desk.runFor(11 * 60_000);
  }
});

test('N6 after ten minutes a name gets its normal form also where somebody works in it without end', async () => {
  const { desk, a, b } = await twoWith();
  using _ = desk;
  const decomposed = 'u\u0308ber';
  a.write(decomposed, 'a log');
  a.disk.openForWriting(a.inode(decomposed));
  a.folder().rescan();
  await desk.runFor(9 * 60_000);
  deepEqual(a.names(), [decomposed]);
  ok(await desk.until(() => a.names().join() === decomposed.normalize('NFC'), 3 * 60_000));
  a.disk.closeAfterWriting(a.inode(decomposed.normalize('NFC')));
  ok(await desk.until(() => b.read(decomposed.normalize('NFC')) === 'a log'));
});

test('M4 a chmod here and an edit there are no conflict', async () => {
  const { desk, a, b } = await twoWith({ 'notes.txt': 'base' });
  using _ = desk;
  desk.network.link('a', 'b').cut();
  const inode = a.inode('notes.txt');
  a.disk.setAttributes(inode, { permissions: 0o600 });
  b.write('notes.txt', 'edited');
  await desk.runFor(5000);
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => a.read('notes.txt') === 'edited'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['notes.txt'], machine.name);
});

test('P47 a walk removes what a kill has left of a copy long ago, and nothing that only looks like it', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  const copy = 'd/.lanfold-01234567-89ab-cdef-0123-456789abcdef.tmp';
  a.disk.makeDirectory(`${FOLDER}/d`);
  for (const name of [copy, 'd/.lanfold-report.tmp']) a.write(name, 'half');
  ok(await desk.inSync(a, b));
  await desk.runFor(23 * 3_600_000);
  a.folder().rescan();
  await desk.runFor(1000);
  equal(a.read(copy), 'half');
  await desk.runFor(2 * 3_600_000);
  a.folder().rescan();
  await desk.runFor(1000);
  equal(a.read(copy), undefined);
  equal(a.read('d/.lanfold-report.tmp'), 'half');
  equal(b.disk.find(`${FOLDER}/d`)?.children.size, 0);
});

test('P9 a folder that is closed a second time is closed when the first time ends', async () => {
  const { desk, a } = await twoWith({ text: 'here' });
  using _ = desk;
  let endWork = (): void => {};
  const work = new Promise<void>((resolve) => void (endWork = resolve));
  a.faults.beforeDisk = (call) => (call === 'close' ? work : undefined);
  const folder = a.folder();
  const ended: string[] = [];
  void a.engine.stopFolder(FOLDER, []).then(() => ended.push('stopped'));
  void folder.close().then(() => ended.push('closed'));
  await desk.runFor(10_000);
  deepEqual(ended, []);
  endWork();
  await desk.runFor(1000);
  deepEqual(new Set(ended), new Set(['closed', 'stopped']));
});
