/** Bringing back what a peer's change has displaced, on memory edges. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER, type Machine } from './desk.ts';
import { two, twoWith } from './desks.ts';

const HOUR_MS = 3_600_000;

/** Base names in the directory of staged files. */
function staged(machine: Machine): string[] {
  return [...(machine.disk.find(`${FOLDER}/.lanfold/staging`)?.children.keys() ?? [])];
}

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

test('P71 at a time a directory, or the whole folder, is as it was then', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  const nameOf = ['d/edited', 'd/kept', 'd/old', 'd/brief'] as const;
  const contents = (): (string | undefined)[] => nameOf.map((name) => b.read(name));
  const arrive = async (...wanted: (string | undefined)[]): Promise<void> => {
    ok(await desk.until(() => contents().every((text, index) => text === wanted[index])));
    ok(await desk.inSync(a, b));
    await desk.runFor(HOUR_MS);
  };
  await desk.start(a, b);
  a.disk.makeDirectory(`${FOLDER}/d`);
  a.write('d/edited', 'of one');
  a.write('d/kept', 'of one');
  a.write('d/old', 'of one');
  await arrive('of one', 'of one', 'of one', undefined);
  a.write('d/edited', 'of two');
  a.disk.unlink(`${FOLDER}/d/old`);
  await arrive('of two', 'of one', undefined, undefined);
  a.write('clock', 'three');
  const threeMs = Number(a.inode('clock').modifiedNs / 1_000_000n);
  await desk.runFor(HOUR_MS);
  a.write('d/brief', 'there at four alone');
  await arrive('of two', 'of one', undefined, 'there at four alone');
  for (const name of ['d/edited', 'd/kept']) a.write(name, 'spoilt');
  a.disk.unlink(`${FOLDER}/d/brief`);
  await arrive('spoilt', 'spoilt', undefined, undefined);

  await desk.scheduler.runUntil(b.folder().restorer.restore('d', threeMs));
  await arrive('of two', 'of one', undefined, undefined);
  equal(a.read('d/edited'), 'of two');
  await desk.scheduler.runUntil(b.folder().restorer.restore('', threeMs - 2 * HOUR_MS));
  await arrive('of one', 'of one', 'of one', undefined);
  await desk.scheduler.runUntil(b.folder().restorer.restore('d/edited', threeMs));
  await arrive('of two', 'of one', 'of one', undefined);
  const [newest] = await desk.scheduler.runUntil(b.folder().restorer.history('d/edited'));
  const tooLate = b.folder().restorer.restore('d/edited', (newest?.atMs ?? 0) + 1);
  await desk.scheduler.runUntil(rejects(tooLate, { code: 'E_NOT_IN_HISTORY', message: /since then/u }));

  for (const name of ['d/old', 'd/edited']) a.disk.unlink(`${FOLDER}/${name}`);
  await arrive(undefined, 'of one', undefined, undefined);
  await desk.scheduler.runUntil(b.folder().restorer.restore(''));
  await arrive('of two', 'of one', 'of one', 'there at four alone');
});

test('P71 a restore that is refused says why, and leaves no copy behind', async () => {
  const { desk, a, b } = await twoWith({ report: 'first' });
  using _ = desk;
  a.write('report', 'second');
  ok(await desk.until(() => b.read('report') === 'second'));
  ok(await desk.inSync(a, b));
  await desk.runFor(60_000);
  const refused = (code: string): Promise<void> =>
    desk.scheduler.runUntil(rejects(b.folder().restorer.restore('report'), { code }));
  b.disk.openForWriting(b.inode('report'));
  await refused('E_IN_USE');
  deepEqual(staged(b), []);
  b.disk.closeAfterWriting(b.inode('report'));
  const { freeBytes } = b.disk;
  b.disk.freeBytes = 1;
  await refused('E_DISK_FULL');
  b.disk.freeBytes = freeBytes;
  b.faults.beforeDisk = (call) => {
    if (call === 'apply') b.write('report', 'edited here, just now');
  };
  await refused('E_CHANGED');
  delete b.faults.beforeDisk;
  deepEqual(staged(b), []);
  equal(b.read('report'), 'edited here, just now');
});

test('P71 what a round leaves is cleared away without what is being restored', async () => {
  const { desk, a, b } = await twoWith({ report: 'precious' });
  using _ = desk;
  a.disk.unlink(`${FOLDER}/report`);
  ok(await desk.until(() => b.read('report') === undefined));
  await desk.runFor(60_000);
  // The disk has other things to do first.
  const slow: Partial<Record<string, number>> = { unstage: 100, apply: 500 };
  let isClearing = false;
  b.faults.beforeDisk = (call) => {
    isClearing ||= call === 'unstage';
    return new Promise((resolve) => void desk.scheduler.after(slow[call] ?? 0, resolve));
  };
  a.write('new', 'new');
  ok(await desk.until(() => isClearing));
  await desk.scheduler.runUntil(b.folder().restorer.restore('report'));
  equal(b.read('report'), 'precious');
});

for (const now of ['nothing', 'the directory'])
  test(`P71 of a name that was a file once, and a directory of late, the directory comes back where ${now} stands there now`, async () => {
    const { desk, a, b } = await twoWith({ docs: 'a file' });
    using _ = desk;
    a.disk.unlink(`${FOLDER}/docs`);
    ok(await desk.until(() => b.read('docs') === undefined));
    await desk.runFor(60_000);
    a.disk.makeDirectory(`${FOLDER}/docs`);
    for (const name of ['one', 'two']) a.write(`docs/${name}`, name);
    ok(await desk.until(() => b.read('docs/two') === 'two' && b.read('docs/one') === 'one'));
    await desk.runFor(60_000);
    a.disk.unlink(`${FOLDER}/docs/one`);
    if (now === 'nothing') {
      a.disk.unlink(`${FOLDER}/docs/two`);
      a.disk.removeDirectory(`${FOLDER}/docs`);
    }
    ok(await desk.until(() => b.read('docs/one') === undefined));
    await desk.runFor(60_000);
    await desk.scheduler.runUntil(b.folder().restorer.restore('docs'));
    ok(await desk.until(() => a.read('docs/one') === 'one' && a.read('docs/two') === 'two'));
  });

test('P71 a file whose name is that of a directory by now, of which nothing is gone, is refused for the directory’s sake', async () => {
  const { desk, a, b } = await twoWith({ notes: 'a file' });
  using _ = desk;
  b.disk.unlink(`${FOLDER}/notes`);
  ok(await desk.until(() => a.read('notes') === undefined));
  b.disk.makeDirectory(`${FOLDER}/notes`);
  for (const text of ['first', 'second']) {
    b.write('notes/x', text);
    ok(await desk.until(() => a.read('notes/x') === text));
  }
  const refused = a.folder().restorer.restore('notes');
  await desk.scheduler.runUntil(
    rejects(refused, { code: 'E_NOT_RESTORED', message: /a directory with something in it/u }),
  );
  equal(a.read('notes/x'), 'second');
});
