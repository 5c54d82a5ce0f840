/** What is ignored counts for nothing in what is held, also after a restart (R12). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { share, two } from './desks.ts';

function names(directory: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${directory}/${index}`);
}

const [TEXTS, BUILT, OTHERS, MORE] = [
  names('proj', 10),
  names('proj/build', 100),
  names('others', 60),
  names('more', 100),
];

function left(machine: Machine, all: readonly string[]): number {
  return all.filter((name) => machine.read(name) !== undefined).length;
}

for (const restarts of [false, true]) {
  test(`R12 few of what is held that are left are told ${restarts ? 'after a restart, too' : ''}, whatever was ignored below them`, async () => {
    const world = two();
    const { desk, a, b } = world;
    using _ = desk;
    for (const directory of ['proj', 'proj/build', 'others', 'more']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
    await share(
      world,
      Object.fromEntries([...TEXTS, ...BUILT, ...OTHERS, ...MORE].map((name) => [name, `content of ${name}`])),
    );
    a.write('.stignore', 'build');
    await desk.runFor(3_600_000);
    for (const name of [...TEXTS, ...BUILT, ...OTHERS]) a.disk.unlink(`${FOLDER}/${name}`);
    for (const directory of ['proj/build', 'proj']) a.disk.removeDirectory(`${FOLDER}/${directory}`);
    ok(await desk.until(() => a.folder().state === 'needs-you'));
    await desk.runFor(60_000);
    if (restarts) {
      await desk.restart(a);
      await desk.runFor(60_000);
    }
    for (const name of OTHERS) a.write(name, `content of ${name}`);
    await desk.runFor(300_000);
    deepEqual([left(b, TEXTS), left(b, OTHERS), a.folder().held.map(({ count }) => count)], [0, 60, []]);
  });
}
