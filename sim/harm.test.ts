/** Stories in which bytes, names or secrets could come to harm, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Desk, FOLDER, type Machine } from './desk.ts';

function machines(...names: string[]): { desk: Desk; a: Machine; b: Machine; c: Machine } {
  const desk = new Desk(names);
  const [a, b, c = b] = desk.machines;
  if (a === undefined || b === undefined || c === undefined) throw new Error('no machines');
  return { desk, a, b, c };
}

test('E4 what ends in zeros by its nature is not damaged: after a kill its new permissions are a change', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  a.write('backup.tar', Buffer.concat([Buffer.from('entries'), Buffer.alloc(10_000)]));
  ok(await desk.until(() => b.read('backup.tar') !== undefined));
  ok(await desk.inSync(a, b));
  b.crash();
  a.write('backup.tar', Buffer.concat([Buffer.from('new entries'), Buffer.alloc(10_000)]));
  await desk.runFor(5000);
  a.crash();
  const inode = a.disk.find(`${FOLDER}/backup.tar`);
  ok(inode);
  a.disk.setAttributes(inode, { permissions: 0o600 });
  await desk.runFor(5000);

  await desk.start(a);
  await desk.runFor(3000);
  await desk.start(b);
  await desk.runFor(60_000);
  for (const machine of [a, b]) ok(machine.read('backup.tar')?.startsWith('new entries'), machine.name);
  equal(b.disk.find(`${FOLDER}/backup.tar`)?.permissions, 0o600);
  deepEqual(a.folder().problems(), []);
});

test('E4 what a power cut emptied comes back from a peer, and is not announced', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  a.write('text', 'as it was written');
  ok(await desk.until(() => b.read('text') !== undefined));
  ok(await desk.inSync(a, b));
  b.crash();
  const inode = b.disk.find(`${FOLDER}/text`);
  ok(inode);
  const { modifiedNs } = inode;
  b.disk.write(inode, Buffer.alloc(0));
  b.disk.setAttributes(inode, { modifiedNs });
  await desk.runFor(10_000); // a machine that lost its power takes as long to start
  await desk.start(b);
  ok(await desk.until(() => b.read('text') === 'as it was written'));
  ok(await desk.inSync(a, b));
  equal(a.read('text'), 'as it was written');
  deepEqual(b.folder().problems(), []);
});

test('E4 what a power cut emptied is not announced by a machine that is back before an emptied file counts as settled', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  a.write('text', 'as it was written');
  ok(await desk.until(() => b.read('text') !== undefined));
  ok(await desk.inSync(a, b));
  a.crash();
  const inode = a.disk.find(`${FOLDER}/text`);
  ok(inode);
  const { modifiedNs } = inode;
  a.disk.write(inode, Buffer.alloc(0));
  a.disk.setAttributes(inode, { modifiedNs });
  await desk.start(a);
  ok(await desk.until(() => a.read('text') === 'as it was written'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) equal(machine.read('text'), 'as it was written', machine.name);
});

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
  const { desk, a, b } = machines('a', 'b');
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
  const { desk, a, b } = machines('a', 'b');
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
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  a.write('text', 'old');
  ok(await desk.until(() => b.read('text') === 'old'));
  ok(await desk.inSync(a, b));
  const inode = a.disk.find(`${FOLDER}/text`);
  ok(inode);
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
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  a.write('forgotten', 'deleted');
  a.write('wanted', 'deleted');
  ok(await desk.until(() => b.read('wanted') !== undefined && b.read('forgotten') !== undefined));
  ok(await desk.inSync(a, b));
  const inode = a.disk.find(`${FOLDER}/forgotten`);
  ok(inode);
  const { content, modifiedNs, changedNs } = inode;
  await desk.runFor(5000);
  for (const name of ['forgotten', 'wanted']) a.disk.unlink(`${FOLDER}/${name}`);
  ok(await desk.until(() => b.names().length === 0));
  ok(await desk.inSync(a, b));
  a.crash();
  for (const name of ['forgotten', 'wanted']) a.write(name, content);
  Object.assign(a.disk.find(`${FOLDER}/forgotten`) ?? {}, { modifiedNs, changedNs });
  await desk.start(a);
  ok(await desk.until(() => b.read('wanted') !== undefined));
  await desk.runFor(10_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['wanted'], machine.name);
});

test('E9 what was removed for its successor, before a kill, is no delete made here', async () => {
  const { desk, a, b } = machines('a', 'b');
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

test('P15 what was staged for a version that came here by another way is removed', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
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

test('R12 files whose only twins are deleted with them count as deleted', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  for (let index = 0; index < 100; index += 1) {
    a.write(`file ${index}`, `content ${index}`);
    a.write(`file ${index} copy`, `content ${index}`);
  }
  ok(await desk.until(() => b.names().length === 200));
  ok(await desk.inSync(a, b));
  for (const name of a.names()) a.disk.unlink(`${FOLDER}/${name}`);
  await desk.runFor(10_000);
  equal(b.names().length, 200);
  equal(a.folder().state, 'needs-you');
  a.folder().approveDeletes();
  await desk.runFor(10_000);
  equal(b.names().length, 200);
  equal(b.folder().state, 'needs-you');
});

test('R12 held deletes cost nothing while they wait, and are forgotten when the files are back', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  for (let index = 0; index < 100; index += 1) a.write(`file ${index}`, `content ${index}`);
  ok(await desk.until(() => b.names().length === 100));
  ok(await desk.inSync(a, b));
  const names = a.names();
  for (const name of names) a.disk.rename(`${FOLDER}/${name}`, name);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  await desk.runFor(5000);
  let looks = 0;
  a.faults.beforeDisk = (call) => void (looks += call === 'look' ? 1 : 0);
  await desk.runFor(60_000);
  ok(looks <= 8, `${looks} looks`);
  for (const name of names) a.disk.rename(name, `${FOLDER}/${name}`);
  ok(await desk.inSync(a, b), a.folder().state);
  equal(b.names().length, 100);
});

test('G11 patterns that are being written do not let out what they hold back', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  a.write('.stignore', 'secret\n');
  a.write('secret', 'secret');
  await desk.start(a, b);
  a.write('open', 'open');
  ok(await desk.until(() => b.read('open') === 'open'));
  // An editor that empties the file and writes it anew.
  a.write('.stignore', '');
  await desk.runFor(300);
  a.write('.stignore', 'secret\nother\n');
  await desk.runFor(5000);
  deepEqual(b.names(), ['open']);
});

test('G12 patterns are read anew when an included file changes, and with each look at everything', async () => {
  const { desk, a, b } = machines('a', 'b');
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
  const { desk, a, b, c } = machines('a', 'b', 'c');
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
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
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

test('M4 a chmod here and an edit there are no conflict', async () => {
  const { desk, a, b } = machines('a', 'b');
  using _ = desk;
  await desk.start(a, b);
  a.write('notes.txt', 'base');
  ok(await desk.until(() => b.read('notes.txt') === 'base'));
  await desk.inSync(a, b);
  desk.network.link('a', 'b').cut();
  const inode = a.disk.find(`${FOLDER}/notes.txt`);
  ok(inode);
  a.disk.setAttributes(inode, { permissions: 0o600 });
  b.write('notes.txt', 'edited');
  await desk.runFor(5000);
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => a.read('notes.txt') === 'edited'));
  await desk.runFor(10_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['notes.txt'], machine.name);
});

async function manyFiles(count: number): Promise<ReturnType<typeof machines>> {
  const world = machines('a', 'b');
  const { desk, a, b } = world;
  await desk.start(a, b);
  for (let index = 0; index < count; index += 1) a.write(`file ${index}`, `content ${index}`);
  ok(await desk.until(() => b.names().length === count));
  ok(await desk.inSync(a, b));
  await desk.runFor(2 * 3_600_000);
  return world;
}

const replaced = (machine: Machine): number =>
  machine.names().filter((name) => machine.read(name)?.startsWith('X')).length;

test('R12 a peer that replaces one file after the other is held at half of them, until a person confirms', async () => {
  const { desk, a, b } = await manyFiles(500);
  using _ = desk;
  for (let index = 0; index < 500; index += 1) {
    a.write(`file ${index}`, `X ${index}`);
    if (index % 50 === 0) await desk.runFor(5000);
  }
  a.write('new', 'goes on');
  await desk.runFor(60_000);
  equal(b.folder().state, 'needs-you');
  deepEqual(
    b
      .folder()
      .problems()
      .map(({ reason }) => reason),
    ['held-replacements-by-peers'],
  );
  equal(replaced(b), 251, 'half of all files, with the new one');
  equal(b.read('new'), 'goes on');
  b.folder().approveDeletes();
  ok(await desk.until(() => replaced(b) === 500));
  ok(await desk.inSync(a, b));
});

test('R12 edits of a holiday are no act, nor is a rewrite of what was just made', async () => {
  const { desk, a, b } = await manyFiles(300);
  using _ = desk;
  b.crash();
  for (let index = 0; index < 300; index += 1) {
    a.write(`file ${index}`, `X ${index}`);
    if (index % 100 === 99) await desk.runFor(3 * 3_600_000);
  }
  await desk.start(b);
  ok(await desk.until(() => replaced(b) === 300));
  for (const text of ['first', 'second'])
    for (let index = 0; index < 300; index += 1) {
      a.write(`built ${index}`, `${text} ${index}`);
      if (index === 299) await desk.until(() => b.read('built 299') === `${text} 299`);
    }
  ok(await desk.until(() => b.read('built 0') === 'second 0' && b.folder().state === 'in-sync'));
});
