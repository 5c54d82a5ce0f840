/** Bringing back what a peer's change has displaced, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { two } from './desks.ts';

test('P71 a directory comes back with all that the history has below it, links too; what stands there stays unless a time is given', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  for (const directory of ['d', 'd/e']) a.disk.makeDirectory(`${FOLDER}/${directory}`);
  a.write('d/edited', 'first');
  a.write('d/e/deleted', 'precious');
  a.disk.makeSymlink(`${FOLDER}/d/link`, Buffer.from('nowhere'));
  ok(await desk.until(() => b.read('d/e/deleted') === 'precious' && b.disk.find(`${FOLDER}/d/link`) !== undefined));
  ok(await desk.inSync(a, b));
  a.write('d/edited', 'second');
  ok(await desk.until(() => b.read('d/edited') === 'second'));
  await desk.runFor(1000);
  const atMs = b.folder().restorer.history('d/edited');
  const [edited] = await desk.scheduler.runUntil(atMs);
  for (const name of ['d/e/deleted', 'd/link']) a.disk.unlink(`${FOLDER}/${name}`);
  a.disk.removeDirectory(`${FOLDER}/d/e`);
  ok(await desk.until(() => b.disk.find(`${FOLDER}/d/e`) === undefined));
  ok(await desk.inSync(a, b));

  const restored = await desk.scheduler.runUntil(b.folder().restorer.restore('d'));
  deepEqual([restored.name, restored.type], ['d', 'directory']);
  ok(await desk.until(() => a.read('d/e/deleted') === 'precious'));
  ok(await desk.until(() => a.disk.find(`${FOLDER}/d/link`)?.type === 'symlink'));
  equal(b.read('d/edited'), 'second');
  await desk.scheduler.runUntil(b.folder().restorer.restore('d', edited?.atMs));
  ok(await desk.until(() => a.read('d/edited') === 'first'));
});

test('P71 several names that went together come back together, each with its own content', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  const names = ['x', 'y', 'z'];
  for (const name of names) a.write(name, `content of ${name}`);
  ok(await desk.until(() => names.every((name) => b.read(name) !== undefined)));
  ok(await desk.inSync(a, b));
  for (const name of names) a.disk.unlink(`${FOLDER}/${name}`);
  ok(await desk.until(() => names.every((name) => b.read(name) === undefined)));
  await desk.runFor(10_000);
  await desk.scheduler.runUntil(Promise.all(names.map((name) => b.folder().restorer.restore(name))));
  deepEqual(
    names.map((name) => b.read(name)),
    names.map((name) => `content of ${name}`),
  );
});
