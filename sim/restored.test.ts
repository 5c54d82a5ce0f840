/** Records that are older than what peers have heard: a home put back from a backup, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { encodeHello } from '../src/core/wire/frame.ts';
import { encodeMessage } from '../src/core/wire/message-frame.ts';
import type { ClusterFolder } from '../src/core/wire/messages.ts';
import { Life } from '../src/edges/memory/life.ts';
import { clusterDevice, clusterFolder } from '../test/harness/cluster-config.ts';
import { FOLDER, type Machine } from './desk.ts';
import { share, three, two, type Two } from './desks.ts';

function inBoth(a: Machine, b: Machine, name: string, content: string | undefined): () => boolean {
  return () => a.read(name) === content && b.read(name) === content;
}

/** Each machine has had its home copied once at the start, and files were changed by both since. */
async function goneOn({ desk, a, b }: Two): Promise<void> {
  await desk.start(a, b);
  for (const name of ['kept', 'edited', 'edited twice', 'deleted', 'theirs']) a.write(name, `${name} 1`);
  ok(await desk.until(() => b.names().length === 5));
  ok(await desk.inSync(a, b));
  b.crash();
  b.backUp();
  await desk.start(b);
  ok(await desk.inSync(a, b));
  for (const name of ['edited', 'edited twice']) b.write(name, `${name} 2`);
  b.write('new', 'new 1');
  b.disk.unlink(`${FOLDER}/deleted`);
  a.write('theirs', 'theirs 2');
  a.write('brought', 'brought 1');
  a.write('brought and deleted', 'brought and deleted 1');
  ok(await desk.until(inBoth(a, b, 'edited twice', 'edited twice 2')));
  ok(await desk.until(inBoth(a, b, 'theirs', 'theirs 2')));
  ok(await desk.until(inBoth(a, b, 'brought and deleted', 'brought and deleted 1')));
  ok(await desk.until(inBoth(a, b, 'deleted', undefined)));
  ok(await desk.inSync(a, b));
  b.crash();
  await desk.runFor(5000);
  for (const content of ['edited twice 3', 'edited twice 4']) {
    a.write('edited twice', content);
    await desk.runFor(5000);
  }
  a.write('theirs', 'theirs 3');
  a.disk.unlink(`${FOLDER}/brought and deleted`);
  await desk.runFor(5000);
}

const EXPECTED = ['brought', 'edited', 'edited twice', 'kept', 'new', 'theirs'];

test('E8 case G03: an old home put back makes no conflict copy, deletes nothing and brings nothing back', async () => {
  const world = two([FOLDER], 'files');
  using _ = world.desk;
  await goneOn(world);
  const { a, b } = world;
  const before = a.folder().records.newest('edited');
  b.restoreBackUp();
  await world.desk.start(b);
  await world.desk.runFor(60_000);
  for (const machine of [a, b]) {
    deepEqual(machine.names(), EXPECTED, machine.name);
    equal(machine.read('edited'), 'edited 2');
    equal(machine.read('edited twice'), 'edited twice 4');
    equal(machine.read('theirs'), 'theirs 3');
    equal(machine.folder().state, 'in-sync');
  }
  deepEqual(b.folder().records.newest('edited')?.version, before?.version, 'what is unchanged keeps its version');
  ok(b.log.some((line) => line.includes('knows more of our index')));
  ok(a.log.some((line) => line.includes('the index of a peer went back')));
});

test('E8 an edit made after an old home was put back is one, and wins over what the device itself had announced', async () => {
  const world = two([FOLDER], 'files');
  using _ = world.desk;
  await goneOn(world);
  const { a, b } = world;
  b.restoreBackUp();
  b.write('edited', 'edited 3');
  await world.desk.start(b);
  ok(await world.desk.until(inBoth(a, b, 'edited', 'edited 3')));
  await world.desk.runFor(60_000);
  for (const machine of [a, b]) deepEqual(machine.names(), EXPECTED, machine.name);
});

test('E5 a home that is lost brings back nothing that others have replaced or deleted meanwhile', async () => {
  const world = two([FOLDER], 'files');
  using _ = world.desk;
  const { desk: all, a, b } = world;
  b.backUp(); // knows nothing yet
  await all.start(a, b);
  for (const name of ['kept', 'edited', 'deleted']) a.write(name, `${name} 1`);
  ok(await all.until(() => b.names().length === 3));
  ok(await all.inSync(a, b));
  b.crash();
  await all.runFor(5000);
  for (const content of ['edited 2', 'edited 3']) {
    a.write('edited', content);
    await all.runFor(5000);
  }
  a.disk.unlink(`${FOLDER}/deleted`);
  await all.runFor(5000);
  b.restoreBackUp();
  // On this desk chance begins anew with each start, and would draw the key that the folder has.
  const key = b.inode('.lanfold/key');
  b.disk.write(key, Buffer.from('drawn by the home that is lost'));
  a.crash();
  await all.start(b);
  await all.runFor(5000); // it has looked at all that it has when the other one comes
  await all.start(a);
  const isClaimed = (): boolean =>
    a
      .folder()
      .records.remote(b.short, 'deleted')
      ?.version.some(({ device }) => device === b.short) === true;
  ok(!(await all.until(isClaimed)), 'not even for a moment it is told as a change');
  equal(a.read('deleted'), undefined);
  for (const machine of [a, b]) {
    deepEqual(
      machine.names().filter((name) => !name.includes('.sync-conflict-')),
      ['edited', 'kept'],
      machine.name,
    );
    equal(machine.read('edited'), 'edited 3');
    equal(machine.folder().state, 'in-sync');
  }
});

test('R14 an index that goes back is dropped and asked for anew, and its device gives it a new ID', async () => {
  const world = two([FOLDER], 'files');
  using _ = world.desk;
  await goneOn(world);
  const { a, b } = world;
  const held = a.folder().records.remoteIndex(b.short);
  b.restoreBackUp();
  // More changes than were lost: the highest number alone would hide that they are others.
  for (let index = 0; index < 20; index += 1) b.write(`more ${index}`, `more ${index}`);
  await world.desk.start(b);
  ok(await world.desk.until(inBoth(a, b, 'more 19', 'more 19')));
  await world.desk.runFor(30_000);
  const now = a.folder().records.remoteIndex(b.short);
  ok(now.indexId !== held.indexId && now.indexId === b.folder().records.indexId());
  equal(a.names().length, EXPECTED.length + 20);
  for (const name of b.names()) {
    const own = b.folder().records.local(name)?.record;
    deepEqual(a.folder().records.remote(b.short, name), own, name);
  }
});

test('E8 who is waited for has not told all while what it tells waits for a name that is being put in place', async () => {
  const world = three('files');
  const { desk, b, c } = world;
  using _ = desk;
  await share(world, { text: 'text' });
  b.crash();
  b.backUp();
  desk.network.link('b', 'c').cut();
  await desk.start(b);
  for (const name of ['new', 'newer']) b.write(name, name);
  c.write('slow', 'slow');
  ok(await desk.until(() => c.read('newer') === 'newer' && b.read('slow') === 'slow'));
  b.crash();
  b.restoreBackUp();
  b.disk.unlink(`${FOLDER}/slow`);
  desk.network.link('a', 'b').cut();
  desk.network.link('b', 'c').heal();
  let isSlow = false;
  b.faults.beforeDisk = (call) => {
    if (call !== 'apply' || isSlow) return undefined;
    isSlow = true;
    return new Promise((resolve) => void desk.scheduler.after(40_000, () => resolve()));
  };
  await desk.start(b);
  ok(await desk.until(() => isSlow, 60_000));
  desk.network.link('a', 'b').heal();
  ok(await desk.until(() => b.folder().admission.isSetBack, 30_000));
  await desk.runFor(15_000);
  equal(b.folder().admission.isSetBack, true);
  ok(await desk.until(() => !b.folder().admission.isSetBack, 40_000));
});

test('E8 who is waited for and stops sharing the folder keeps nobody waiting', async () => {
  const world = three('files');
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world, { text: 'text' });
  b.crash();
  b.backUp();
  await desk.start(b);
  for (let at = 0; at < 30; at += 1) b.write(`new ${at}`, 'x');
  ok(await desk.inSync(a, b, c));
  await desk.runFor(5000);
  b.crash();
  b.restoreBackUp();
  desk.network.link('b', 'c').cut();
  await desk.start(b);
  ok(await desk.until(() => b.folder().admission.isSetBack));
  void a.engine.addFolder({ id: FOLDER, root: FOLDER, peers: [c.device] }); // before b has heard its index
  await desk.runFor(30_000);
  desk.network.link('b', 'c').heal();
  ok(await desk.until(() => !b.folder().admission.isSilent, 300_000));
  b.write('later', 'later');
  ok(await desk.until(() => c.read('later') === 'later', 60_000));
});

test('E8 nor does a Syncthing that says so on a new connection, beside one of which nobody has noticed yet that it is dead', async () => {
  const { desk, a, b, c } = three('files');
  using _ = desk;
  await desk.start(b, c);
  b.write('before', 'before');
  ok(await desk.until(() => c.read('before') === 'before'));
  await sayAs(a, b, [
    clusterFolder(FOLDER, {
      devices: [
        clusterDevice(a.device, { indexId: 4711n, maxSequence: 3 }),
        clusterDevice(b.device, { indexId: b.folder().records.indexId(), maxSequence: 1_000_000 }),
      ],
    }),
  ]);
  ok(await desk.until(() => b.folder().admission.isSetBack));
  await desk.runFor(2000);
  ok(b.folder().admission.isSilent, 'its word is waited for');
  await sayAs(a, b, []);
  ok(await desk.until(() => !b.folder().admission.isSilent, 30_000));
  b.write('later', 'later');
  ok(await desk.until(() => c.read('later') === 'later'));

  async function sayAs(who: Machine, to: Machine, folders: ClusterFolder[]): Promise<void> {
    const stream = await desk.scheduler.runUntil(who.dial(to, new Life(desk.scheduler)));
    stream.receive({ data() {}, closed() {} });
    stream.send([encodeHello({ deviceName: who.name, clientName: 'syncthing', clientVersion: 'v1.29.0' })]);
    stream.send(encodeMessage('ClusterConfig', { folders, secondary: false }));
  }
});
