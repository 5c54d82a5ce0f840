/** Engines in memory, each with a roster of its own: what they make of each other's words, true or not. */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { mergeMembers } from '../../core/members/member-set.ts';
import { printConfiguration } from '../configuration.ts';
import { withName, withPeer } from './membership.ts';

import { added, FOLDER, type MemberMachine, OTHER_FOLDER, threeOfUs } from '../../../test/harness/member-world.ts';

/** Lets a method fail so many times. @returns how many failures are left. */
function failing<Name extends string>(
  target: Record<Name, (device: never) => void>,
  name: Name,
  times: number,
): () => number {
  const call = target[name].bind(target);
  let left = times;
  target[name] = (device: never) => {
    if (left > 0) {
      left -= 1;
      throw new Error('so the test will have it');
    }
    call(device);
  };
  return () => left;
}

test('Y12 a removal closes the conversations at once, and no new one begins', async () => {
  const { world, a, b, c } = await threeOfUs();
  await a.forget(c);
  equal(a.trusts(c), false);
  await world.pass(1000);
  equal(b.trusts(c), false);
  await world.pass();
  deepEqual([c.isConnectedTo(a), c.isConnectedTo(b)], [false, false]);
  deepEqual(
    b.news.filter(({ is }) => is === 'removed').map(({ device, by }) => [device, by]),
    [[c.id, a.id]],
  );
});

test('Y16 what another says is written before it is acted on, and told only then', async () => {
  const { world, a, b, c } = await threeOfUs();
  a.kill(); // A's word comes to C only through B
  b.kill();
  await a.start();
  await a.forget(c);
  let open = (): void => {};
  b.gate = new Promise((resolve) => (open = resolve));
  await b.start();
  await world.pass();
  ok(b.isConnectedTo(a), 'B has heard it');
  ok(b.isConnectedTo(c), 'and does nothing before it is written');
  open();
  await world.pass(1000);
  deepEqual([b.trusts(c), b.membersOf(FOLDER).find(({ device }) => device === c.id)?.removed], [false, true]);
});

test('Y16 a kill before the write loses nothing but time; a kill after it neither', async () => {
  const { world, a, b, c } = await threeOfUs();
  b.kill();
  await a.forget(c);
  b.gate = new Promise(() => {});
  await b.start();
  await world.pass();
  b.kill();
  b.gate = undefined;
  await b.start();
  await world.pass();
  equal(b.trusts(c), false, 'it was told again');
  a.kill();
  b.kill();
  await b.start();
  await world.pass();
  deepEqual([b.trusts(c), c.isConnectedTo(b)], [false, false]);
});

test('Y16 what cannot be written is tried again until it can, also a removal of who is off', async () => {
  const { world, a, b, c } = await threeOfUs();
  c.kill();
  await world.pass();
  b.refusals = 3;
  await a.forget(c);
  await c.start();
  await world.pass();
  deepEqual([b.refusals < 0, b.trusts(c), b.isConnectedTo(c)], [true, false, false]);
  equal(b.logged.filter((line) => line.includes('the disk is full')).length, 1, 'and said once');
});

test('Y16 what was written and not put into force is put into force later', async () => {
  const { world, a, b, c } = await threeOfUs();
  failing(b.engine, 'forgetPeer', 2);
  c.kill();
  await a.forget(c);
  await world.pass();
  await c.start();
  await world.pass();
  deepEqual([b.trusts(c), b.isConnectedTo(c), b.news.at(-1)?.is], [false, false, 'removed']);
});

test('Y17 a removed device that meets one who does not know yet cannot put itself out of reach', async () => {
  const { world, a, b, c } = await threeOfUs();
  const truth = c.membersOf(FOLDER);
  b.kill();
  a.kill();
  await a.start();
  await a.forget(c);
  a.kill();
  await b.start();
  await c.lie(FOLDER, mergeMembers(truth, [added(c, { generation: 900 })]), [a, b]);
  await world.pass();
  ok(b.isConnectedTo(c), 'B cannot know yet');
  await a.start();
  await world.pass();
  deepEqual([a.trusts(c), b.trusts(c)], [false, false]);
  const worse = [added(c, { generation: 901 }), added(a, { removed: true })];
  await c.lie(FOLDER, mergeMembers(truth, worse), [a, b]);
  await world.pass();
  deepEqual([a.trusts(c), b.trusts(c), b.trusts(a)], [false, false, true]);
});

test('Y17 it can remove others from whom it meets first; a person puts that right', async () => {
  const { world, a, b, c } = await threeOfUs();
  const truth = c.membersOf(FOLDER);
  b.kill();
  await a.forget(c);
  a.kill();
  await b.start();
  await c.lie(FOLDER, mergeMembers(truth, [added(a, { removed: true, by: c.id })]), [b]);
  await world.pass();
  await a.start();
  await world.pass();
  deepEqual([b.trusts(a), b.trusts(c)], [false, true]);
  deepEqual(b.news.at(-1), {
    folder: FOLDER,
    is: 'removed',
    device: a.id,
    name: '10.0.0.1',
    by: c.id,
    byName: '10.0.0.3',
  });
  await b.trust(a, FOLDER);
  await world.pass();
  deepEqual([b.isConnectedTo(a), b.trusts(c), a.trusts(c)], [true, false, false]);
});

test('Y17 members that cannot be end that conversation, and nothing else', async () => {
  const { world, a, b, c } = await threeOfUs();
  const before = a.written;
  const impossible = c.membersOf(FOLDER).map((member) => ({ ...member, generation: -1 }));
  await c.lie(FOLDER, impossible, [a, b]);
  await world.pass(1000);
  match(a.logged.join('\n'), /malformed members/);
  equal(a.isConnectedTo(c), false);
  equal(b.isConnectedTo(c), false);
  deepEqual([a.isConnectedTo(b), a.trusts(c), a.written], [true, true, before]);
});

test('Y17 what a device says of a folder that we do not share with it counts for nothing', async () => {
  const { world, a, b, c } = await threeOfUs();
  await a.add(OTHER_FOLDER);
  await a.trust(b, OTHER_FOLDER);
  await world.pass(1000);
  const before = a.membersOf(OTHER_FOLDER);
  await c.lie(OTHER_FOLDER, [added(a, {}), added(b, { removed: true }), added(c, {})], [a]);
  await world.pass();
  deepEqual(a.membersOf(OTHER_FOLDER), before);
  equal(a.sharesWith(OTHER_FOLDER, c), false);
});

test('Y18 who is removed from one folder stays trusted for another, and for that alone', async () => {
  const { world, a, b, c } = await threeOfUs();
  for (const [one, other] of [
    [b, c],
    [c, b],
  ] as const) {
    await one.add(OTHER_FOLDER);
    await one.trust(other, OTHER_FOLDER);
  }
  await world.pass();
  await a.forget(c);
  await world.pass();
  deepEqual([b.trusts(c), b.sharesWith(FOLDER, c), b.sharesWith(OTHER_FOLDER, c)], [true, false, true]);
  deepEqual([b.isConnectedTo(c), b.engine.folder(FOLDER)?.records.remotes().includes(c.engine.short)], [true, false]);
  equal(c.engine.folder(FOLDER)?.error?.code, 'E_FOLDER_REMOVED');
  equal(c.engine.folder(OTHER_FOLDER)?.state, 'in-sync');
});

test('Y18 who was removed while it was off hears of it when it comes for another folder', async () => {
  const { world, a, b, c } = await threeOfUs();
  for (const [one, other] of [
    [b, c],
    [c, b],
  ] as const) {
    await one.add(OTHER_FOLDER);
    await one.trust(other, OTHER_FOLDER);
  }
  await world.pass();
  c.kill();
  await world.pass();
  await a.forget(c);
  await world.pass();
  await c.start();
  await world.pass();
  equal(c.isConnectedTo(b), true);
  equal(c.engine.folder(FOLDER)?.error?.code, 'E_FOLDER_REMOVED');
  equal(c.engine.folder(OTHER_FOLDER)?.state, 'in-sync');
});

for (const first of ['who left', 'a member'] as const) {
  test(`Y14 who left comes back when people at both ends want it, ${first} first`, async () => {
    const { world, a, c } = await threeOfUs();
    for (const machine of [a, c]) await machine.add(OTHER_FOLDER);
    await a.trust(c, OTHER_FOLDER);
    await c.trust(a, OTHER_FOLDER);
    await world.pass();
    await world.scheduler.runUntil(c.leave(FOLDER));
    await world.pass();
    deepEqual([a.sharesWith(FOLDER, c), a.isConnectedTo(c)], [false, true]);
    const atC = (): Promise<void> => c.rejoin(FOLDER, a);
    const atA = (): Promise<void> => a.trust(c, FOLDER);
    for (const act of first === 'who left' ? [atC, atA] : [atA, atC]) {
      await world.scheduler.runUntil(act());
      await world.pass();
    }
    deepEqual(
      [a.sharesWith(FOLDER, c), c.sharesWith(FOLDER, a), c.engine.folder(FOLDER)?.error],
      [true, true, undefined],
    );
  });
}

test('Y16 what a person decided, and could not be put into force, is tried again', async () => {
  const { world, a, b, c } = await threeOfUs();
  const records = a.engine.folder(FOLDER)?.records;
  ok(records !== undefined);
  const left = failing(records, 'dropRemote', 2);
  await rejects(a.forget(c));
  await world.pass();
  deepEqual([a.trusts(c), b.trusts(c), b.isConnectedTo(c), left()], [false, false, false, 0]);
});

test('Y11 a newcomer that nobody has an address of comes in by its own', async () => {
  const { world, a, b } = await threeOfUs();
  const [, , , d] = world.machines(4) as [MemberMachine, MemberMachine, MemberMachine, MemberMachine];
  await d.start();
  await d.add(FOLDER);
  await d.trust(b, FOLDER);
  await b.change((before) => withPeer(before, { id: d.id, addresses: [], folders: [FOLDER] }, b.roster.act()));
  await world.pass();
  deepEqual([a.isConnectedTo(d), d.isConnectedTo(a)], [true, true]);
  deepEqual(a.configuration.peers.find(({ id }) => id === d.id)?.addedBy, b.id);
});

test('Y11 where a newcomer is said to be is a hint, at four places at most, and no configured address', async () => {
  const { world, a, b } = await threeOfUs();
  const d = world.machines(4)[3] as MemberMachine;
  const addresses = Array.from({ length: 9 }, (_, index) => `192.0.2.${index + 1}:1111`);
  await b.change((before) => withPeer(before, { id: d.id, addresses, folders: [FOLDER] }, b.roster.act()));
  await world.pass(1000);
  deepEqual(a.configuration.peers.find(({ id }) => id === d.id)?.addresses, []);
  const hints = a.engine.peers.find(({ id }) => id === d.id)?.addresses(0) ?? [];
  deepEqual(
    hints.map(({ host, via }) => `${host} ${via}`),
    addresses.slice(0, 4).map((address) => `${address.split(':')[0]} member`),
  );
});

test('Y17 a member that says a newcomer to be where nobody can be stops nobody, now or at the next start', async () => {
  const { world, a, b } = await threeOfUs();
  const d = world.machines(4)[3] as MemberMachine;
  const trust = b.engine.trustPeer.bind(b.engine);
  b.engine.trustPeer = (setup) => trust({ ...setup, addresses: [{ host: 'fd00::[1', port: 1111 }] });
  await b.change((before) => withPeer(before, { id: d.id, addresses: [], folders: [FOLDER] }, b.roster.act()));
  await world.pass(1000);
  equal(a.trusts(d), true);
  a.kill();
  await a.start();
  equal(a.trusts(d), true);
});

for (const meanwhile of ['nothing is on its way', 'it pulls as fast as the network can'])
  test(`Y13 who is removed hears of it before the conversation closes: ${meanwhile}`, async () => {
    const { world, a, b, c } = await threeOfUs();
    b.kill(); // nobody else tells
    if (meanwhile !== 'nothing is on its way') {
      world.network.link(a.host, c.host).latencyMs = { from: 40, to: 50 };
      const bytes = Buffer.alloc(16 << 20);
      for (let at = 0; at < bytes.length; at += 4096) bytes.writeUInt32LE(at + 1, at);
      a.write(`${FOLDER}/film`, bytes);
      await world.pass(1500);
      equal(c.engine.folder(FOLDER)?.state, 'syncing');
    }
    await a.forget(c);
    await world.pass();
    equal(c.membersOf(FOLDER).find(({ device }) => device === c.id)?.removed, true);
  });

test('Y17 an address in the configuration that nobody can read keeps nobody from starting: it is left out and logged', async () => {
  const { a, b } = await threeOfUs();
  const bad = '[fd00::[1]:1111';
  a.kill();
  const peers = a.configuration.peers.map((peer) => ({ ...peer, addresses: ['10.0.0.9:1111', bad], hints: [bad] }));
  a.written = printConfiguration({ ...a.configuration, peers });
  await a.start();
  equal(a.trusts(b), true);
  ok(a.logged.some((line) => line.includes(bad)));
  await a.change((before) => withName(before, b.id, 'b'));
  deepEqual(
    a.configuration.peers.map(({ addresses, hints }) => [addresses, hints]),
    peers.map(() => [['10.0.0.9:1111'], []]),
  );
});
