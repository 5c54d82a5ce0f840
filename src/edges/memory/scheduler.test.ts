import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Life } from './life.ts';
import { Scheduler } from './scheduler.ts';
import { SeededChance } from './seeded-chance.ts';

const never = (): boolean => false;

test('O25 events run in the order of time, then of asking; cancelled ones do not', async () => {
  const scheduler = new Scheduler();
  const chance = new SeededChance('order');
  const ran: string[] = [];
  const expected: { readonly atMs: number; readonly index: number }[] = [];
  for (let index = 0; index < 500; index += 1) {
    const atMs = chance.below(50);
    const timer = scheduler.after(atMs, () => ran.push(`${scheduler.nowMs} ${index}`));
    if (chance.happens(0.2)) timer.cancel();
    else expected.push({ atMs, index });
  }
  await scheduler.run(never);
  expected.sort((a, b) => a.atMs - b.atMs || a.index - b.index);
  assert.deepEqual(
    ran,
    expected.map(({ atMs, index }) => `${atMs} ${index}`),
  );
});

test('O25 between two events all promises have gone as far as they can', async () => {
  const scheduler = new Scheduler();
  const told: string[] = [];
  scheduler.after(1, () => {
    void (async () => {
      for (let step = 0; step < 100; step += 1) await Promise.resolve();
      told.push('promises');
    })();
  });
  scheduler.after(1, () => told.push('next event'));
  await scheduler.run(never);
  assert.deepEqual(told, ['promises', 'next event']);
});

test('O25 waiting for what never comes is an error, and a fault of an event is passed on', async () => {
  const scheduler = new Scheduler();
  await assert.rejects(scheduler.runUntil(new Promise(() => {})), /still waits/u);
  scheduler.after(1, () => {
    throw new Error('a fault');
  });
  await assert.rejects(scheduler.run(never), /a fault/u);
});

test('O26 after the end of a life nothing of it happens', async () => {
  const scheduler = new Scheduler();
  const life = new Life(scheduler);
  const told: string[] = [];
  life.after(10, () => told.push('timer'));
  void life.wait(10).then(() => told.push('promise'));
  life.onEnd(() => told.push('end'));
  scheduler.after(5, () => life.end());
  scheduler.after(6, () => life.end());
  await scheduler.run(never);
  assert.deepEqual(told, ['end']);
});

test('O27 a seed gives its own numbers again, spread evenly; another seed gives others', () => {
  const [first, again, other] = ['seed/a', 'seed/a', 'seed/b'].map((seed) => new SeededChance(seed).bytes(64).join());
  assert.equal(first, again);
  assert.notEqual(first, other);
  const chance = new SeededChance('spread');
  const counts = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 10_000; draw += 1) {
    const at = chance.below(10);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  assert.ok(
    counts.every((count) => count > 900 && count < 1100),
    counts.join(),
  );
});
