/** What cannot be renamed in case in place, on a disk that ignores case, and is to be renamed all the same. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { isTrouble, type Applied, type Change } from '../src/ports/file-tree.ts';
import { Desk, FOLDER, type Machine } from './desk.ts';

async function twoWithDocs(): Promise<{ desk: Desk; a: Machine; b: Machine }> {
  const desk = new Desk(['a', 'b'], undefined, undefined, { b: { ignoresCase: true } });
  const [a, b] = desk.machines;
  if (a === undefined || b === undefined) throw new Error('no machines');
  await desk.start(a, b);
  for (const directory of ['docs', 'docs/cache']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  for (const name of ['docs/one', 'docs/cache/two']) a.write(name, name);
  ok(await desk.until(() => b.read('docs/cache/two') !== undefined && b.read('docs/one') !== undefined));
  ok(await desk.inSync(a, b));
  return { desk, a, b };
}

test('P80 on a disk that ignores case what is renamed in case alone comes under its new name, also where some of it is ignored under that', async () => {
  const { desk, a, b } = await twoWithDocs();
  using _ = desk;
  b.write('.stignore', 'Docs/cache\n');
  await desk.runFor(60_000);
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  await desk.runFor(1_300_000);
  a.write('Docs/one', 'edited');
  await desk.runFor(1_300_000);
  deepEqual([b.problems(), b.folder().state], [[], 'in-sync']);
  equal(b.read('Docs/one'), 'edited');
});

test('P80 on a disk that ignores case what is renamed in case alone comes under its new name, also where the disk refuses to rename it', async () => {
  const { desk, a, b } = await twoWithDocs();
  using _ = desk;
  const isOurs = (change: Change): boolean => change.change === 'move' && change.from === 'docs';
  b.faults.beforeDisk = (call, _call, [changes]) => {
    if (call !== 'apply') return;
    for (const change of changes as Change[]) if (isOurs(change)) Object.assign(change, { expectedFrom: undefined }); // it is not touched
  };
  b.faults.afterDisk = async (call, [changes], result) => {
    const applied = (await result) as Applied[];
    if (call !== 'apply') return applied;
    return applied.map((one, at) =>
      isTrouble(one) && isOurs((changes as Change[])[at]!) ? { trouble: 'denied', detail: 'EPERM' } : one,
    );
  };
  a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
  await desk.runFor(1_300_000);
  a.write('Docs/one', 'edited');
  await desk.runFor(1_300_000);
  deepEqual([b.problems(), b.folder().state], [[], 'in-sync']);
  deepEqual([b.read('Docs/one'), b.read('Docs/cache/two')], ['edited', 'docs/cache/two']);
});

async function twoOfCase(): Promise<{ desk: Desk; a: Machine; b: Machine }> {
  const desk = new Desk(['a', 'b'], undefined, undefined, { b: { ignoresCase: true } });
  const [a, b] = desk.machines;
  if (a === undefined || b === undefined) throw new Error('no machines');
  await desk.start(a, b);
  ok(await desk.inSync(a, b));
  return { desk, a, b };
}

for (const who of ['both', 'b alone'])
  test(`P80 on a disk that ignores case a directory that is renamed in case alone takes along what was synced in it before ${who} ignored it`, async () => {
    const { desk, a, b } = await twoOfCase();
    using _ = desk;
    for (const directory of ['docs', 'docs/build']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
    for (const name of ['docs/one', 'docs/build/out']) a.write(name, name);
    ok(await desk.until(() => b.read('docs/one') !== undefined && b.read('docs/build/out') !== undefined));
    ok(await desk.inSync(a, b));
    if (who !== 'b alone') a.write('.stignore', 'build\n');
    b.write('.stignore', 'build\n');
    await desk.runFor(700_000);
    a.disk.rename(`${FOLDER}/docs`, `${FOLDER}/Docs`);
    await desk.runFor(1_300_000);
    deepEqual([a.problems(), b.problems()], [[], []]);
    equal(b.read('Docs/one'), 'docs/one');
    deepEqual([...b.inode('Docs').children.keys()].sort(), ['build', 'one']);
  });

test('P80 what is in a directory is deleted with it, on a disk that ignores case, where the name in another case is a file by now', async () => {
  const desk = new Desk(['a', 'b', 'c'], undefined, undefined, { b: { ignoresCase: true } });
  using _ = desk;
  const [a, b, c] = desk.machines;
  ok(a !== undefined && b !== undefined && c !== undefined);
  desk.network.link('a', 'c').cut(); // all that one has comes to the other by b
  await desk.start(a, b, c);
  c.disk.makeDirectory(`${FOLDER}/D`);
  ok(await desk.until(() => a.disk.find(`${FOLDER}/D`) !== undefined));
  for (const directory of ['d', 'd/e']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  ok(await desk.until(() => b.problems().length > 0));
  b.disk.makeDirectory(`${FOLDER}/D/e`);
  ok(await desk.until(() => c.disk.find(`${FOLDER}/D/e`) !== undefined && a.disk.find(`${FOLDER}/D/e`) !== undefined));
  c.write('d', 'a file');
  await desk.runFor(10_000);
  c.disk.removeDirectory(`${FOLDER}/D/e`);
  c.disk.removeDirectory(`${FOLDER}/D`);
  await desk.runFor(700_000);
  for (const machine of [a, b, c]) ok(!machine.names().includes('D'), machine.name);
});
