/** A directory that is taken out of the folder by a pattern, and comes back into it. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { isConflictCopy } from '../src/core/reconcile/conflict-name.ts';
import { FOLDER } from './desk.ts';
import { share, two, type Two } from './desks.ts';

/** @param names whose content is their name. */
async function twoWithFiles(directories: readonly string[], names: readonly string[]): Promise<Two> {
  const world = two();
  for (const directory of directories) world.a.disk.makeDirectory(`${FOLDER}/${directory}`);
  await share(world, Object.fromEntries(names.map((name) => [name, name])));
  return world;
}

for (const when of ['while lanfold runs', 'while it is stopped'])
  test(`G13 what is removed below an ignored directory ${when} comes back with it, and is deleted nowhere else`, async () => {
    const { desk, a, b } = await twoWithFiles(['d'], ['d/one', 'd/two']);
    using _ = desk;
    await desk.runFor(5000);
    if (when !== 'while lanfold runs') a.crash();
    a.hasStoppedProperly();
    a.write('.stignore', 'd\n');
    if (when === 'while lanfold runs') await desk.runFor(700_000);
    a.disk.rename(`${FOLDER}/d`, 'elsewhere'); // as rm, but that nobody hears of what is in it
    if (when !== 'while lanfold runs') await desk.start(a);
    await desk.runFor(700_000);
    deepEqual([b.read('d/one'), b.read('d/two')], ['d/one', 'd/two']);
    a.write('.stignore', 'e\n');
    await desk.runFor(1_300_000);
    deepEqual([b.read('d/one'), b.read('d/two')], ['d/one', 'd/two']);
    deepEqual([a.read('d/one'), a.read('d/two')], ['d/one', 'd/two']);
    equal(a.folder().state, 'in-sync');
  });

test('G13 what is ignored is deleted nowhere else when the directory around it is removed', async () => {
  const { desk, a, b } = await twoWithFiles(['d', 'd/modules'], ['d/one', 'd/modules/two']);
  using _ = desk;
  a.write('.stignore', 'modules\n');
  await desk.runFor(700_000);
  a.disk.rename(`${FOLDER}/d`, 'elsewhere');
  ok(await desk.until(() => b.read('d/one') === undefined));
  await desk.runFor(700_000);
  equal(b.read('d/modules/two'), 'd/modules/two');
  deepEqual([a.folder().state, b.folder().state], ['in-sync', 'in-sync']);
});

test('R4 what a bad disk does below a directory that is ignored for a while is no edit', async () => {
  const { desk, a, b } = await twoWithFiles(['d'], ['d/photo']);
  using _ = desk;
  a.write('.stignore', 'd\n');
  await desk.runFor(700_000);
  a.inode('d/photo').content = Buffer.from('d/ph0to'); // and nothing that a look could show
  a.write('.stignore', '\n');
  await desk.runFor(700_000);
  equal(b.read('d/photo'), 'd/photo');
});

test('G13 what was ignored when the directory around it was removed while lanfold was stopped comes back, and is deleted nowhere else', async () => {
  const { desk, a, b } = await twoWithFiles(['d', 'd/modules'], ['d/one', 'd/modules/two']);
  using _ = desk;
  for (const machine of [a, b]) {
    machine.crash();
    machine.hasStoppedProperly();
  }
  a.write('.stignore', 'modules\n');
  a.disk.rename(`${FOLDER}/d`, 'elsewhere');
  await desk.start(a);
  await desk.runFor(700_000);
  a.write('.stignore', '\n');
  await desk.runFor(700_000);
  await desk.start(b);
  await desk.runFor(1_300_000);
  deepEqual([a.read('d/modules/two'), b.read('d/modules/two')], ['d/modules/two', 'd/modules/two']);
});

test('G13 a file in place of a directory with something ignored in it is told, and gives way to what lives on there elsewhere', async () => {
  const { desk, a, b } = await twoWithFiles(['d'], ['d/one', 'd/two']);
  using _ = desk;
  a.write('.stignore', 'two\n');
  await desk.runFor(700_000);
  a.disk.rename(`${FOLDER}/d`, 'elsewhere');
  a.write('d', 'a file');
  await desk.runFor(700_000);
  deepEqual([a.folder().state, b.folder().state], ['in-sync', 'in-sync']);
  equal(b.read('d/two'), 'd/two');
  for (const machine of [a, b]) {
    const copies = machine.names().filter(isConflictCopy);
    deepEqual(
      copies.map((name) => machine.read(name)),
      ['a file'],
    );
  }
});

test('M4 what was edited before its directory was ignored for a while is no conflict', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  b.disk.makeDirectory(`${FOLDER}/d`);
  b.write('d/one', 'one');
  ok(await desk.until(() => a.read('d/one') === 'one'));
  ok(await desk.inSync(a, b));
  b.crash();
  a.write('d/one', 'edited');
  await desk.runFor(60_000);
  a.write('.stignore', 'd\n');
  await desk.runFor(700_000);
  a.write('.stignore', '\n');
  await desk.runFor(700_000);
  await desk.start(b);
  await desk.runFor(60_000);
  equal(b.read('d/one'), 'edited');
  deepEqual([...b.inode('d').children.keys()], ['one']);
});

for (const how of ['while it runs', 'with a restart'])
  test(`G13 what was removed below an ignored directory is deleted nowhere else, ${how}, also where that comes back while its disk is away`, async () => {
    const { desk, a, b } = two();
    using _ = desk;
    const MOUNT = `${FOLDER}/photos`;
    a.disk.makeDirectory(MOUNT);
    a.disk.mount(MOUNT);
    a.disk.makeDirectory(`${MOUNT}/d`);
    for (const name of ['photos/d/one', 'photos/d/two', 'photos/three']) a.write(name, name);
    await desk.start(a, b);
    ok(await desk.until(() => b.read('photos/d/one') !== undefined && b.read('photos/three') !== undefined));
    ok(await desk.inSync(a, b));
    a.write('.stignore', 'd\n');
    await desk.runFor(700_000);
    a.disk.unlink(`${MOUNT}/d/one`);
    await desk.runFor(60_000);
    equal(b.read('photos/d/one'), 'photos/d/one');
    const top = a.disk.unmount(MOUNT);
    a.folder().rescan();
    await desk.runFor(20_000);
    deepEqual(a.problems(), [['photos', 'not-mounted']]);
    a.write('.stignore', 'e\n');
    await desk.runFor(20_000);
    if (how === 'with a restart') {
      await desk.restart(a);
      await desk.runFor(20_000);
    }
    a.disk.mount(MOUNT, top);
    a.folder().rescan();
    await desk.runFor(1_300_000);
    deepEqual([b.read('photos/d/one'), b.read('photos/d/two')], ['photos/d/one', 'photos/d/two']);
    deepEqual([a.read('photos/d/one'), a.read('photos/d/two')], ['photos/d/one', 'photos/d/two']);
    ok(await desk.inSync(a, b));
  });

test('G13 what was removed below an ignored directory is deleted nowhere else, also where the disk does not say so when that comes back', async () => {
  const { desk, a, b } = await twoWithFiles(['d', 'd/sub'], ['d/sub/one', 'd/two']);
  using _ = desk;
  a.write('.stignore', 'd\n');
  await desk.runFor(700_000);
  a.disk.rename(`${FOLDER}/d/sub`, 'elsewhere'); // as rm, but that nobody hears of what is in it
  await desk.runFor(60_000);
  ok(a.folder().records.local('d/sub/one')?.record.invalid === false);
  equal(b.read('d/sub/one'), 'd/sub/one');
  // The directory may not be entered, say.
  a.faults.afterDisk = async (call, [names], result) => {
    const done = await result;
    if (call !== 'look') return done;
    return (done as unknown[]).map((one, at) =>
      (names as string[])[at]?.startsWith('d/') === true ? { trouble: 'denied', detail: 'may not be entered' } : one,
    );
  };
  a.write('.stignore', 'e\n');
  await desk.runFor(5000);
  delete a.faults.afterDisk;
  await desk.runFor(1_300_000);
  deepEqual([b.read('d/sub/one'), b.read('d/two')], ['d/sub/one', 'd/two']);
});

test('G13 what became a pipe below an ignored directory is deleted nowhere else when that comes back', async () => {
  const { desk, a, b } = await twoWithFiles(['d', 'd/sub'], ['d/sub/one', 'd/two']);
  using _ = desk;
  a.write('.stignore', 'd\n');
  await desk.runFor(20_000);
  a.crash();
  a.hasStoppedProperly();
  a.disk.unlink(`${FOLDER}/d/sub/one`);
  a.disk.makeOther(`${FOLDER}/d/sub/one`);
  await desk.start(a);
  await desk.runFor(20_000);
  equal(a.folder().records.local('d/sub/one')?.record.invalid, false);
  a.write('.stignore', 'e\n');
  await desk.runFor(1_300_000);
  equal(b.read('d/sub/one'), 'd/sub/one');
});

test('I5 patterns that were read before the last ones, and took longer to be judged, are not those that hold', async () => {
  const { desk, a, b } = await twoWithFiles(['d'], ['d/one', 'd/two']);
  using _ = desk;
  a.write('.stignore', 'd\n*.mine\n');
  await desk.runFor(700_000);
  a.write('x.mine', 'secret');
  await desk.runFor(20_000);
  a.disk.makeDirectory(`${FOLDER}/e`);
  await desk.runFor(20_000);
  // A slow disk: to look at all that was ignored takes a while, and so does a walk.
  let isFirst = true;
  a.faults.beforeDisk = (call, _, [names]) => {
    const later = (ms: number): Promise<void> => new Promise((resolve) => void desk.scheduler.after(ms, resolve));
    if (call === 'list' && !isFirst) return later(10_000);
    if (call !== 'look' || !isFirst || !(names as string[]).includes('d/one')) return undefined;
    isFirst = false;
    return later(8000);
  };
  a.write('.stignore', '\n');
  await desk.runFor(1500);
  equal(isFirst, false);
  a.write('.stignore', 'd\n*.mine\n#\n');
  await desk.runFor(9000);
  a.write('y.mine', 'secret'); // long after all was read and taken for what the user means
  await desk.runFor(60_000);
  deepEqual([b.read('x.mine'), b.read('y.mine')], [undefined, undefined]);
});
