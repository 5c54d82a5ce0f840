/** A disk that is mounted inside the folder, and comes and goes. */
import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../src/core/errors.ts';
import { OPERATIONS } from '../src/cli/operations.ts';
import type { Node } from '../src/index.ts';
import { FOLDER, type Machine } from './desk.ts';
import { two, type Two } from './desks.ts';

const MOUNT = `${FOLDER}/photos`;

/** What the command line needs of it. */
function handleOf(machine: Machine): object {
  const folder = machine.folder();
  return {
    id: folder.id,
    path: '/home/me/desk',
    state: folder.state,
    isHeld: false,
    problems: () => folder.problems(),
    approve: () => folder.approveDeletes(),
    approveDisk: (path: string) => folder.mounts.approve(path),
  };
}

async function withDisk(): Promise<Two> {
  const { desk, a, b } = two();
  a.disk.makeDirectory(MOUNT);
  await desk.runFor(1000); // as one does, the place is made before anything is on the disk
  a.disk.mount(MOUNT);
  a.disk.makeDirectory(`${MOUNT}/2026`);
  a.write('photos/2026/one', 'one');
  a.write('photos/two', 'two');
  await desk.start(a, b);
  ok(await desk.until(() => b.read('photos/2026/one') !== undefined && b.read('photos/two') !== undefined));
  ok(await desk.inSync(a, b));
  return { desk, a, b };
}

test('F2 case B12: while the disk inside is away nothing on it is deleted, also after a restart; edits wait for it to be back', async () => {
  const { desk, a, b } = await withDisk();
  using _ = desk;
  const top = a.disk.unmount(MOUNT);
  a.folder().rescan();
  await desk.runFor(20_000);
  deepEqual(a.problems(), [['photos', 'not-mounted']]);
  a.crash();
  await desk.start(a);
  b.write('photos/two', 'two, edited at b');
  b.write('photos/three', 'three');
  b.disk.unlink(`${MOUNT}/2026/one`);
  a.write('photos/below', 'written to where the disk is to be');
  await desk.runFor(60_000);
  deepEqual(a.problems(), [['photos', 'not-mounted']]);
  equal(a.read('photos/three'), undefined, 'nothing is put where the disk would hide it');
  equal(b.read('photos/below'), undefined);
  equal(b.read('photos/two'), 'two, edited at b');

  a.disk.mount(MOUNT, top);
  ok(
    await desk.until(() => a.read('photos/two') === 'two, edited at b' && a.read('photos/three') === 'three', 120_000),
  );
  ok(await desk.until(() => a.read('photos/2026/one') === undefined));
  ok(await desk.inSync(a, b));
  deepEqual(a.problems(), []);
  deepEqual([b.read('photos/two'), b.read('photos/2026/one')], ['two, edited at b', undefined]);
});

for (const how of ['is pulled out while lanfold runs', 'is away when lanfold starts after a power cut'])
  test(`E4 what a disk inside has lost while it ${how} comes back, and is not told as deleted or edited`, async () => {
    const { desk, a, b } = await withDisk();
    using _ = desk;
    a.write('photos/three', 'three');
    ok(await desk.until(() => b.read('photos/three') === 'three'));
    ok(await desk.inSync(a, b));
    if (how.startsWith('is away')) a.crash();
    const top = a.disk.unmount(MOUNT);
    // It was pulled out with bytes and a name that had not reached it; nothing shows it.
    top.children.delete('three');
    top.modifiedNs -= 1_000_000_000n;
    top.changedNs -= 1_000_000_000n;
    const two = top.children.get('two');
    ok(two);
    two.content = new Uint8Array(two.content.length);
    if (how.startsWith('is away')) await desk.start(a);
    else a.folder().rescan();
    await desk.runFor(20_000);
    deepEqual(a.problems(), [['photos', 'not-mounted']]);
    a.disk.mount(MOUNT, top);
    a.folder().rescan();
    ok(await desk.until(() => a.read('photos/two') === 'two' && a.read('photos/three') === 'three', 120_000));
    ok(await desk.inSync(a, b));
    deepEqual([b.read('photos/two'), b.read('photos/three')], ['two', 'three']);
    // What somebody has removed meanwhile, elsewhere, is removed.
    const again = a.disk.unmount(MOUNT);
    a.folder().rescan();
    await desk.runFor(20_000);
    again.children.delete('two');
    again.modifiedNs += 3_600_000_000_000n;
    again.changedNs = again.modifiedNs;
    a.disk.mount(MOUNT, again);
    a.folder().rescan();
    ok(await desk.until(() => b.read('photos/two') === undefined, 120_000));
    ok(await desk.inSync(a, b));
    equal(a.read('photos/two'), undefined);
  });

test('E7 what was put on a disk inside, right before a crash, and is deleted by a peer while that disk is away, stays deleted', async () => {
  const { desk, a, b } = await withDisk();
  using _ = desk;
  a.faults.beforeRecords = (call) => {
    if (call === 'saveLocal') throw new LanfoldError('E_DISK_FULL', { subject: 'records' });
  };
  b.write('photos/three', 'three');
  ok(await desk.until(() => a.read('photos/three') === 'three'));
  a.crash();
  a.faults.beforeRecords = () => {};
  const top = a.disk.unmount(MOUNT);
  await desk.start(a);
  await desk.runFor(5000);
  b.disk.unlink(`${MOUNT}/three`);
  await desk.runFor(20_000);
  a.disk.mount(MOUNT, top);
  a.folder().rescan();
  ok(await desk.until(() => a.read('photos/three') === undefined, 60_000));
  await desk.runFor(20_000);
  ok(await desk.inSync(a, b));
  equal(b.read('photos/three'), undefined);
});

test('F2 a mount point that goes with its disk takes nothing along, nor does the directory above it', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.disk.makeDirectory(`${FOLDER}/media`);
  a.disk.makeDirectory(`${FOLDER}/media/stick`);
  a.disk.mount(`${FOLDER}/media/stick`);
  a.write('media/stick/one', 'one');
  await desk.start(a, b);
  ok(await desk.until(() => b.read('media/stick/one') === 'one'));
  ok(await desk.inSync(a, b));
  a.disk.unmount(`${FOLDER}/media/stick`);
  a.disk.removeDirectory(`${FOLDER}/media/stick`);
  await desk.runFor(20_000);
  a.disk.removeDirectory(`${FOLDER}/media`);
  a.folder().rescan();
  await desk.runFor(20_000);
  equal(b.read('media/stick/one'), 'one');
  deepEqual(a.problems(), [['media/stick', 'not-mounted']]);
});

test('F2 a person may say that the disk is gone for good, also after a restart that comes right then; what is deleted while it is mounted is deleted', async () => {
  const { desk, a, b } = await withDisk();
  using _ = desk;
  a.disk.unlink(`${MOUNT}/2026/one`);
  ok(await desk.until(() => b.read('photos/2026/one') === undefined));
  a.disk.unmount(MOUNT);
  a.folder().rescan();
  await desk.runFor(20_000);
  equal(b.read('photos/two'), 'two');
  equal(a.folder().state, 'needs-you');
  const node = { folders: () => [handleOf(a)] } as unknown as Node;
  const approveDisk = (name: string): unknown =>
    OPERATIONS['approve.disk'].run(node, { path: `/home/me/desk/${name}` });
  throws(() => approveDisk('photo'), { code: 'E_USAGE' });
  deepEqual(approveDisk('photos'), { folder: FOLDER, path: 'photos' });
  a.crash();
  await desk.start(a);
  ok(await desk.until(() => b.read('photos/two') === undefined));
  ok(await desk.inSync(a, b));
  deepEqual(a.problems(), []);
});

test('F2 a disk that is back though it was said to be gone is as any other: what a power cut takes from it is no delete', async () => {
  const { desk, a, b } = await withDisk();
  using _ = desk;
  const top = a.disk.unmount(MOUNT);
  a.folder().rescan();
  await desk.runFor(20_000);
  equal(a.folder().mounts.approve('photos'), true);
  a.disk.mount(MOUNT, top); // it was in the other bag
  await desk.runFor(700_000);
  ok(await desk.inSync(a, b));
  a.crash();
  const { modifiedNs, changedNs } = a.inode('photos');
  a.disk.unlink(`${MOUNT}/two`);
  Object.assign(a.inode('photos'), { modifiedNs: modifiedNs - 10n ** 12n, changedNs: changedNs - 10n ** 12n });
  await desk.start(a);
  await desk.runFor(60_000);
  deepEqual([a.read('photos/two'), b.read('photos/two')], ['two', 'two']);
});

test('F2 who allows deletes that are held says nothing of a disk that is not mounted', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  a.disk.makeDirectory(MOUNT);
  a.disk.mount(MOUNT);
  const names = Array.from({ length: 100 }, (_, index) => `file ${index}`);
  for (const name of names) a.write(name, name);
  a.write('photos/two', 'two');
  await desk.start(a, b);
  ok(await desk.until(() => b.read('photos/two') !== undefined && b.names().length === 101));
  ok(await desk.inSync(a, b));
  const top = a.disk.unmount(MOUNT);
  a.folder().rescan();
  await desk.runFor(20_000);
  const node = { folders: () => [handleOf(a)] } as unknown as Node;
  deepEqual(await OPERATIONS.approve.run(node, {}), { folders: [] }, 'nothing is held');
  for (const name of names) a.disk.unlink(`${FOLDER}/${name}`);
  ok(await desk.until(() => a.problems().length === 2));
  deepEqual(await OPERATIONS.approve.run(node, {}), { folders: [FOLDER] });
  ok(await desk.until(() => a.problems().length === 1));
  await desk.runFor(60_000);
  deepEqual([a.problems(), a.folder().state], [[['photos', 'not-mounted']], 'needs-you']);
  equal(a.folder().records.local('photos/two')?.record.deleted, false);
  a.disk.mount(MOUNT, top);
  a.folder().rescan();
  ok(await desk.until(() => a.problems().length === 0));
  equal(b.read('photos/two'), 'two');
});

test('F2 case B12: a disk that is unmounted between the looks deletes nothing', async () => {
  const { desk, a, b } = await withDisk();
  using _ = desk;
  let isDue = true;
  a.faults.beforeDisk = (call, _, values) => {
    // The walk has found the disk mounted, and lists what is on it.
    if (call !== 'list' || values[0] !== 'photos' || !isDue) return;
    isDue = false;
    a.disk.unmount(MOUNT);
  };
  a.folder().rescan();
  await desk.runFor(20_000);
  equal(isDue, false);
  equal(b.read('photos/two'), 'two');
  deepEqual(a.problems(), [['photos', 'not-mounted']]);
});

test('F2 a root that was away at the look and is back at the check deletes nothing', async () => {
  const { desk, a, b } = await withDisk();
  using _ = desk;
  let looks = 0;
  a.faults.afterDisk = (call, values, result) => {
    const [names] = values;
    if (call === 'list' && names === 'photos') return { entries: [], unusable: [] };
    if (call !== 'look' || !(names as string[]).includes('photos/two')) return result;
    looks += 1;
    // Away while the walk and the inspector look; back at the check and after it.
    return looks <= 2 ? (names as string[]).map(() => undefined) : result;
  };
  a.folder().rescan();
  await desk.runFor(10_000);
  ok(looks > 2);
  a.faults.afterDisk = (_, __, result) => result;
  await desk.runFor(20_000);
  equal(b.read('photos/two'), 'two');
  deepEqual(a.problems(), []);
});

for (const how of ['put', 'put back'])
  test(`F2 what was ${how} on a disk that nobody has met yet is not deleted when that is away again before a walk`, async () => {
    const { desk, a, b } = two();
    using _ = desk;
    a.disk.makeDirectory(MOUNT);
    await desk.start(a, b);
    ok(await desk.until(() => b.disk.find(MOUNT) !== undefined));
    ok(await desk.inSync(a, b));
    b.write('photos/two', 'two');
    ok(await desk.until(() => a.read('photos/two') === 'two'));
    b.disk.unlink(`${MOUNT}/two`);
    ok(await desk.until(() => a.read('photos/two') === undefined));
    a.disk.mount(MOUNT);
    if (how === 'put') b.write('photos/one', 'one');
    else await desk.scheduler.runUntil(a.folder().restorer.restore('photos/two'));
    const name = how === 'put' ? 'photos/one' : 'photos/two';
    ok(await desk.until(() => [a, b].every((machine) => machine.read(name) !== undefined)));
    ok(await desk.inSync(a, b));
    a.disk.unmount(MOUNT);
    await desk.runFor(20 * 60_000);
    ok(b.read(name) !== undefined);
    deepEqual(a.problems(), [['photos', 'not-mounted']]);
  });

for (const when of ['while lanfold runs', 'while it is stopped'])
  test(`F2 nothing is put where a disk is to be that was ignored, and is no longer ${when}, while it is away`, async () => {
    const { desk, a, b } = await withDisk();
    using _ = desk;
    a.write('.stignore', 'photos\n');
    await desk.runFor(700_000);
    const top = a.disk.unmount(MOUNT);
    await desk.runFor(700_000);
    deepEqual(a.problems(), [], 'nobody waits for what is ignored');
    if (when !== 'while lanfold runs') {
      a.crash();
      a.hasStoppedProperly();
    }
    a.write('.stignore', '\n');
    if (when === 'while lanfold runs') {
      await desk.runFor(700_000);
      a.crash();
      a.hasStoppedProperly();
    }
    await desk.start(a);
    await desk.runFor(700_000);
    equal(a.read('photos/two'), undefined, 'nothing is put where the disk would hide it');
    deepEqual(a.problems(), [['photos', 'not-mounted']]);
    a.disk.mount(MOUNT, top);
    a.folder().rescan();
    ok(await desk.inSync(a, b));
    deepEqual([a.read('photos/two'), b.read('photos/two')], ['two', 'two']);
  });
