/** Versions that are far from what a device gives out by itself, in whatever order they come, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTERS_PER_VECTOR_MAX } from '../src/core/limits.ts';
import type { FileRecord } from '../src/core/model/file-record.ts';
import { compareVersions, counterOf, type VersionVector } from '../src/core/model/version-vector.ts';
import type { Machine } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

/** Of a peer that is no machine of the desk. */
const STRANGE = 1n;
const NAME = 'notes.txt';

/** Two with a file, and what is recorded of it. */
async function shared(): Promise<Two & { readonly record: FileRecord }> {
  const world = await twoWith({ [NAME]: 'base' });
  const record = world.a.folder().records.local(NAME)?.record;
  ok(record);
  return { ...world, record };
}

function byDevice(...counters: (readonly [device: bigint, value: bigint])[]): VersionVector {
  return counters
    .map(([device, value]) => ({ device, value }))
    .sort((one, other) => (one.device < other.device ? -1 : 1));
}

/** A peer tells a version of the content that is here, and so it is taken over without a block. */
function tell(to: Machine, record: FileRecord, version: VersionVector): void {
  to.folder().receiveIndex(STRANGE, [{ ...record, version, modifiedBy: STRANGE, sequence: 1 }], true);
}

test('case G16: counters at the edges of 53, 63 and 64 bits: the edit that comes after them wins, and nothing wraps', async () => {
  for (const value of [2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const { desk, a, b, record } = await shared();
    using _ = desk;
    const version = byDevice(...record.version.map((counter) => [counter.device, counter.value] as const), [
      STRANGE,
      value,
    ]);
    tell(a, record, version);
    ok(await desk.until(() => counterOf(b.folder().records.local(NAME)?.record.version ?? [], STRANGE) === value));
    for (const [by, content] of [
      [b, 'by b'],
      [a, 'by a'],
    ] as const) {
      const before = by.folder().records.local(NAME)?.record.version ?? [];
      by.write(NAME, content);
      ok(await desk.until(() => a.read(NAME) === content && b.read(NAME) === content), `${value} ${content}`);
      const after = a.folder().records.newest(NAME)?.version ?? [];
      equal(compareVersions(after, before), 'newer');
      equal(counterOf(after, STRANGE), value);
    }
    for (const machine of [a, b]) deepEqual(machine.names(), [NAME]);
  }
});

test('case G16: R10 a counter that its device never gave out is counted on from by everybody, whoever was told of it', async () => {
  for (const value of [4_000_000_000n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 64n - 1n]) {
    for (const told of ['a', 'b'] as const) {
      const world = await shared();
      const { desk, a, b, record } = world;
      using _ = desk;
      const before = record.version.map((counter) => [counter.device, counter.value] as const);
      tell(world[told], record, byDevice(...before, [b.short, value], [STRANGE, 1n]));
      await desk.runFor(5000);
      for (const machine of [a, b]) machine.folder().records.dropRemote(STRANGE); // it is removed
      for (const [by, content] of [
        [a, 'by a'],
        [b, 'by b'],
        [b, 'by b again'],
        [a, 'by a again'],
      ] as const) {
        by.write(NAME, content);
        ok(await desk.until(() => a.read(NAME) === content && b.read(NAME) === content), `${value} ${told} ${content}`);
      }
      ok(await desk.inSync(a, b));
      for (const machine of [a, b]) deepEqual([machine.names(), machine.problems()], [[NAME], []]);
    }
  }
});

test('case G16: R10 who claims to have seen an edit that is not known to it yet does not replace or delete it in silence', async () => {
  for (const isDelete of [false, true]) {
    const { desk, a, b, record } = await shared();
    using _ = desk;
    const before = record.version.map((counter) => [counter.device, counter.value] as const);
    const claimed = byDevice(...before, [b.short, 2n ** 64n - 1n], [STRANGE, 1n]);
    desk.network.link('a', 'b').cut();
    const gone = { size: 0, blockSize: 0, blocks: new Uint8Array(0), deleted: true };
    tell(a, isDelete ? { ...record, ...gone } : record, claimed);
    if (isDelete) ok(await desk.until(() => a.names().length === 0));
    else {
      await desk.runFor(5000);
      a.write(NAME, 'by a, and seen');
      await desk.runFor(5000);
      a.write(NAME, 'by a');
    }
    b.write(NAME, 'by b');
    await desk.runFor(5000);
    desk.network.link('a', 'b').heal();
    await desk.runFor(90_000);
    ok(await desk.inSync(a, b));
    for (const machine of [a, b]) {
      const contents = new Set(machine.names().map((name) => machine.read(name)));
      deepEqual(contents, new Set(isDelete ? ['by b'] : ['by a', 'by b']));
      equal(machine.read(NAME), isDelete ? 'by b' : 'by a');
    }
  }
});

test('R10 a version that a thousand devices are said to have had a hand in can be edited by one more', async () => {
  const { desk, a, b, record } = await shared();
  using _ = desk;
  const crowd = Array.from({ length: COUNTERS_PER_VECTOR_MAX }, (_, index) => [BigInt(index + 1), 1_000_000n] as const);
  tell(a, record, byDevice(...crowd));
  ok(await desk.until(() => b.folder().records.local(NAME)?.record.version.length === crowd.length));
  for (const [by, content] of [
    [b, 'by b'],
    [a, 'by a'],
  ] as const) {
    by.write(NAME, content);
    ok(await desk.until(() => a.read(NAME) === content && b.read(NAME) === content), content);
  }
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) deepEqual(machine.names(), [NAME]);
});

test('case G17: a version that a thousand devices had a hand in travels and can be edited', async () => {
  const { desk, a, b, record } = await shared();
  using _ = desk;
  const many = Array.from({ length: 998 }, (_, index) => [BigInt(index + 1), 1_000_000n + BigInt(index)] as const);
  const version = byDevice(...many, ...record.version.map(({ device, value }) => [device, value] as const));
  tell(a, record, version);
  ok(await desk.until(() => b.folder().records.local(NAME)?.record.version.length === version.length));
  for (const [by, content] of [
    [b, 'by b'],
    [a, 'by a'],
    [b, 'by b again'],
  ] as const) {
    by.write(NAME, content);
    ok(await desk.until(() => a.read(NAME) === content && b.read(NAME) === content), content);
  }
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) {
    deepEqual(machine.names(), [NAME]);
    equal(machine.folder().records.local(NAME)?.record.version.length, version.length + 1, 'one more by b');
  }
});

test('case G18: a delete and what lives on may come in either order: the same one wins', async () => {
  const { desk, record } = await shared();
  using _ = desk;
  const counters = record.version.map(({ device, value }) => [device, value] as const);
  const deleted = { ...record, deleted: true, size: 0, blockSize: 0, blocks: new Uint8Array(0), modifiedBy: 5n };
  const tombstone = { ...deleted, version: byDevice(...counters, [5n, 5n]) };
  const living = {
    'made again after the delete': byDevice(...counters, [5n, 5n], [6n, 5n]),
    'edited at the same time': byDevice(...counters, [6n, 5n]),
    'that the delete had seen': record.version,
  };
  for (const [what, version] of Object.entries(living)) {
    const told = [tombstone, { ...record, version, modifiedBy: 6n }];
    const winners: FileRecord[] = [];
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const world = await shared();
      using __ = world.desk;
      for (const index of order) {
        const entry = told[index];
        ok(entry);
        world.a.folder().receiveIndex(BigInt(7 + index), [{ ...entry, sequence: 1 }], true);
        await world.desk.runFor(5000);
      }
      winners.push(...[world.a.folder().records.newest(NAME) ?? []].flat());
    }
    equal(winners.length, 2);
    for (const winner of winners) {
      equal(winner.deleted, what === 'that the delete had seen', what);
      deepEqual(winner.blocks, winners[0]?.blocks, what);
    }
  }
});

test('case E11: five hundred saves in a minute over a slow link: the last one is there soon, without a conflict or a queue', async () => {
  const { desk, a, b } = await shared();
  using _ = desk;
  desk.network.link('a', 'b').latencyMs = { from: 300, to: 700 };
  let served = 0;
  a.faults.beforeDisk = (call, _folder, [jobs]) => void (served += call === 'read' ? (jobs as unknown[]).length : 0);
  for (let save = 1; save <= 500; save += 1) {
    a.write(NAME, `save ${save}`);
    await desk.runFor(120);
  }
  ok(await desk.until(() => b.read(NAME) === 'save 500', 10_000), b.read(NAME));
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) deepEqual(machine.names(), [NAME]);
  ok(served <= 120, `${served} blocks were sent in a minute, each of which takes half a second`);
});
