/** Disks that take no case for a difference, or keep names in a form of their own. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
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

test('R12 a large directory that is renamed in case alone is no act, on a disk that ignores case', async () => {
  const { desk, a, b } = await two();
  using _ = desk;
  const names = Array.from({ length: 300 }, (_, index) => `${index}`);
  a.disk.makeDirectory(`${FOLDER}/docs`);
  for (const name of names) a.write(`docs/${name}`, `content ${name}`);
  ok(await desk.until(() => names.every((name) => b.read(`docs/${name}`) !== undefined)));
  ok(await desk.inSync(a, b));
  let isHeld = false;
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  const isRenamed = await desk.until(() => {
    isHeld ||= b.folder().state === 'needs-you';
    return names.every((name) => b.read(`Docs/${name}`) === `content ${name}`);
  });
  ok(isRenamed && !isHeld);
  ok(await desk.inSync(a, b));
  deepEqual(b.names(), ['Docs']);
  deepEqual(b.problems(), []);
  // What does not come under the other spelling is a loss as any other.
  b.disk.rename(`${FOLDER}/Docs`, `${FOLDER}/docs`);
  ok(await desk.until(() => names.every((name) => a.read(`docs/${name}`) !== undefined)));
  ok(await desk.inSync(a, b));
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  for (const name of names.slice(0, 200)) a.write(`Docs/${name}`, 'other content');
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  a.folder().approveDeletes();
  ok(await desk.until(() => b.folder().state === 'needs-you'));
  ok(names.every((name) => b.read(`docs/${name}`) === `content ${name}`));
});

test('R12 what is renamed in case alone stays, on a disk that ignores case, while nobody is connected who could give it', async () => {
  const { desk, a, b } = await two();
  using _ = desk;
  const names = Array.from({ length: 300 }, (_, index) => `${index}`);
  a.disk.makeDirectory(`${FOLDER}/docs`);
  for (const name of names) a.write(`docs/${name}`, `content ${name}`);
  ok(await desk.until(() => names.every((name) => b.read(`docs/${name}`) !== undefined)));
  ok(await desk.inSync(a, b));
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  const { records } = b.folder();
  ok(await desk.until(() => names.every((name) => records.newest(`docs/${name}`)?.deleted === true)));
  for (const machine of [a, b]) {
    machine.crash();
    machine.hasStoppedProperly();
  }
  await desk.start(b);
  await desk.runFor(60_000);
  ok(names.every((name) => b.read(`docs/${name}`) === `content ${name}`));
  await desk.start(a);
  ok(await desk.until(() => names.every((name) => b.read(`Docs/${name}`) === `content ${name}`)));
  ok(await desk.inSync(a, b));
  deepEqual(b.problems(), []);
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
