/** Disks that take no case for a difference, or keep names in a form of their own. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../src/ports/file-tree.ts';
import { Desk, FOLDER, type Machine } from './desk.ts';

/** The disk of b ignores case. */
async function two(): Promise<{ desk: Desk; a: Machine; b: Machine; reads: string[] }> {
  const desk = new Desk(['a', 'b'], undefined, undefined, { b: { ignoresCase: true } });
  const [a, b] = desk.machines;
  if (a === undefined || b === undefined) throw new Error('no machines');
  const reads: string[] = [];
  a.faults.beforeDisk = (call, _, [jobs]) => {
    if (call === 'read')
      for (const { name } of jobs as readonly { readonly name: string }[]) if (name !== '.stignore') reads.push(name);
  };
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
  return { desk, a, b, reads };
}

test('P80 names that differ in case alone: the one that is there stays, the other is listed, and not fetched again and again', async () => {
  const { desk, a, b, reads } = await two();
  using _ = desk;
  a.write('text', 'small');
  ok(await desk.until(() => b.read('text') === 'small'));
  a.write('TEXT', 'large');
  ok(await desk.until(() => b.folder().problems().length > 0));
  deepEqual(b.problems(), [['TEXT', 'exists']]);
  await desk.runFor(10 * 60_000);
  deepEqual(b.names(), ['text']);
  equal(b.read('text'), 'small');
  deepEqual(reads, ['text', 'TEXT']);
  a.disk.unlink(`${FOLDER}/text`);
  ok(await desk.until(() => b.read('TEXT') === 'large' && b.folder().problems().length === 0));
});

test('P80 what cannot have its name is listed again after it was seen not to be there', async () => {
  const { desk, a, b, reads } = await two();
  using _ = desk;
  a.write('text', 'small');
  ok(await desk.until(() => b.read('text') === 'small'));
  a.write('TEXT', 'large');
  ok(await desk.until(() => b.folder().problems().length > 0));
  // Somebody tries the other spelling, and takes it back: the watcher tells of both.
  b.disk.rename(`${FOLDER}/text`, `${FOLDER}/TEXT`);
  b.disk.rename(`${FOLDER}/TEXT`, `${FOLDER}/text`);
  ok(await desk.until(() => b.folder().problems().length === 0, 5000), 'seen not to be there');
  ok(await desk.until(() => b.folder().problems().length > 0));
  deepEqual(b.problems(), [['TEXT', 'exists']]);
  deepEqual(reads, ['text', 'TEXT']);
});

test('P80 the same with directories: what is in the one that cannot be is not fetched, and comes as soon as it can be', async () => {
  const { desk, a, b, reads } = await two();
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/holiday`);
  a.write('holiday/photo', 'photo');
  ok(await desk.until(() => b.read('holiday/photo') === 'photo'));
  a.disk.makeDirectory(`${FOLDER}/Holiday`);
  for (const name of ['one', 'two']) a.write(`Holiday/${name}`, name);
  ok(await desk.until(() => b.folder().problems().length > 0));
  await desk.runFor(10 * 60_000);
  deepEqual(b.problems(), [['Holiday', 'exists']]);
  equal(b.folder().state, 'syncing');
  deepEqual(b.names(), ['holiday']);
  deepEqual(reads, ['holiday/photo']);
  a.disk.unlink(`${FOLDER}/holiday/photo`);
  a.disk.removeDirectory(`${FOLDER}/holiday`);
  ok(await desk.until(() => b.read('Holiday/one') === 'one' && b.read('Holiday/two') === 'two'));
  ok(await desk.inSync(a, b));
  deepEqual(b.folder().problems(), []);
});

test('P80 what waits with a directory that cannot be is not listed for what kept it from this disk before', async () => {
  const { desk, a, b } = await two();
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/docs`);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/docs`) !== undefined));
  ok(await desk.inSync(a, b));
  b.disk.freeBytes = 0;
  a.disk.makeDirectory(`${FOLDER}/Docs`);
  a.disk.makeSymlink(`${FOLDER}/Docs/link`, Buffer.from('nowhere'));
  ok(await desk.until(() => b.problems().some(([name, reason]) => name === 'Docs/link' && reason === 'disk-full')));
  b.disk.freeBytes = Infinity;
  await desk.runFor(700_000);
  deepEqual(b.problems(), [['Docs', 'exists']]);
});

const MANY = Array.from({ length: 300 }, (_, index) => `${index}`);

/** Both have a large directory. */
async function twoWith(directory: string, prefix = ''): ReturnType<typeof two> {
  const all = await two();
  const { desk, a, b, reads } = all;
  a.disk.makeDirectory(`${FOLDER}/${directory}`);
  for (const name of MANY) a.write(`${directory}/${prefix}${name}`, `content ${name}`);
  ok(await desk.until(() => MANY.every((name) => b.read(`${directory}/${prefix}${name}`) !== undefined)));
  ok(await desk.inSync(a, b));
  reads.length = 0;
  return all;
}

function hasAll(machine: Machine, directory: string, prefix = ''): boolean {
  return MANY.every((name) => machine.read(`${directory}/${prefix}${name}`) === `content ${name}`);
}

test('R12 a large directory that is renamed in case alone is no act, on a disk that ignores case, and nothing of it travels', async () => {
  const { desk, a, b, reads } = await twoWith('docs');
  using _ = desk;
  const before = b.inode('docs/7');
  let isHeld = false;
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  const isRenamed = await desk.until(() => {
    isHeld ||= b.folder().state === 'needs-you';
    return hasAll(b, 'Docs');
  });
  ok(isRenamed && !isHeld);
  ok(await desk.inSync(a, b));
  deepEqual([b.names(), b.problems(), reads], [['Docs'], [], []]);
  equal(b.inode('Docs/7'), before);
  // What does not come under the other spelling is a loss as any other.
  b.disk.rename(`${FOLDER}/Docs`, `${FOLDER}/docs`);
  ok(await desk.until(() => MANY.every((name) => a.read(`docs/${name}`) !== undefined)));
  ok(await desk.inSync(a, b));
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  for (const name of MANY.slice(0, 200)) a.write(`Docs/${name}`, 'other content');
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  ok(hasAll(b, 'docs'));
  b.folder().approveDeletes();
  ok(await desk.inSync(a, b));
  deepEqual(b.names(), ['Docs']);
});

test('R12 what is renamed in case alone is so, on a disk that ignores case, also while nobody is connected who could give it', async () => {
  const { desk, a, b } = await twoWith('docs');
  using _ = desk;
  desk.network.link('a', 'b').cut();
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  await desk.runFor(30_000);
  b.faults.beforeDisk = (call) => (call === 'apply' ? new Promise(() => {}) : undefined);
  desk.network.link('a', 'b').heal();
  const { records } = b.folder();
  ok(await desk.until(() => MANY.every((name) => records.newest(`docs/${name}`)?.deleted === true)));
  for (const machine of [a, b]) {
    machine.crash();
    machine.hasStoppedProperly();
  }
  delete b.faults.beforeDisk;
  await desk.start(b);
  ok(await desk.until(() => hasAll(b, 'Docs')));
  await desk.start(a);
  ok(await desk.inSync(a, b));
  deepEqual([b.names(), b.problems()], [['Docs'], []]);
});

test('R12 on a disk that ignores case a directory that is renamed in case alone takes along what is ignored', async () => {
  const { desk, a, b, reads } = await twoWith('docs');
  using _ = desk;
  b.write('.stignore', '.DS_Store\n');
  b.write('docs/.DS_Store', 'ignored');
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  ok(await desk.until(() => hasAll(b, 'Docs')));
  ok(await desk.inSync(a, b));
  equal(b.read('Docs/.DS_Store'), 'ignored');
  deepEqual([b.names(), b.problems(), reads], [['.stignore', 'Docs'], [], []]);
});

for (const [what, name] of [
  ['made', 'new'],
  ['edited', '7'],
] as const)
  test(`R12 what is renamed in case alone stays until a person confirms, on a disk that ignores case, where something was ${what} meanwhile`, async () => {
    const { desk, a, b } = await twoWith('docs');
    using _ = desk;
    desk.network.link('a', 'b').cut();
    b.write(`docs/${name}`, 'by b');
    a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
    await desk.runFor(30_000);
    desk.network.link('a', 'b').heal();
    ok(await desk.until(() => b.folder().state === 'needs-you'));
    await desk.runFor(30 * 60_000);
    ok(MANY.every((other) => other === name || b.read(`docs/${other}`) === `content ${other}`));
    deepEqual([a.read(`docs/${name}`), b.read(`docs/${name}`)], ['by b', 'by b']);
  });

test('R12 what is renamed in case alone stays until a person confirms, on a disk that ignores case, where a disk is mounted in it', async () => {
  const { desk, a, b } = await twoWith('docs');
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/docs/disk`);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/docs/disk`) !== undefined));
  b.disk.mount(`${FOLDER}/docs/disk`);
  b.folder().rescan();
  ok(await desk.inSync(a, b));
  await desk.runFor(60_000);
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  ok(hasAll(b, 'docs'));
});

test('N6 where the disk keeps names decomposed, files come, change and go under the normal form, and nothing is renamed', async () => {
  const desk = new Desk(['a', 'b'], undefined, undefined, { b: { decomposes: true } });
  using _ = desk;
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
  const kept = 'e\u0301tude';
  const normal = kept.normalize('NFC');
  b.write(kept, 'from b');
  ok(await desk.until(() => a.read(normal) === 'from b', 5000));
  a.write('ü', 'from a');
  ok(await desk.until(() => b.read('ü') === 'from a', 5000));
  let renamed = 0;
  b.disk.listen(({ what }) => void (renamed += what === 'appeared' ? 1 : 0));
  b.write(kept, 'changed at b');
  ok(await desk.until(() => a.read(normal) === 'changed at b', 5000), 'heard at once, not with the next walk');
  for (let walks = 0; walks < 3; walks += 1) {
    b.folder().rescan();
    await desk.runFor(2000);
  }
  equal(renamed, 0);
  deepEqual(b.names(), ['e\u0301tude', 'u\u0308']);
  deepEqual(b.problems(), []);
  b.disk.unlink(`${FOLDER}/${kept}`);
  ok(await desk.until(() => a.read(normal) === undefined, 5000));
  b.disk.makeDirectory(`${FOLDER}/${kept}`);
  b.write(`${kept}/one`, 'one');
  ok(await desk.until(() => a.read(`${normal}/one`) === 'one', 5000));
  b.disk.unlink(`${FOLDER}/${kept}/one`);
  ok(await desk.until(() => a.read(`${normal}/one`) === undefined, 5000));
  b.write(`${kept}/two`, 'two');
  ok(await desk.until(() => a.read(`${normal}/two`) === 'two', 5000));
  b.disk.rename(`${FOLDER}/${kept}`, 'elsewhere');
  b.write(kept, 'a file now');
  ok(await desk.until(() => a.read(normal) === 'a file now', 5000));
  ok(await desk.inSync(a, b));
});

test('N6 where the disk keeps names decomposed, a directory that is to go stays for such a name, and it is told', async () => {
  const desk = new Desk(['a', 'b'], undefined, undefined, { a: { ignoresCase: true }, b: { decomposes: true } });
  using _ = desk;
  const [a, b] = desk.machines;
  ok(a !== undefined && b !== undefined);
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
  a.disk.makeDirectory(`${FOLDER}/d`);
  ok(await desk.until(() => b.names().includes('d'), 5000));
  // A file has the name there by now, so that it cannot be a who makes the directory anew.
  a.disk.removeDirectory(`${FOLDER}/d`);
  a.write('D', 'a file');
  b.write('d/\u00e9', 'made meanwhile');
  ok(await desk.until(() => b.names().includes('D'), 60_000));
  ok(await desk.until(() => a.problems().join() === 'd,exists'));
  await desk.runFor(30_000);
  equal(b.folder().state, 'in-sync');
  a.disk.unlink(`${FOLDER}/D`);
  ok(await desk.until(() => a.read('d/\u00e9') === 'made meanwhile'));
  ok(await desk.inSync(a, b));
});

test('R12 where the disk ignores case, a crash between the rename of a directory and its records loses and fetches nothing', async () => {
  const { desk, a, b, reads } = await twoWith('docs');
  using _ = desk;
  let isCrashed = false;
  b.faults.afterDisk = async (call, [changes], result) => {
    const done = await result;
    if (call !== 'apply' || !(changes as readonly Change[]).some(({ change }) => change === 'move')) return done;
    b.crash();
    isCrashed = true;
    return new Promise(() => {});
  };
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  ok(await desk.until(() => isCrashed));
  delete b.faults.afterDisk;
  await desk.start(b);
  ok(await desk.inSync(a, b));
  ok(hasAll(a, 'Docs') && hasAll(b, 'Docs'));
  deepEqual([a.names(), b.names(), b.problems(), reads], [['Docs'], ['Docs'], [], []]);
});

test('R12 a large directory is no act either when what is in it is renamed in case as well, on a disk that ignores case', async () => {
  const { desk, a, b, reads } = await twoWith('DCIM', 'IMG');
  using _ = desk;
  desk.network.link('a', 'b').cut();
  a.disk.rename(`${FOLDER}/DCIM`, `${FOLDER}/dcim`);
  for (const name of MANY) a.disk.rename(`${FOLDER}/dcim/IMG${name}`, `${FOLDER}/dcim/img${name}`);
  await desk.runFor(30_000);
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => hasAll(b, 'dcim', 'img')));
  ok(await desk.inSync(a, b));
  deepEqual([b.folder().state, b.problems(), b.names(), reads], ['in-sync', [], ['dcim'], []]);
});
