/** Both drivers over a network in memory: whole conversations, how often a code may be guessed, how long it lives, who gets in. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { HOST, OFFER, World } from '../../../test/harness/pairing-world.ts';
import { CODE_MS, PAUSE_MS } from '../../core/pairing/guesses.ts';
import { JoinerTries } from '../../core/pairing/joiner.ts';
import type { PairingStream } from '../../ports/network.ts';

test('J17 one code, typed once, pairs both ends and shares what was accepted', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  deepEqual(joiner.host, { name: 'maria-laptop', system: 'Linux' });
  deepEqual(joiner.device, world.machine('maria').edges.device);
  deepEqual(await world.run(joiner.tryCode(world.code)), { is: 'offer', offer: OFFER });
  deepEqual(await world.run(joiner.accept(['photos-x1'])), {
    device: world.machine('maria').edges.device,
    name: 'maria-laptop',
    address: HOST,
    addresses: OFFER.addresses,
    folders: OFFER.folders.slice(0, 1),
  });
  deepEqual(world.joined, [
    { device: world.machine('tom').edges.device, name: 'tom-xps', host: 'tom', folders: ['photos-x1'] },
  ]);
  deepEqual(world.told, ['paired tom-xps', 'closed paired']);
  equal(world.host.isOpen(), false);
  equal((await world.knock('tom')).is, 'present');
});

test('J17 the joiner is let go when the host has stored it', async () => {
  const world = new World();
  const stored = Promise.withResolvers<void>();
  world.store = () => stored.promise;
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  let isAgreed = false;
  const agreed = joiner.accept(['photos-x1']).then(() => (isAgreed = true));
  await world.scheduler.runFor(1_000);
  deepEqual([isAgreed, world.told], [false, []]);
  world.host.close(); // not now: what was agreed ends it
  stored.resolve();
  await world.run(agreed);
  deepEqual(world.told, ['paired tom-xps', 'closed paired']);
});

test('J17 a host that is slow to store does not keep the joiner for ever', async () => {
  const world = new World();
  world.store = () => new Promise(() => {});
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  const beganMs = world.scheduler.nowMs;
  ok((await world.run(joiner.accept([]))) !== undefined);
  ok(world.scheduler.nowMs - beganMs < 6_000);
});

test('J18 after a wrong code the host closes, and takes the next try on another connection', async () => {
  const world = new World();
  const tries = new JoinerTries();
  equal(await world.guess('tom', world.wrongCode, tries), 'wrong 2');
  equal(await world.guess('tom', world.code, tries), 'offer');
  deepEqual(world.told, ['wrong tom 2']);
});

test('J18 a connection takes one try', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  equal((await world.run(joiner.tryCode(world.wrongCode))).is, 'wrong');
  deepEqual(await world.run(joiner.tryCode(world.code)), { is: 'closed', because: 'no agreement' });
});

test('J18 the third wrong guess burns the code; the fourth is refused; ten seconds later there is another', async () => {
  const world = new World();
  const burnt = world.code;
  const tries = new JoinerTries();
  for (const want of ['wrong 2', 'wrong 1', 'too-many']) equal(await world.guess('eve', world.wrongCode, tries), want);
  equal(world.host.code, undefined);
  equal(world.host.isOpen(), true);
  equal(await world.guess('eve', burnt), 'too-many');
  equal(await world.guess('tom', burnt), 'closed');
  await world.scheduler.runFor(PAUSE_MS);
  deepEqual(world.told, ['wrong eve 2', 'wrong eve 1', 'wrong eve 0', 'code true']);
  equal(await world.guess('tom', burnt), 'wrong 2');
  equal(await world.guess('tom', world.code), 'offer');
});

test('J18 a joiner does not give away a fourth proof, wherever it knocks', async () => {
  const world = new World();
  const tries = new JoinerTries();
  for (let time = 1; time <= 3; time += 1) await world.guess('tom', world.wrongCode, tries);
  await world.scheduler.runFor(PAUSE_MS);
  const before = world.told.length;
  equal(await world.guess('tom-by-cable', world.code, tries), 'too-many');
  equal(world.told.length, before);
});

test('J18 after three burnt codes pairing closes and says why', async () => {
  const world = new World();
  for (const name of ['eve', 'mallory', 'oscar']) {
    for (let time = 1; time <= 3; time += 1) await world.guess(name, world.wrongCode);
    if (name !== 'oscar') await world.scheduler.runFor(PAUSE_MS);
  }
  equal(world.told.at(-1), 'closed guessed-at');
  equal(world.told.filter((line) => line.startsWith('wrong')).length, 9);
  equal((await world.knock('tom')).is, 'present');
});

test('J19 a code that nobody types closes after ten minutes; who is half way is told', async () => {
  const world = new World();
  await world.scheduler.runFor(CODE_MS - 10_000);
  const joiner = await world.joiner('tom');
  const { code } = world;
  await world.scheduler.runFor(10_000);
  deepEqual(world.told, ['closed expired']);
  const tried = await world.run(joiner.tryCode(code));
  deepEqual(tried, { is: 'closed', because: 'the host has no open code' });
});

test('J19 the code is shown with the moment of its end, by the wall', async () => {
  const world = new World();
  const untilMs = world.host.code?.untilMs ?? 0;
  equal(untilMs - world.machine('maria').edges.clock.nowMs(), CODE_MS);
  await world.scheduler.runFor(60_000);
  ok(Math.abs((world.host.code?.untilMs ?? 0) - untilMs) <= 1);
});

test('J19 a stranger that says nothing is dropped after a minute, and has not guessed', async () => {
  const world = new World();
  let closedMs: number | undefined;
  const stream = await world.stream('eve');
  const beganMs = world.scheduler.nowMs;
  stream.receive({ data: () => {}, closed: () => (closedMs = world.scheduler.nowMs) });
  await world.scheduler.runFor(61_000);
  ok(closedMs !== undefined && closedMs - beganMs >= 59_990 && closedMs - beganMs < 60_100);
  deepEqual(world.told, []);
  equal(await world.guess('eve', world.wrongCode), 'wrong 2');
});

test('J19 whoever knows the code may think about the offer for ten minutes', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  await world.scheduler.runFor(CODE_MS - 1_000);
  ok((await world.run(joiner.accept(['photos-x1']))) !== undefined);
  deepEqual(world.told, ['paired tom-xps', 'closed paired']);
});

test('J19 who thinks longer is not paired', async () => {
  const world = new World();
  const joiner = await world.joiner('tom');
  await world.run(joiner.tryCode(world.code));
  await world.scheduler.runFor(CODE_MS + 1_000);
  deepEqual(world.told, ['closed declined']);
  equal(await world.run(joiner.accept(['photos-x1'])), undefined);
});

test('J20 three connections of one source and eight in all are taken; room comes back', async () => {
  const world = new World();
  const streams: PairingStream[] = [];
  const isTaken = async (name: string): Promise<boolean> => {
    const stream = await world.stream(name);
    streams.push(stream);
    const answer = Promise.withResolvers<boolean>();
    stream.receive({ data: () => answer.resolve(true), closed: () => answer.resolve(false) });
    return world.run(answer.promise);
  };
  for (const want of [true, true, true, false]) equal(await isTaken('eve'), want);
  for (const name of ['a', 'b', 'c', 'd', 'e']) equal(await isTaken(name), true);
  equal(await isTaken('tom'), false);
  streams[0]?.destroy('gone');
  await world.scheduler.runFor(100);
  equal(await isTaken('tom'), true);
});

test('J20 when somebody has proven to know the code, who is still typing is told at once', async () => {
  const world = new World();
  const [tom, ann] = [await world.joiner('tom'), await world.joiner('ann')];
  const { code } = world;
  equal((await world.run(tom.tryCode(code))).is, 'offer');
  await world.scheduler.runFor(100);
  const before = world.sentByHost.length;
  deepEqual(await world.run(ann.tryCode(code)), { is: 'closed', because: 'the host has no open code' });
  equal(world.sentByHost.length, before);
});

test('J20 two joiners at once: one is paired, the other is told that there is no code', async () => {
  const world = new World();
  const [tom, ann] = [await world.joiner('tom'), await world.joiner('ann')];
  const tried = await world.run(Promise.all([tom.tryCode(world.code), ann.tryCode(world.code)]));
  deepEqual(tried.map(({ is }) => is).sort(), ['closed', 'offer']);
  equal(world.told.length, 0);
  const winner = tried[0]?.is === 'offer' ? tom : ann;
  await world.run(winner.accept([]));
  equal(world.joined.length, 1);
});
