/** A whole machine that is as it was some time ago, folder and records: a backup of both, or a snapshot of its image. */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../src/core/model/version-vector.ts';
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import { FOLDER, type Machine } from './desk.ts';
import { three, type Three } from './desks.ts';

interface Kept {
  readonly content: Uint8Array;
  readonly modifiedNs: bigint;
}

function keep(machine: Machine): Map<string, Kept> {
  machine.backUp();
  return new Map(
    machine.names().flatMap((name) => {
      const inode = machine.disk.find(`${FOLDER}/${name}`);
      return inode === undefined ? [] : [[name, { content: inode.content, modifiedNs: inode.modifiedNs }]];
    }),
  );
}

/** As `cp -a` does: content and times are the old ones, inodes are new. */
function putBack(machine: Machine, kept: ReadonlyMap<string, Kept>): void {
  machine.restoreBackUp();
  for (const name of machine.names()) machine.disk.unlink(`${FOLDER}/${name}`);
  for (const [name, { content, modifiedNs }] of kept) {
    const inode = machine.disk.createFile(`${FOLDER}/${name}`, 0o644, content);
    machine.disk.setAttributes(inode, { modifiedNs });
  }
}

/** All three go on for a while after b was kept; gives what it was, and then stops it. */
async function goneOn({ desk, a, b, c }: Three): Promise<ReadonlyMap<string, Kept>> {
  await desk.start(a, b, c);
  for (const name of ['kept', 'by a', 'by b', 'deleted by a', 'deleted by b']) a.write(name, `${name} 1`);
  ok(await desk.until(() => b.names().length === 5 && c.names().length === 5));
  ok(await desk.inSync(a, b, c));
  b.crash();
  const kept = keep(b);
  await desk.start(b);
  ok(await desk.inSync(a, b, c));
  a.write('by a', 'by a 2');
  b.write('by b', 'by b 2');
  b.write('new at b', 'new at b 1');
  c.write('new at c', 'new at c 1');
  a.disk.unlink(`${FOLDER}/deleted by a`);
  b.disk.unlink(`${FOLDER}/deleted by b`);
  ok(await desk.until(() => [a, b, c].every((machine) => machine.names().length === 5)));
  ok(await desk.inSync(a, b, c));
  b.crash();
  return kept;
}

/** All three, of which b is stopped, and as it was when it was kept. */
async function rolledBack(): Promise<Three> {
  const world = three('files');
  putBack(world.b, await goneOn(world));
  return world;
}

const EXPECTED = {
  'by a': 'by a 2',
  'by b': 'by b 2',
  kept: 'kept 1',
  'new at b': 'new at b 1',
  'new at c': 'new at c 1',
};

const texts = (machine: Machine): object =>
  Object.fromEntries(machine.names().map((name) => [name, machine.read(name)]));

/** What a machine holds of the index of another is what that one has. */
function assertHolds(machine: Machine, other: Machine): void {
  for (const name of other.names())
    deepEqual(machine.folder().records.remote(other.short, name), other.folder().records.local(name)?.record, name);
}

/** All have the same, and nothing that was deleted is back. */
function assertAlike(first: Machine, ...others: readonly Machine[]): void {
  for (const machine of others) deepEqual(texts(machine), texts(first), machine.name);
  ok(!first.names().some((name) => name.startsWith('deleted')), first.names().join());
}

test('case G05: folder and records are put back from a backup: the node catches up, and the others stay as they are', async () => {
  const { desk, a, b, c } = await rolledBack();
  using _ = desk;
  const heard = (machine: Machine): number => machine.folder().records.maxSequence();
  const before = [heard(a), heard(c)];
  await desk.start(b);
  await desk.runFor(60_000);
  for (const machine of [a, b, c]) {
    deepEqual(texts(machine), EXPECTED, machine.name);
    equal(machine.folder().state, 'in-sync', machine.name);
  }
  deepEqual([heard(a), heard(c)], before, 'nothing came to them');
});

test('case G06: nor do restarts hide it, before anybody hears of the numbers that came after the ones that are lost', async () => {
  const { desk, a, b, c } = await rolledBack();
  using _ = desk;
  const renewedFrom = b.indexId();
  for (const peer of ['a', 'c']) desk.network.link('b', peer).cut();
  for (let run = 0; run < 3; run += 1) {
    await desk.start(b);
    for (let index = 0; index < 20; index += 1) b.write(`more ${index}`, `more ${index} of run ${run}`);
    await desk.runFor(20_000);
    b.crash();
  }
  for (const peer of ['a', 'c']) desk.network.link('b', peer).heal();
  await desk.start(b);
  await desk.runFor(5 * 60_000);
  notEqual(b.indexId(), renewedFrom);
  assertHolds(a, b);
  assertAlike(a, b, c);
});

test('case G06: a machine rolled back uses its sequence numbers again: peers notice, and are told the whole index', async () => {
  const { desk, a, b, c } = await rolledBack();
  using _ = desk;
  const held = a.folder().records.remoteIndex(b.short);
  // While nobody hears it: more changes than were lost, so that the highest number alone would hide that they are others.
  for (const peer of ['a', 'c']) desk.network.link('b', peer).cut();
  await desk.start(b);
  for (let index = 0; index < 20; index += 1) b.write(`more ${index}`, `more ${index}`);
  b.write('by b', 'by b 3');
  await desk.runFor(20_000);
  ok(b.folder().records.maxSequence() > held.maxSequence, 'it has got beyond the number that a has heard');
  for (const peer of ['a', 'c']) desk.network.link('b', peer).heal();
  await desk.runFor(5 * 60_000);
  for (const machine of [a, c]) {
    const now = machine.folder().records.remoteIndex(b.short);
    equal(now.indexId, b.folder().records.indexId());
    assertHolds(machine, b);
  }
  const contents = new Set([...a.allContents(), ...b.allContents(), ...c.allContents()]);
  for (const content of [...Object.values(EXPECTED), 'by b 3', 'more 0', 'more 19'])
    ok(contents.has(content), `${content} is gone`);
  assertAlike(a, b, c);
});

test('V3 case G06: with its old records and a clock that is behind, what it makes anew is another version than what peers have heard', async () => {
  const { desk, a, b, c } = three('files');
  using _ = desk;
  await desk.start(a, b, c);
  a.write('kept', 'kept');
  ok(await desk.until(() => b.read('kept') !== undefined));
  ok(await desk.inSync(a, b, c));
  b.crash();
  const kept = keep(b);
  await desk.start(b);
  b.write('report', 'a day of work');
  ok(await desk.until(() => c.read('report') !== undefined && a.read('report') !== undefined));
  b.crash();
  putBack(b, kept);
  b.skewMs = -60_000;
  for (const peer of [a, c])
    peer.faults.beforeDisk = (call) => {
      if (call === 'read') throw new DiskFault('ENOENT', 'it cannot be had back yet');
    };
  await desk.start(b);
  ok(await desk.until(() => b.problems().join() === 'report,no-source'));
  b.write('report', 'another day');
  ok(await desk.until(() => b.folder().records.local('report') !== undefined));
  const [ours, theirs] = [b, c].map((machine) => machine.folder().records.local('report')?.record.version);
  ok(ours && theirs);
  equal(compareVersions(ours, theirs), 'newer');
});
