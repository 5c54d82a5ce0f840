/** Wall clocks that are wrong, set, or stand still, on memory edges: who counts is told by versions, never by the time. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../src/core/model/version-vector.ts';
import { WORLD_EPOCH_MS } from '../src/edges/memory/memory-clock.ts';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { two } from './desks.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** One saves, and both have it, without a conflict. */
async function saved(desk: Desk, by: Machine, content: string, name = 'notes.txt'): Promise<void> {
  by.write(name, content);
  const isThere = (): boolean => desk.machines.every((machine) => machine.read(name) === content);
  ok(await desk.until(isThere), `${by.name} saved "${content}": ${desk.machines.map((one) => one.read(name)).join()}`);
  ok(await desk.inSync(...desk.machines));
  for (const machine of desk.machines) {
    deepEqual(
      machine.names().filter((each) => each.startsWith(`${name.split('.')[0]}.sync-conflict-`)),
      [],
    );
    deepEqual(machine.folder().problems(), []);
  }
}

/** Both save at once while they are apart; gives what has won. */
async function conflict(desk: Desk, a: Machine, b: Machine, name: string): Promise<string | undefined> {
  await saved(desk, a, 'base', name);
  desk.network.link('a', 'b').cut();
  a.write(name, 'by a');
  await desk.runFor(5000);
  b.write(name, 'by b');
  await desk.runFor(5000);
  desk.network.link('a', 'b').heal();
  await desk.runFor(90_000);
  equal(a.read(name), b.read(name));
  return b.read(name);
}

test('case G13: a clock that was ten years ahead for a while does not win for ever, nor keep edits of others back', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  await saved(desk, a, 'before');
  a.skewMs = 10 * YEAR_MS;
  await saved(desk, a, 'from the future');
  equal(await conflict(desk, a, b, 'then'), 'by a', 'while the clock is wrong, its files are the later ones');
  const before = a.folder().records.local('notes.txt')?.record;
  a.crash();
  a.skewMs = 0;
  await desk.start(a);
  await saved(desk, b, 'by the other');
  await saved(desk, a, 'by who was ahead');
  await saved(desk, b, 'by the other again');
  const after = a.folder().records.local('notes.txt')?.record;
  ok(before && after);
  equal(compareVersions(after.version, before.version), 'newer');
  equal(await conflict(desk, a, b, 'now'), 'by b', 'the later one wins again');
});

test('case G14: a machine that starts in 1970 says nothing older, and what it saves counts', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  await saved(desk, a, 'one');
  await saved(desk, b, 'of the other', 'other.txt');
  a.crash();
  a.skewMs = -WORLD_EPOCH_MS;
  await desk.start(a);
  await desk.runFor(5000);
  for (const machine of [a, b]) equal(machine.read('notes.txt'), 'one', machine.name);
  await saved(desk, a, 'two, in 1970');
  await saved(desk, b, 'three');
  await saved(desk, a, 'four, in 1970');
  await saved(desk, a, 'by whom it was not made', 'other.txt');
  await saved(desk, a, 'new, in 1970', 'new.txt');
  a.crash();
  a.skewMs = 0;
  await desk.start(a);
  await saved(desk, a, 'five');
  await saved(desk, b, 'six');
});

test('case G15: an hour between two clocks, forwards or back, has no effect', async () => {
  for (const skewMs of [HOUR_MS, -HOUR_MS]) {
    const { desk, a, b } = two();
    using _ = desk;
    a.skewMs = skewMs;
    await desk.start(a, b);
    for (const [turn, by] of [a, b, b, a, b, a, a].entries()) await saved(desk, by, `turn ${turn}`);
    b.skewMs = skewMs; // and one that is set while it runs
    for (const [turn, by] of [b, a, b].entries()) await saved(desk, by, `later turn ${turn}`);
    a.disk.unlink(`${FOLDER}/notes.txt`);
    ok(await desk.until(() => b.names().length === 0));
    await saved(desk, b, 'back');
  }
});

test('case F25: a save is seen while the clock stands still or goes back, whether it is watched or found at the next look', async () => {
  for (const skewMs of [undefined, -HOUR_MS])
    for (const isWatched of [true, false]) {
      const { desk, a, b } = two();
      using _ = desk;
      await desk.start(a, b);
      await saved(desk, a, 'first');
      a.skewMs = skewMs;
      if (!isWatched) a.crash();
      a.write('notes.txt', 'second');
      if (!isWatched) await desk.start(a);
      ok(await desk.until(() => b.read('notes.txt') === 'second'));
      ok(await desk.inSync(a, b));
      // Of the same length, by a program that puts a new file in the old one's place.
      if (!isWatched) a.crash();
      a.write('.notes.swp', 'SECOND');
      a.disk.rename(`${FOLDER}/.notes.swp`, `${FOLDER}/notes.txt`);
      if (!isWatched) await desk.start(a);
      ok(await desk.until(() => b.read('notes.txt') === 'SECOND'), `${skewMs} ${isWatched}: ${b.read('notes.txt')}`);
      ok(await desk.inSync(a, b));
      deepEqual(b.names(), ['notes.txt']);
    }
});

test('case F25: a clock that is set back while a file comes to rest does not make it wait until the clock has caught up', async () => {
  for (const content of ['saved', '']) {
    const { desk, a, b } = two();
    using _ = desk;
    await desk.start(a, b);
    await saved(desk, a, 'first');
    a.write('notes.txt', content);
    await desk.runFor(20);
    a.skewMs = -HOUR_MS;
    ok(await desk.until(() => b.read('notes.txt') === content, 20_000));
  }
});

test('R9 case G13: a clock that is two months ahead for a while takes nothing from the history', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  await saved(desk, a, 'first');
  await saved(desk, a, 'second');
  b.skewMs = (YEAR_MS / 12) * 2;
  await desk.runFor(HOUR_MS);
  b.crash();
  await desk.start(b);
  await desk.runFor(HOUR_MS);
  b.skewMs = 0;
  await desk.runFor(HOUR_MS);
  ok(b.allContents().has('first'), [...b.allContents()].join());
});
