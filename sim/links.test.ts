/** Links that fail without a word, for seconds or for hours, and conversations that cross or break off, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { three, two, type Two } from './desks.ts';

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

/** Starts all, and waits until everybody talks to everybody. */
async function started<World extends Two>(world: World): Promise<World> {
  const { desk } = world;
  await desk.start(...desk.machines);
  ok(await desk.until(() => desk.machines.every((one) => desk.machines.every((other) => areConnected(one, other)))));
  return world;
}

function areConnected(one: Machine, other: Machine): boolean {
  return one === other || one.engine.peers.some(({ short, isConnected }) => short === other.short && isConnected);
}

const conversationsOf = (machine: Machine): number[] => machine.engine.peers.map((peer) => peer.conversations.size);
const endedAt = (machine: Machine): number => machine.log.filter((line) => line.includes('conversation ended')).length;

/** Content of a large file, each block unlike the others. */
function large(label: string): Buffer {
  const content = Buffer.alloc(16 * MIB, label);
  for (let at = 0; at < content.length; at += 131_072) content.writeUInt32BE(at, at);
  return content;
}

test('case H01: a peer that vanishes without a word is noticed in 30 s at both ends', async () => {
  const { desk, a, b } = await started(two());
  using _ = desk;
  await desk.runFor(7000);
  desk.network.link('a', 'b').cut();
  ok(await desk.until(() => !areConnected(a, b) && !areConnected(b, a), 30_500));
});

test('case H01: what a peer that vanishes was asked for comes from another one', async () => {
  const { desk, a, b, c } = await started(three());
  using _ = desk;
  const content = large('a');
  const has = (machine: Machine): boolean => machine.disk.find(`${FOLDER}/large`)?.content.length === content.length;
  desk.network.link('a', 'b').cut();
  desk.network.link('b', 'c').cut();
  a.write('large', content);
  ok(await desk.until(() => has(c), 120_000));
  ok(await desk.inSync(a, c));
  // Both have it by now; one of them takes what it is asked for, and never answers.
  let isAsked = false;
  a.faults.beforeDisk = (call) => {
    if (call !== 'read') return undefined;
    isAsked = true;
    return new Promise<void>(() => {});
  };
  desk.network.link('a', 'b').heal();
  desk.network.link('b', 'c').heal();
  ok(await desk.until(() => isAsked, 60_000));
  desk.network.link('a', 'b').cut();
  ok(await desk.until(() => has(b), 60_000));
  ok(Buffer.from(b.disk.find(`${FOLDER}/large`)?.content ?? []).equals(content));
});

for (const [text, awayMs] of [
  ['a minute', 60_000],
  ['ten minutes', 600_000],
  ['twelve hours', 12 * HOUR_MS],
] as const)
  test(`case H02: a link that is back after ${text} is used again within 5 s`, async () => {
    const { desk, a, b } = await started(two());
    using _ = desk;
    desk.network.link('a', 'b').cut();
    a.write('by a', 'written while the link was away');
    await desk.runFor(awayMs);
    equal(areConnected(a, b), false);
    desk.network.link('a', 'b').heal();
    ok(await desk.until(() => areConnected(a, b) && areConnected(b, a), 5100));
    ok(await desk.until(() => b.read('by a') !== undefined, 5000));
  });

test('case H04: connections that are reset in the middle of messages: the content arrives once, and whole', async () => {
  const { desk, a, b } = await started(two());
  using _ = desk;
  const content = large('reset');
  a.write('large', content);
  const link = desk.network.link('a', 'b');
  link.latencyMs = { from: 100, to: 200 };
  const endedBefore = endedAt(b);
  for (let round = 0; round < 100 && endedAt(b) - endedBefore < 5; round += 1) {
    ok(await desk.until(() => areConnected(a, b) && areConnected(b, a)));
    await desk.runFor(200);
    equal(b.read('large'), undefined, `still under way in round ${round}`);
    link.cut();
    await desk.runFor(250);
    link.heal(); // half of the time it is reset
    await desk.runFor(10);
  }
  link.latencyMs = { from: 0.1, to: 2 };
  ok(endedAt(b) - endedBefore >= 5);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/large`) !== undefined, 120_000));
  ok(Buffer.from(b.disk.find(`${FOLDER}/large`)?.content ?? []).equals(content));
  ok(await desk.inSync(a, b));
  const { version, sequence } = b.folder().records.local('large')?.record ?? {};
  deepEqual(version, a.folder().records.local('large')?.record.version);
  await desk.runFor(60_000);
  equal(b.folder().records.local('large')?.record.sequence, sequence, 'nothing happens to it again');
  for (const machine of [a, b]) deepEqual(machine.names(), ['large']);
});

test('case H16: two that dial each other at the same moment keep one conversation, and stay with it', async () => {
  const { desk, a, b } = await started(two());
  using _ = desk;
  for (let round = 0; round < 100; round += 1) {
    for (const machine of [a, b]) machine.crash();
    await Promise.all([a.start(), b.start(), desk.runFor(1000)]);
    ok(await desk.until(() => areConnected(a, b) && areConnected(b, a), 10_000), `round ${round}`);
    await desk.runFor(5000);
    deepEqual([conversationsOf(a), conversationsOf(b)], [[1], [1]], `round ${round}`);
    const ended = [endedAt(a), endedAt(b)];
    await desk.runFor(30_000);
    deepEqual([endedAt(a), endedAt(b)], ended, `round ${round}: nobody lets go again`);
  }
});
