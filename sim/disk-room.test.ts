/** A disk that gets full, as the puller sees it. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { two, twoWith } from './desks.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const HOUR_MS = 3_600_000;
/** Free space is asked for again after this. */
const MEASURED_MS = 1000;

test('P60 a file that would fill the disk is not fetched, and listed; smaller ones are, and it is when there is room', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  b.disk.totalBytes = 20 * GIB; // of which a hundredth is left free
  b.disk.freeBytes = 0.01 * b.disk.totalBytes + MIB;
  await desk.start(a, b);
  a.write('big', new Uint8Array(2 * MIB).fill(1));
  a.write('small', 'small');
  ok(await desk.until(() => b.read('small') === 'small'));
  ok(await desk.until(() => b.problems().length > 0));
  deepEqual(b.problems(), [['big', 'disk-full']]);
  equal(b.read('big'), undefined);
  b.disk.freeBytes = 10 * GIB;
  ok(await desk.until(() => b.read('big') !== undefined, 120_000));
  ok(await desk.inSync(a, b));
  deepEqual(b.problems(), []);
});

test('P60 when nothing fits, the other files are not tried one by one; deletes are carried out', async () => {
  const { desk, a, b } = await twoWith({ gone: 'gone' });
  using _ = desk;
  b.disk.totalBytes = 20 * GIB;
  b.disk.freeBytes = 100 * MIB; // half of what is left free
  await desk.runFor(MEASURED_MS);
  a.disk.unlink('desk/gone');
  for (let index = 0; index < 1500; index += 1) a.write(`file ${index}`, `content ${index}`);
  ok(await desk.until(() => b.folder().records.counts().need.items === 1500));
  ok(await desk.until(() => b.read('gone') === undefined));
  ok(b.problems().length < 500, `${b.problems().length} were tried, over the rounds`);
  b.disk.freeBytes = 10 * GIB;
  ok(await desk.until(() => b.names().length === 1500, 120_000));
});

test('P60 the history makes room, the oldest first, but not with what was displaced within a day', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a, b);
  const rewrite = async (name: string, byte: number): Promise<void> => {
    a.write(name, new Uint8Array(4 * MIB).fill(byte));
    ok(await desk.until(() => b.disk.find(`desk/${name}`)?.content[0] === byte));
    ok(await desk.inSync(a, b));
  };
  const kept = async (): Promise<string[]> => {
    const entries: string[] = [];
    for (const name of ['oldest', 'old', 'young'])
      if ((await desk.scheduler.runUntil(b.folder().restorer.history(name))).length > 0) entries.push(name);
    return entries;
  };
  for (const name of ['oldest', 'old', 'young']) await rewrite(name, 1);
  await rewrite('oldest', 2);
  await desk.runFor(HOUR_MS);
  await rewrite('old', 2);
  b.crash();
  await desk.runFor(25 * HOUR_MS);
  await desk.start(b);
  ok(await desk.inSync(a, b));
  await rewrite('young', 2);
  deepEqual(await kept(), ['oldest', 'old', 'young']);

  b.disk.totalBytes = 20 * GIB;
  const reserve = 0.01 * b.disk.totalBytes;
  b.disk.freeBytes = reserve + MIB;
  await desk.runFor(MEASURED_MS);
  a.write('new', new Uint8Array(16 * MIB).fill(3));
  ok(await desk.until(() => b.problems().length > 0));
  deepEqual(await kept(), ['oldest', 'old', 'young'], 'where all of it would not be enough, it stays');
  a.write('new', new Uint8Array(3 * MIB).fill(3));
  await desk.runFor(180_000);
  deepEqual(await kept(), ['young']);
});
