/** A whole machine that is as it was some time ago, folder and records: a backup of both, or a snapshot of its image. */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Desk, FOLDER, type Machine } from './desk.ts';

interface Kept {
  readonly content: Uint8Array;
  readonly modifiedNs: bigint;
}

function world(): { desk: Desk; a: Machine; b: Machine; c: Machine } {
  const desk = new Desk(['a', 'b', 'c'], [FOLDER], 'files');
  const [a, b, c] = desk.machines;
  if (a === undefined || b === undefined || c === undefined) throw new Error('no machines');
  return { desk, a, b, c };
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
async function goneOn({ desk, a, b, c }: ReturnType<typeof world>): Promise<ReadonlyMap<string, Kept>> {
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

const EXPECTED = {
  'by a': 'by a 2',
  'by b': 'by b 2',
  kept: 'kept 1',
  'new at b': 'new at b 1',
  'new at c': 'new at c 1',
};

const texts = (machine: Machine): object =>
  Object.fromEntries(machine.names().map((name) => [name, machine.read(name)]));

test('case G05: folder and records are put back from a backup: the node catches up, and the others stay as they are', async () => {
  const all = world();
  using _ = all.desk;
  const { desk, a, b, c } = all;
  putBack(b, await goneOn(all));
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
  const all = world();
  using _ = all.desk;
  const { desk, a, b, c } = all;
  putBack(b, await goneOn(all));
  const renewedFrom = b.indexId();
  desk.network.link('a', 'b').cut();
  desk.network.link('b', 'c').cut();
  for (let run = 0; run < 3; run += 1) {
    await desk.start(b);
    for (let index = 0; index < 20; index += 1) b.write(`more ${index}`, `more ${index} of run ${run}`);
    await desk.runFor(20_000);
    b.crash();
  }
  desk.network.link('a', 'b').heal();
  desk.network.link('b', 'c').heal();
  await desk.start(b);
  await desk.runFor(5 * 60_000);
  notEqual(b.indexId(), renewedFrom);
  for (const name of b.names())
    deepEqual(a.folder().records.remote(b.short, name), b.folder().records.local(name)?.record, name);
  for (const machine of [b, c]) deepEqual(texts(machine), texts(a));
  ok(!a.names().some((name) => name.startsWith('deleted')), a.names().join());
});

test('case G06: a machine rolled back uses its sequence numbers again: peers notice, and are told the whole index', async () => {
  const all = world();
  using _ = all.desk;
  const { desk, a, b, c } = all;
  putBack(b, await goneOn(all));
  const held = a.folder().records.remoteIndex(b.short);
  // While nobody hears it: more changes than were lost, so that the highest number alone would hide that they are others.
  desk.network.link('a', 'b').cut();
  desk.network.link('b', 'c').cut();
  await desk.start(b);
  for (let index = 0; index < 20; index += 1) b.write(`more ${index}`, `more ${index}`);
  b.write('by b', 'by b 3');
  await desk.runFor(20_000);
  ok(b.folder().records.maxSequence() > held.maxSequence, 'it has got beyond the number that a has heard');
  desk.network.link('a', 'b').heal();
  desk.network.link('b', 'c').heal();
  await desk.runFor(5 * 60_000);
  for (const machine of [a, c]) {
    const now = machine.folder().records.remoteIndex(b.short);
    equal(now.indexId, b.folder().records.indexId());
    for (const name of b.names())
      deepEqual(machine.folder().records.remote(b.short, name), b.folder().records.local(name)?.record, name);
  }
  const contents = new Set([...a.allContents(), ...b.allContents(), ...c.allContents()]);
  for (const content of [...Object.values(EXPECTED), 'by b 3', 'more 0', 'more 19'])
    ok(contents.has(content), `${content} is gone`);
  deepEqual(texts(b), texts(a));
  deepEqual(texts(c), texts(a));
  ok(!a.names().some((name) => name.startsWith('deleted')), a.names().join());
});
