/** What somebody saves while others are still waiting for something large, on memory edges. */
import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { share, three } from './desks.ts';

const FILES = 2000;
/** Of a MiB each: more than is asked for at a time. */
const PHOTOS = 40;

/** From now on its disk does not give this file. @returns what makes it give. */
function hold(machine: Machine, held: string): () => void {
  const gate = Promise.withResolvers<void>();
  machine.faults.beforeDisk = (call, _, [jobs]) =>
    call === 'read' && (jobs as { name: string }[]).some(({ name }) => name === held) ? gate.promise : undefined;
  return () => gate.resolve();
}

test('P81 what is saved while a file is on its way is there before it is', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world);
  const give = hold(a, 'slow');
  a.write('slow', 'of the first');
  ok(await desk.until(() => b.folder().state === 'syncing'));
  await desk.runFor(500);
  c.write('note', 'of the second');
  ok(await desk.until(() => b.read('note') !== undefined, 3000));
  equal(b.read('slow'), undefined);
  c.write('note', 'once more');
  ok(await desk.until(() => b.read('note') === 'once more', 3000));
  c.disk.unlink(`${FOLDER}/note`);
  await desk.runFor(3000);
  equal(b.read('note'), 'once more', 'deletes are for the end of the round');
  give();
  ok(await desk.until(() => b.read('slow') === 'of the first' && b.read('note') === undefined));
  ok(await desk.inSync(a, b, c));
});

test('P81 nor does it wait for all that is asked of a peer that gives nothing just now', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world);
  const gate = Promise.withResolvers<void>();
  a.faults.beforeDisk = (call) => (call === 'read' ? gate.promise : undefined);
  for (let number = 0; number < PHOTOS; number += 1)
    a.write(`photo ${number}`, new Uint8Array(2 ** 20).fill(number + 1));
  ok(await desk.until(() => b.folder().state === 'syncing'));
  await desk.runFor(1000);
  c.write('note', 'of the second');
  ok(await desk.until(() => b.read('note') !== undefined, 3000));
  equal(b.read('photo 0'), undefined);
  gate.resolve();
  ok(await desk.until(() => b.names().length === PHOTOS + 1));
  ok(await desk.inSync(a, b, c));
});

test('P81 records that fail while news wait stop the folder, not the process', async () => {
  const world = three();
  const { desk, a, b } = world;
  using _ = desk;
  await share(world);
  const give = hold(a, 'slow');
  a.write('slow', 'a first time');
  ok(await desk.until(() => b.folder().state === 'syncing'));
  await desk.runFor(500);
  a.write('slow', 'a second time');
  await desk.runFor(3000); // it waits: its name is in work
  b.faults.beforeRecords = (call) => {
    if (['newest', 'saveLocal', 'versions', 'local'].includes(call)) throw new Error('so the test will have it');
  };
  give();
  ok(await desk.until(() => b.folder().state === 'stopped')); // the runner fails on a rejection that nobody handles
  await desk.runFor(3000);
});

test('P81 nor does it wait for thousands of names that come before it', async () => {
  const world = three();
  const { desk, a, b, c } = world;
  using _ = desk;
  await share(world);
  b.crash();
  for (let number = 0; number < FILES; number += 1) a.write(`file ${number}`, `content ${number}`);
  ok(await desk.until(() => c.names().length === FILES));
  ok(await desk.inSync(a, c));
  await desk.start(b);
  ok(await desk.until(() => b.names().length >= FILES / 100));
  c.write('note', 'short');
  ok(await desk.until(() => b.read('note') !== undefined));
  const before = b.names().length;
  ok(before < FILES * 0.75, `${before} came before it`);
  ok(await desk.until(() => b.names().length === FILES + 1));
  ok(await desk.inSync(a, b, c));
});
