/** What a power cut brings back in the place of something of another kind, and what cannot be looked at then, is nobody's act (E9). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { two, type Two } from './desks.ts';

interface Acts {
  readonly longBefore: (a: Machine) => void;
  readonly rightBefore: (a: Machine) => void;
}

/** Two that share what was done on a, which has lost its power since; `isProper`: lanfold was stopped properly right before. */
async function cut({ longBefore, rightBefore }: Acts, isProper = false): Promise<Two> {
  const world = two();
  const { desk, a, b } = world;
  a.bootId = 'first start';
  await desk.start(a, b);
  longBefore(a);
  await desk.runFor(120_000);
  rightBefore(a);
  await desk.runFor(4000);
  ok(await desk.inSync(a, b));
  deepEqual(b.names(), a.names());
  if (isProper) {
    await desk.scheduler.runUntil(a.engine.close());
    a.hasStoppedProperly();
  }
  a.crash();
  a.bootId = 'second start';
  await desk.runFor(20_000);
  return world;
}

const OLD = {
  file: (a: Machine) => a.write('x', 'old'),
  symlink: (a: Machine) => void a.disk.makeSymlink(`${FOLDER}/x`, Buffer.from('kept')),
} as const;

const STOPS = [
  ['', false],
  [' right after a proper stop', true],
] as const;

for (const kind of ['file', 'symlink'] as const)
  for (const [when, isProper] of STOPS)
    test(`E9 a directory in the place of a ${kind}, which a power cut brought back${when}, comes back with what was in it`, async () => {
      let times = {};
      const world = await cut(
        {
          longBefore: OLD[kind],
          rightBefore: (a) => {
            const { modifiedNs, changedNs } = a.inode('x');
            times = { modifiedNs, changedNs };
            a.disk.unlink(`${FOLDER}/x`);
            a.disk.makeDirectory(`${FOLDER}/x`);
            a.write('x/work', 'a day of work');
          },
        },
        isProper,
      );
      const { desk, a, b } = world;
      using _ = desk;
      a.disk.unlink(`${FOLDER}/x/work`);
      a.disk.removeDirectory(`${FOLDER}/x`);
      OLD[kind](a);
      Object.assign(a.inode('x'), times);
      await desk.start(a);
      await desk.runFor(60_000);
      ok(await desk.inSync(a, b));
      for (const machine of [a, b]) {
        equal(machine.read('x/work'), 'a day of work', machine.name);
        deepEqual(machine.problems(), [], machine.name);
      }
    });

for (const [when, isProper] of STOPS)
  test(`E9 a file in the place of a directory, which a power cut brought back${when}, comes back`, async () => {
    let times = {};
    let textTimes = {};
    const world = await cut(
      {
        longBefore: (a) => {
          a.disk.makeDirectory(`${FOLDER}/x`);
          a.write('x/old', 'old');
        },
        rightBefore: (a) => {
          const [{ modifiedNs, changedNs }, text] = [a.inode('x'), a.inode('x/old')];
          times = { modifiedNs, changedNs };
          textTimes = { modifiedNs: text.modifiedNs, changedNs: text.changedNs };
          a.disk.unlink(`${FOLDER}/x/old`);
          a.disk.removeDirectory(`${FOLDER}/x`);
          a.write('x', 'a day of work');
        },
      },
      isProper,
    );
    const { desk, a, b } = world;
    using _ = desk;
    a.disk.unlink(`${FOLDER}/x`);
    a.disk.makeDirectory(`${FOLDER}/x`);
    a.write('x/old', 'old');
    Object.assign(a.inode('x/old'), textTimes);
    Object.assign(a.inode('x'), times);
    await desk.start(a);
    await desk.runFor(60_000);
    ok(await desk.inSync(a, b));
    for (const machine of [a, b]) {
      equal(machine.read('x'), 'a day of work', machine.name);
      deepEqual(machine.problems(), [], machine.name);
    }
  });

test('E9 a file that a person put in the place of a directory, after a power cut, stays', async () => {
  const world = await cut({
    longBefore: (a) => a.write('kept', 'kept'),
    rightBefore: (a) => {
      a.disk.makeDirectory(`${FOLDER}/x`);
      a.write('x/work', 'a day of work');
    },
  });
  const { desk, a, b } = world;
  using _ = desk;
  a.disk.unlink(`${FOLDER}/x/work`);
  a.disk.removeDirectory(`${FOLDER}/x`);
  a.write('x', 'instead');
  await desk.runFor(20_000);
  await desk.start(a);
  await desk.runFor(60_000);
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) equal(machine.read('x'), 'instead', machine.name);
});

test('E9 nor is it a delete where the disk does not say at first what the name is missing from', async () => {
  const world = await cut({
    longBefore: (a) => a.write('kept', 'kept'),
    rightBefore: (a) => {
      a.disk.makeDirectory(`${FOLDER}/x`);
      for (const name of ['x/other', 'x/work']) a.write(name, 'a day of work');
    },
  });
  const { desk, a, b } = world;
  using _ = desk;
  a.disk.unlink(`${FOLDER}/x/work`);
  let answers = 0;
  a.faults.afterDisk = async (call, [names], result) => {
    if (call !== 'look' || !(names as readonly string[]).includes('')) return result;
    answers += 1;
    const looks = (await result) as readonly unknown[];
    return answers > 2 ? looks : looks.map(() => ({ trouble: 'io', detail: 'EIO' }));
  };
  await desk.start(a);
  await desk.runFor(60_000);
  ok(answers > 2);
  ok(await desk.inSync(a, b));
  for (const machine of [a, b]) equal(machine.read('x/work'), 'a day of work', machine.name);
});

for (const isProper of [false, true])
  for (const [what, troubled, from, to] of [
    ['of it at first', 'x', 1, 2],
    ['of it for long, once it was gone', 'x', 2, 20],
    ['of it for a moment, once it was gone', 'x', 2, 2],
    ['of what was in it at first', 'x/y', 1, 20],
    ['of what was in it, once that was gone', 'x/y', 2, 20],
  ] as const)
    test(`E9 nor where all of a directory was taken${isProper ? ' right after a proper stop' : ''}, and the disk does not say so ${what}`, async () => {
      let times = {};
      const acts: Acts = {
        longBefore: (a) => a.write('kept', 'kept'),
        rightBefore: (a) => {
          const root = a.disk.find(FOLDER);
          times = { modifiedNs: root?.modifiedNs, changedNs: root?.changedNs };
          for (const name of ['x', 'x/y']) a.disk.makeDirectory(`${FOLDER}/${name}`);
          for (const name of ['x/other', 'x/y/work']) a.write(name, 'a day of work');
        },
      };
      const { desk, a, b } = await cut(acts, isProper);
      using _ = desk;
      if (isProper) a.bootId = undefined; // only the looks of the disk tell then
      for (const name of ['x/y/work', 'x/other']) a.disk.unlink(`${FOLDER}/${name}`);
      for (const name of ['x/y', 'x']) a.disk.removeDirectory(`${FOLDER}/${name}`);
      Object.assign(a.disk.find(FOLDER) ?? {}, times);
      let answers = 0;
      a.faults.afterDisk = async (call, [names], result) => {
        const at = call === 'look' ? (names as readonly string[]).indexOf(troubled) : -1;
        if (at < 0) return result;
        answers += 1;
        if (answers < from || answers > to) return result;
        return ((await result) as readonly unknown[]).with(at, { trouble: 'io', detail: 'EIO' });
      };
      await desk.start(a);
      await desk.runFor(1_500_000); // beyond the next sweeps
      ok(answers >= from);
      ok(await desk.inSync(a, b));
      for (const machine of [a, b])
        for (const name of ['x/other', 'x/y/work']) equal(machine.read(name), 'a day of work', machine.name);
    });
