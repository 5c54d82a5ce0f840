/** What is known to be damaged, and handled by a person or by a peer before it is mended. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { twoWith } from './desks.ts';

const GOOD = 'content of photo';
const BAD = 'content 0f photo';

/** What a bad disk does: other bytes, and nothing that a look could show. */
function rot(machine: Machine, name: string): void {
  machine.inode(name).content = Buffer.from(BAD);
}

/** It is in the list by now, as of a person who has asked; nothing has become of it yet. */
async function found(desk: Desk, machine: Machine): Promise<void> {
  await desk.runFor(5000); // by then everybody has said what he has
  const { damaged } = await desk.scheduler.runUntil(machine.folder().health.verifier.verify());
  equal(damaged, 1);
}

/** One of the two gives it another name, and tells of both at once. @param before what else it tells with them. */
async function renamedBy(desk: Desk, machine: Machine, before = (): void => {}): Promise<void> {
  desk.network.link('a', 'b').cut();
  before();
  machine.disk.rename(`${FOLDER}/photo`, `${FOLDER}/renamed`);
  ok(await desk.until(() => machine.folder().records.local('photo')?.record.deleted === true));
  desk.network.link('a', 'b').heal();
}

async function unreadableFor(desk: Desk, machine: Machine, ms: number): Promise<void> {
  machine.faults.afterDisk = (call, [jobs], result) =>
    call === 'hash' ? (jobs as unknown[]).map(() => ({ trouble: 'io', detail: 'EIO' })) : result;
  await desk.runFor(ms);
  delete machine.faults.afterDisk;
}

test('R4 what is damaged and known to nobody else is not announced for other permissions', async () => {
  const { desk, a, b } = await twoWith({ other: 'other' });
  using _ = desk;
  b.crash();
  a.write('photo', GOOD);
  ok(await desk.until(() => a.folder().records.local('photo') !== undefined));
  await desk.runFor(5000);
  rot(a, 'photo');
  await found(desk, a);
  a.disk.setAttributes(a.inode('photo'), { permissions: 0o600 });
  a.folder().rescan();
  await desk.runFor(60_000);
  deepEqual(a.problems(), [['photo', 'damaged']]);
  await desk.start(b);
  await desk.runFor(60_000);
  deepEqual([a.problems(), b.read('photo')], [[['photo', 'damaged']], undefined]);
  a.disk.setAttributes(a.inode('photo'), { modifiedNs: a.inode('photo').modifiedNs + 1_000_000_000n });
  ok(await desk.until(() => b.read('photo') === BAD), 'who touches it makes it his own');
  await desk.runFor(700_000);
  deepEqual(a.problems(), []);
});

test('R4 what was found damaged is not announced for other permissions, and is mended', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  rot(a, 'photo');
  await found(desk, a);
  a.disk.setAttributes(a.inode('photo'), { permissions: 0o600 });
  await desk.runFor(10_000);
  equal(b.read('photo'), GOOD);
  const { mended } = await desk.scheduler.runUntil(a.folder().health.repairer.repair());
  equal(mended.length, 1);
  deepEqual([a.read('photo'), b.read('photo')], [GOOD, GOOD]);
});

test('R4 what was found damaged stays listed when a peer gives it other permissions, and is mended', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  rot(a, 'photo');
  await found(desk, a);
  b.disk.setAttributes(b.inode('photo'), { permissions: 0o600 });
  ok(await desk.until(() => a.inode('photo').permissions === 0o600));
  await desk.runFor(700_000);
  deepEqual([a.read('photo'), b.read('photo')], [GOOD, GOOD]);
});

test('R4 what was found damaged is fetched whole when a peer renames it', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  rot(a, 'photo');
  await found(desk, a);
  await renamedBy(desk, b);
  ok(await desk.until(() => a.read('renamed') !== undefined && a.read('photo') === undefined));
  equal(a.read('renamed'), GOOD);
});

test('R4 what is found damaged while it waits to be renamed, as a peer did, is fetched whole', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  rot(a, 'photo');
  const group = Promise.withResolvers<void>();
  let groups = 0;
  a.faults.beforeDisk = (call) => (call === 'apply' && (groups += 1) === 1 ? group.promise : undefined);
  await renamedBy(desk, b, () => {
    b.disk.makeSymlink(`${FOLDER}/link`, Buffer.from('nowhere')); // needs no content, and so is the first group
  });
  ok(await desk.until(() => groups === 1));
  await found(desk, a);
  group.resolve();
  ok(await desk.until(() => a.read('renamed') !== undefined && a.read('photo') === undefined));
  equal(a.read('renamed'), GOOD);
});

for (const how of ['removes', 'moves'])
  test(`R4 who ${how} what was found damaged has deleted it from nobody else, and it comes back`, async () => {
    const { desk, a, b } = await twoWith({ photo: GOOD });
    using _ = desk;
    rot(a, 'photo');
    await found(desk, a);
    // As where it was found at rest: what was done by the next start is met by the walk before anything else.
    a.crash();
    a.hasStoppedProperly();
    if (how === 'removes') a.disk.unlink(`${FOLDER}/photo`);
    else a.disk.rename(`${FOLDER}/photo`, `${FOLDER}/moved`);
    await desk.start(a);
    ok(await desk.until(() => a.read('photo') === GOOD));
    await desk.runFor(60_000);
    deepEqual([a.read('photo'), b.read('photo'), b.read('moved')], [GOOD, GOOD, undefined]);
    deepEqual(a.problems(), how === 'removes' ? [] : [['moved', 'damaged']]);
  });

test('R4 what was found damaged stays listed also while it cannot be read', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  b.crash();
  rot(a, 'photo');
  await found(desk, a);
  await unreadableFor(desk, a, 700_000);
  await desk.runFor(700_000);
  deepEqual(a.problems(), [['photo', 'damaged']]);
});

/** Found damaged at a, and given other permissions by b a moment ago: no walk has come by since. */
async function touchedByPeer() {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  rot(a, 'photo');
  await found(desk, a);
  b.disk.setAttributes(b.inode('photo'), { permissions: 0o600 });
  ok(await desk.until(() => a.inode('photo').permissions === 0o600));
  await desk.runFor(5000);
  return { desk, a, b };
}

test('R4 what was found damaged, and has got other permissions from a peer, is not announced for other permissions', async () => {
  const { desk, a, b } = await touchedByPeer();
  using _ = desk;
  a.disk.setAttributes(a.inode('photo'), { permissions: 0o640 });
  await desk.runFor(60_000);
  equal(b.read('photo'), GOOD);
});

test('R4 who removes what was found damaged, and has got other permissions from a peer, has deleted it from nobody else', async () => {
  const { desk, a, b } = await touchedByPeer();
  using _ = desk;
  a.disk.unlink(`${FOLDER}/photo`);
  await desk.runFor(60_000);
  equal(b.read('photo'), GOOD);
});

test('R4 who moves what was found damaged, and has got other permissions from a peer, has replaced it for nobody else', async () => {
  const { desk, a, b } = await touchedByPeer();
  using _ = desk;
  a.disk.rename(`${FOLDER}/photo`, `${FOLDER}/moved`);
  await desk.runFor(60_000);
  deepEqual([b.read('photo'), b.read('moved')], [GOOD, undefined]);
});

test('R4 what was found damaged, and has got other permissions from a peer, is fetched whole when that renames it', async () => {
  const { desk, a, b } = await touchedByPeer();
  using _ = desk;
  await renamedBy(desk, b);
  ok(await desk.until(() => a.read('renamed') !== undefined && a.read('photo') === undefined));
  equal(a.read('renamed'), GOOD);
});

test('R4 what was found damaged stays listed while it cannot be read also where a peer has given it other permissions', async () => {
  const { desk, a, b } = await touchedByPeer();
  using _ = desk;
  b.crash();
  await unreadableFor(desk, a, 700_000);
  await desk.runFor(700_000);
  deepEqual(a.problems(), [['photo', 'damaged']]);
});

for (const writers of ['some', 'unknown'] as const)
  test(`R4 what was found damaged is not announced under another name where that takes a while: writers ${writers}`, async () => {
    const { desk, a, b } = await twoWith({ photo: GOOD });
    using _ = desk;
    rot(a, 'photo');
    await found(desk, a);
    const inode = a.inode('photo');
    if (writers === 'some') a.disk.openForWriting(inode);
    else
      a.faults.afterDisk = (call, [names], result) =>
        call === 'writers' ? (names as string[]).map(() => writers) : result;
    a.disk.rename(`${FOLDER}/photo`, `${FOLDER}/moved`);
    await desk.runFor(5000);
    if (writers === 'some') a.disk.closeAfterWriting(inode);
    await desk.runFor(60_000);
    deepEqual([a.read('photo'), b.read('photo'), b.read('moved')], [GOOD, GOOD, undefined]);
  });

test('R4 what was found damaged is not announced once it is no longer ignored', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  rot(a, 'photo');
  await found(desk, a);
  a.write('.stignore', 'photo\n');
  await desk.runFor(700_000);
  a.write('.stignore', '\n');
  await desk.runFor(700_000);
  deepEqual([a.read('photo'), b.read('photo')], [GOOD, GOOD]);
});

test('R4 what was found damaged, and was ignored over a restart, is not announced when it is no longer ignored', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  b.crash();
  await desk.runFor(60_000);
  rot(a, 'photo');
  await found(desk, a);
  a.write('.stignore', 'photo\n');
  await desk.runFor(700_000);
  await desk.restart(a);
  await desk.runFor(60_000);
  a.write('.stignore', '\n');
  await desk.runFor(60_000);
  await desk.start(b);
  await desk.runFor(700_000);
  equal(b.read('photo'), GOOD);
});

test('E4 what a power cut set back to what a peer has is damaged no more: who removes it then deletes it', async () => {
  const { desk, a, b } = await twoWith({ photo: GOOD });
  using _ = desk;
  await desk.runFor(60_000);
  const { modifiedNs, changedNs } = a.inode('photo');
  b.crash();
  a.write('photo', 'an edit of it');
  ok(await desk.until(() => a.folder().records.local('photo')?.record.size === 13));
  a.crash();
  a.inode('photo').content = Buffer.from(GOOD);
  Object.assign(a.inode('photo'), { modifiedNs, changedNs });
  await desk.runFor(1000);
  await desk.start(a, b);
  await desk.runFor(60_000);
  deepEqual([a.problems(), a.read('photo'), b.read('photo')], [[], GOOD, GOOD]);
  a.remove('photo');
  await desk.runFor(60_000);
  for (const machine of [a, b]) deepEqual(machine.names(), [], machine.name);
});
