/** Deletes are remembered for ever, so that whoever comes back after years brings nothing back that others have deleted. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Desk, FOLDER } from './desk.ts';
import { share, three, type Three } from './desks.ts';

const DAY_MS = 86_400_000;

async function synced(): Promise<Three> {
  const world = three('files');
  await share(
    world,
    Object.fromEntries(['kept', 'deleted', 'deleted by c'].map((name) => [name, `content of ${name}`])),
  );
  return world;
}

/** All machines are off for so long. */
async function off(desk: Desk, ms: number): Promise<void> {
  for (const machine of desk.machines) machine.crash();
  await desk.runFor(ms);
}

test('U100 case D14: who comes back after two years brings nothing back that was deleted meanwhile', async () => {
  const { desk, a, b, c } = await synced();
  using _ = desk;
  c.crash();
  a.disk.unlink(`${FOLDER}/deleted`);
  ok(await desk.until(() => b.read('deleted') === undefined));
  ok(await desk.inSync(a, b));
  await off(desk, 730 * DAY_MS);
  await desk.start(a, b);
  await desk.runFor(60_000);
  await desk.start(c);
  ok(await desk.until(() => c.read('deleted') === undefined));
  await desk.runFor(60_000);
  for (const machine of [a, b, c]) deepEqual(machine.names(), ['deleted by c', 'kept'], machine.name);
});

test('U100 case D14: a home put back from a copy of years ago brings nothing back, nor does an edit in it lose', async () => {
  const { desk, a, b, c } = await synced();
  using _ = desk;
  c.crash();
  c.backUp();
  const modifiedNs = c.disk.find(`${FOLDER}/deleted`)?.modifiedNs ?? 0n;
  await desk.start(c);
  ok(await desk.inSync(a, b, c));
  for (const name of ['deleted', 'deleted by c']) (name === 'deleted' ? a : c).disk.unlink(`${FOLDER}/${name}`);
  ok(await desk.until(() => [a, b, c].every((machine) => machine.names().length === 1)));
  ok(await desk.inSync(a, b, c));
  await off(desk, 730 * DAY_MS);
  // Records and folder as they were before the deletes.
  c.restoreBackUp();
  for (const name of ['deleted', 'deleted by c']) {
    c.write(name, `content of ${name}`);
    const inode = c.inode(name);
    c.disk.setAttributes(inode, { modifiedNs });
  }
  c.write('kept', 'edited after it was put back');
  await desk.start(a, b);
  await desk.start(c);
  ok(await desk.until(() => [a, b].every((machine) => machine.read('kept') === 'edited after it was put back')));
  await desk.runFor(120_000);
  for (const machine of [a, b]) deepEqual(machine.names(), ['kept'], machine.name);
});

test('X2 who hears of a delete from one, and of the file from another, passes it on, though it never had either', async () => {
  const desk = new Desk(['a', 'b', 'late']);
  using _ = desk;
  const [a, b, late] = desk.machines;
  ok(a && b && late);
  await desk.start(a, b);
  for (const name of ['deleted', 'kept']) a.write(name, `content of ${name}`);
  ok(await desk.until(() => b.names().length === 2));
  ok(await desk.inSync(a, b));
  desk.network.link('a', 'b').cut();
  b.disk.unlink(`${FOLDER}/deleted`);
  ok(await desk.until(() => b.folder().records.local('deleted')?.record.deleted === true));
  await desk.start(late);
  ok(await desk.until(() => a.read('deleted') === undefined));
  ok(await desk.inSync(a, b, late));
  for (const machine of [a, b, late]) deepEqual(machine.names(), ['kept'], machine.name);
});

test('U100 a delete that all have carried out is still known to all, after restarts too', async () => {
  const { desk, a, b, c } = await synced();
  using _ = desk;
  a.disk.unlink(`${FOLDER}/deleted`);
  ok(await desk.until(() => [b, c].every((machine) => machine.read('deleted') === undefined)));
  ok(await desk.inSync(a, b, c));
  await off(desk, 730 * DAY_MS);
  await desk.start(a, b, c);
  await desk.runFor(60_000);
  for (const machine of [a, b, c]) {
    equal(machine.folder().records.local('deleted')?.record.deleted, true, machine.name);
    equal(machine.folder().records.counts().local.deleted, 1);
  }
});
