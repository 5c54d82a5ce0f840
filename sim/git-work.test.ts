/** What git does to many files at once is no accident, and what only looks like it is held. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { gitIndex } from '../test/harness/git-index.ts';
import { FOLDER, type Desk, type Machine } from './desk.ts';
import { two, type Two } from './desks.ts';

const COUNT = 300;
const HOUR_MS = 3_600_000;
const SOURCES = Array.from({ length: COUNT }, (_, index) => `src/${index}`);

/** Two machines with a repository and its files, made by the first a while ago. */
async function repository(tree = ''): Promise<Two & { at: (name: string) => string }> {
  const { desk, a, b } = two();
  const at = (name: string): string => (tree === '' ? name : `${tree}/${name}`);
  const directories = ['', '.git', '.git/objects', '.git/objects/ab', 'src'].map(at).filter((name) => name !== '');
  for (const directory of directories) a.disk.makeDirectory(`${FOLDER}/${directory.replace(/\/$/u, '')}`);
  for (const name of ['.git/HEAD', '.git/objects/ab/cdef']) a.write(at(name), `${name} on main`);
  a.write(at('.git/index'), gitIndex([...SOURCES, 'on main']));
  for (let index = 0; index < COUNT; index += 1) a.write(at(`src/${index}`), `main ${index}`);
  await desk.start(a, b);
  ok(await desk.until(() => b.folder().records.counts().local.files === COUNT + 3));
  ok(await desk.inSync(a, b));
  await desk.runFor(2 * HOUR_MS);
  return { desk, a, b, at };
}

function countOf(machine: Machine, at: (name: string) => string, start: string): number {
  const names = Array.from({ length: COUNT }, (_, index) => at(`src/${index}`));
  return names.filter((name) => machine.read(name)?.startsWith(start)).length;
}

/** Every state that a machine's folder has been in from now on. */
function statesOf(desk: Desk, machines: readonly Machine[]): Set<string> {
  const states = new Set<string>();
  const look = (): void => {
    for (const machine of machines) states.add(machine.folder().state);
    desk.scheduler.after(100, look);
  };
  look();
  return states;
}

for (const tree of ['', 'project'])
  test(`U90 case E12: a checkout that rewrites all files passes unasked, with the repository ${tree === '' ? 'at the root' : 'inside'}`, async () => {
    const { desk, a, b, at } = await repository(tree);
    using _ = desk;
    const states = statesOf(desk, [a, b]);
    // By another computer than the one that made them.
    for (let index = 0; index < COUNT; index += 1) {
      b.write(at(`src/${index}`), `other ${index}`);
      if (index % 100 === 0) await desk.runFor(700);
    }
    b.write(at('.git/index'), gitIndex([...SOURCES, 'on other']));
    ok(await desk.until(() => countOf(a, at, 'other') === COUNT, 120_000));
    ok(await desk.inSync(a, b));
    equal(states.has('needs-you'), false);
  });

test('U90 case E12: a checkout that removes most files passes unasked, here and at the others', async () => {
  const { desk, a, b, at } = await repository();
  using _ = desk;
  const states = statesOf(desk, [a, b]);
  for (let index = 0; index < 250; index += 1) b.disk.unlink(`${FOLDER}/${at(`src/${index}`)}`);
  b.write(at('.git/index'), gitIndex(SOURCES.slice(250)));
  ok(await desk.until(() => countOf(a, at, 'main') === 50, 120_000));
  ok(await desk.inSync(a, b));
  equal(states.has('needs-you'), false);
});

/** Loose objects or references of the repository, made hours ago: the names of them. */
async function looseIn(directory: string, desk: Desk, a: Machine, b: Machine): Promise<string[]> {
  const names = Array.from({ length: COUNT }, (_, index) => `${directory}/loose ${index}`);
  if (b.disk.find(`${FOLDER}/${directory}`) === undefined) b.disk.makeDirectory(`${FOLDER}/${directory}`);
  for (const name of names) b.write(name, `object ${name}`);
  ok(await desk.until(() => names.every((name) => a.read(name) !== undefined), 120_000));
  ok(await desk.inSync(a, b));
  await desk.runFor(2 * HOUR_MS);
  return names;
}

for (const directory of ['.git/objects/ab', '.git/refs'])
  for (const isSlow of [false, true])
    test(`U90 case E12: what git has packed of ${directory} is removed unasked, ${isSlow ? 'where a gc takes its time' : 'here and at the others'}`, async () => {
      const { desk, a, b } = await repository();
      using _ = desk;
      const names = await looseIn(directory, desk, a, b);
      // Others may ask while they have heard of the deletes, and not yet of the packs.
      const states = statesOf(desk, isSlow ? [b] : [a, b]);
      if (isSlow) b.write('.git/gc.pid', '4711 here');
      b.disk.makeDirectory(`${FOLDER}/.git/objects/pack`);
      b.write('.git/objects/pack/pack-1.pack', 'all of them');
      for (const name of names) b.disk.unlink(`${FOLDER}/${name}`);
      if (isSlow) await desk.runFor(90_000);
      b.disk.makeDirectory(`${FOLDER}/.git/objects/info`);
      b.write('.git/objects/info/packs', 'P pack-1.pack');
      if (isSlow) b.disk.unlink(`${FOLDER}/.git/gc.pid`);
      ok(await desk.until(() => names.every((name) => a.read(name) === undefined), 120_000));
      ok(await desk.inSync(a, b));
      equal(states.has('needs-you'), false);
    });

for (const [after, name] of [
  ['a checkout', '.git/index'],
  ['a gc that was killed hours ago', '.git/gc.pid'],
] as const)
  test(`U91 objects that are removed by hand are held, also after ${after}`, async () => {
    const { desk, a, b } = await repository();
    using _ = desk;
    if (name === '.git/gc.pid') b.write(name, '4711 here');
    const objects = await looseIn('.git/objects/ab', desk, a, b);
    for (const object of objects) b.disk.unlink(`${FOLDER}/${object}`);
    if (name === '.git/index') b.write(name, gitIndex(SOURCES));
    ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
    await desk.runFor(30_000);
    ok(objects.every((object) => a.read(object) !== undefined));
  });

test('U91 who rewrites all, and the repository with it, is held; so is a rewrite without a word of git', async () => {
  for (const more of [['.git/index', '.git/HEAD', '.git/objects/ab/cdef'], []]) {
    const { desk, a, b, at } = await repository();
    using _ = desk;
    b.write(at('.git/index'), gitIndex([...SOURCES, 'ten minutes ago']));
    await desk.runFor(600_000);
    for (const name of more) b.write(at(name), `encrypted ${name}`);
    for (let index = 0; index < COUNT; index += 1) b.write(at(`src/${index}`), `encrypted ${index}`);
    ok(await desk.until(() => a.folder().state === 'needs-you', 120_000));
    await desk.runFor(30_000);
    deepEqual(
      a.problems().map(([, reason]) => reason),
      ['held-replacements-by-peers'],
    );
    ok(countOf(a, at, 'main') >= 90, `${countOf(a, at, 'main')} are as they were`);
  }
});

test('U91 files that are removed by hand, long after the last checkout, are held, as is all with the repository itself', async () => {
  for (const isAll of [false, true]) {
    const { desk, a, b, at } = await repository();
    using _ = desk;
    for (let index = 0; index < COUNT; index += 1) b.disk.unlink(`${FOLDER}/${at(`src/${index}`)}`);
    if (isAll)
      for (const name of ['HEAD', 'index', 'objects/ab/cdef']) b.disk.unlink(`${FOLDER}/${at(`.git/${name}`)}`);
    b.disk.removeDirectory(`${FOLDER}/${at('src')}`);
    ok(await desk.until(() => b.folder().state === 'needs-you', 120_000));
    await desk.runFor(30_000);
    equal(countOf(a, at, 'main'), COUNT);
  }
});

/** Files in the working tree that were never added to the repository. */
async function untracked({ desk, a, b }: Two): Promise<(machine: Machine) => number> {
  const names = Array.from({ length: COUNT }, (_, index) => `photos/${index}`);
  a.disk.makeDirectory(`${FOLDER}/photos`);
  for (const name of names) a.write(name, `photo ${name}`);
  const left = (machine: Machine): number => names.filter((name) => machine.read(name)?.startsWith('photo')).length;
  ok(await desk.until(() => left(b) === COUNT, 120_000));
  ok(await desk.inSync(a, b));
  await desk.runFor(2 * HOUR_MS);
  return left;
}

test('U91 files that were never added are held with whatever git does just then, and so is what git comes to later', async () => {
  const world = await repository();
  const { desk, a, b } = world;
  using _ = desk;
  const left = await untracked(world);
  for (let index = 0; index < COUNT; index += 1) a.disk.unlink(`${FOLDER}/photos/${index}`);
  a.disk.removeDirectory(`${FOLDER}/photos`);
  a.write('.git/index', gitIndex([...SOURCES, 'added just then']));
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  for (let index = 0; index < COUNT; index += 1) a.disk.unlink(`${FOLDER}/src/${index}`);
  ok(await desk.until(() => (a.folder().held[0]?.count ?? 0) >= 2 * COUNT));
  await desk.runFor(HOUR_MS);
  a.write('.git/index', gitIndex([...SOURCES, 'added much later']));
  await desk.runFor(HOUR_MS);
  deepEqual([left(b), a.folder().state], [COUNT, 'needs-you']);
  equal(
    countOf(b, (name) => name, 'main'),
    COUNT,
  );
});

test('U91 a program that replaces the index as well is not git, nor is what it replaces of the others its work', async () => {
  const world = await repository();
  const { desk, a, b } = world;
  using _ = desk;
  const left = await untracked(world);
  for (const name of ['.git/HEAD', '.git/index']) a.write(name, 'X');
  for (let index = 0; index < COUNT; index += 1) {
    a.write(`photos/${index}`, `X ${index}`);
    a.write(`src/${index}`, `X ${index}`);
    if (index % 50 === 0) await desk.runFor(5000);
  }
  await desk.runFor(HOUR_MS / 2);
  equal(b.folder().state, 'needs-you');
  ok(left(b) > 0 && countOf(b, (name) => name, 'main') > 0);
});

test('U90 case E12: a checkout that removes most files while lanfold is off passes unasked', async () => {
  const { desk, a, b, at } = await repository();
  using _ = desk;
  a.hasStoppedProperly();
  a.crash();
  for (let index = 0; index < 250; index += 1) a.disk.unlink(`${FOLDER}/src/${index}`);
  a.write('.git/index', gitIndex(SOURCES.slice(250)));
  await desk.runFor(60_000);
  await desk.start(a);
  const states = statesOf(desk, [a, b]);
  ok(await desk.until(() => countOf(b, at, 'main') === 50, 120_000));
  ok(await desk.inSync(a, b));
  equal(states.has('needs-you'), false);
});
