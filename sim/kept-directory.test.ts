/** Directories that were deleted elsewhere, and stay or go with what is in them (P6). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { FOLDER } from './desk.ts';
import { twoWith, type Two } from './desks.ts';

/** That a peer, which is off by now, has deleted it. */
function hearOfDelete({ a, b }: Two, name: string): void {
  const record = b.folder().records.remote(a.short, name);
  ok(record);
  const version = record.version.map(({ device, value }) => ({ device, value: value + 1n }));
  const sequence = b.folder().records.remoteIndex(a.short).maxSequence + 1;
  const gone = { size: 0, blockSize: 0, blocks: new Uint8Array(0), deleted: true };
  b.folder().receiveIndex(a.short, [{ ...record, ...gone, version, sequence }], false);
}

/** Both share a directory with a file in it; a is off by then. */
async function withDirectory(): Promise<Two> {
  const world = await twoWith();
  const { desk, a, b } = world;
  a.disk.makeDirectory(`${FOLDER}/d`);
  a.write('d/one', 'one');
  ok(await desk.until(() => b.read('d/one') === 'one'));
  ok(await desk.inSync(a, b));
  a.crash();
  return world;
}

test('P6 a directory goes although its end is told before that of what is in it', async () => {
  const world = await withDirectory();
  const { desk, b } = world;
  using _ = desk;
  for (const name of ['d', 'd/one']) {
    hearOfDelete(world, name);
    await desk.runFor(500);
  }
  ok(await desk.until(() => b.names().length === 0));
  equal(b.folder().records.local('d')?.record.deleted, true);
});

test('P6 a directory stays also for a newer version of what is in it, which nobody can give', async () => {
  const world = await withDirectory();
  const { desk, a, b } = world;
  using _ = desk;
  const record = b.folder().records.remote(a.short, 'd/one');
  ok(record);
  const version = record.version.map(({ device, value }) => ({ device, value: value + 1n }));
  const blocks = new Uint8Array(32).fill(7);
  b.folder().receiveIndex(a.short, [{ ...record, blocks, version, sequence: record.sequence + 1 }], false);
  hearOfDelete(world, 'd');
  ok(await desk.until(() => b.folder().records.local('d')?.record.modifiedBy === b.short));
  equal(b.read('d/one'), 'one');
});

test('P6 a directory that stays for what is in it stays as somebody has made it by then', async () => {
  const world = await withDirectory();
  const { desk, a, b } = world;
  using _ = desk;
  hearOfDelete(world, 'd');
  await desk.runFor(3000); // it has waited for the end of what is in it
  b.faults.afterDisk = (call, values, result) => {
    if (call !== 'list' || values[0] !== 'd') return result;
    b.disk.setAttributes(b.inode('d'), { permissions: 0o700 });
    return new Promise((resolve) => void desk.scheduler.after(3000, () => resolve(result)));
  };
  await desk.runFor(20_000);
  await desk.start(a);
  ok(await desk.inSync(a, b));
  deepEqual(
    [a, b].map((machine) => machine.inode('d').permissions),
    [0o700, 0o700],
  );
});
