/** An undo takes nothing for gone that stands there in another Unicode form (U93, N6). */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import { FOLDER } from './desk.ts';
import { twoWith } from './desks.ts';
import { countOf, filesOf, remove } from './many-files.ts';

test('U93 an undo fetches nothing that stands there in another Unicode form, and could not be given its normal form yet', async () => {
  const { desk, a, b } = await twoWith({ café: 'café', ...filesOf(100) });
  using _ = desk;
  await desk.runFor(3_600_000);
  let isRefused = true;
  const rename = a.disk.rename.bind(a.disk);
  a.disk.rename = (from, to) => {
    if (isRefused && from !== to && from.normalize('NFC') === to)
      throw new DiskFault('EINVAL', 'so the test will have it');
    rename(from, to);
  };
  a.disk.rename(`${FOLDER}/café`, `${FOLDER}/${'café'.normalize('NFD')}`);
  a.write('café'.normalize('NFD'), 'edited');
  await desk.runFor(60_000);
  deepEqual([b.read('café'), a.problems().length], ['café', 1]);
  remove(a, 0, 60);
  ok(await desk.until(() => a.folder().state === 'needs-you'));
  const { fetched } = await desk.scheduler.runUntil(a.folder().undoHeld());
  ok(await desk.until(() => countOf(a, 'content') === 100, 120_000));
  await desk.runFor(60_000);
  isRefused = false;
  a.folder().rescan();
  await desk.runFor(120_000);
  deepEqual(
    [fetched, a.names().filter((name) => name.startsWith('caf')), b.read('café'), a.problems()],
    [60, ['café'], 'edited', []],
  );
});
