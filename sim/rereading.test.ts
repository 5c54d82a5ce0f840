/** Content that changes although no look shows it, over weeks of one device or two. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { Desk, FOLDER, type Machine } from './desk.ts';
import { two, twoWith, type Two } from './desks.ts';

const DAY_MS = 86_400_000;

/** What a bad disk does: other bytes, and nothing that a look could show. */
function rot(machine: Machine, name: string, content: string): void {
  const inode = machine.disk.find(`${FOLDER}/${name}`);
  if (inode === undefined) throw new Error(`${name} is not there`);
  inode.content = Buffer.from(content);
}

/** Makes it high time for all that has not been read since the last round. */
async function weeksLater(desk: Desk, machine: Machine): Promise<void> {
  machine.folder().records.setNote('reread', JSON.stringify({ startedMs: 0, after: '', done: 0, dueMs: 0 }));
  machine.folder().rescan();
  await desk.runFor(10_000);
}

function synced(): Promise<Two> {
  return twoWith({ photo: 'as it was taken', text: 'as it was written' });
}

test('R4 case A14: bytes that changed under the same look are found within a month, and a good copy comes from a peer', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  b.crash();
  rot(a, 'photo', 'as it was tAken');
  await weeksLater(desk, a);
  equal(a.read('photo'), 'as it was tAken', 'it stays as it is until the good copy is there');
  deepEqual(a.problems(), [['photo', 'damaged']]);
  await desk.start(b);
  ok(await desk.until(() => a.read('photo') === 'as it was taken'));
  equal(b.read('photo'), 'as it was taken');
  ok(await desk.inSync(a, b));
  deepEqual(a.folder().problems(), []);
  const kept = await desk.scheduler.runUntil(a.folder().restorer.history('photo'));
  equal(kept.length, 1, 'what stood there is in the history');
});

test('R4 case A14: the only copy stays, is listed and not announced, until a person saves it again', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  await desk.start(a);
  a.write('photo', 'as it was taken');
  ok(await desk.inSync(a));
  const told = a.folder().records.maxSequence();
  rot(a, 'photo', 'as it was tAken');
  await weeksLater(desk, a);
  equal(a.folder().records.maxSequence(), told);
  match(a.folder().problems()[0]?.text ?? '', /No other computer has it whole/);
  a.crash();
  await desk.start(a);
  ok(await desk.until(() => a.folder().problems()[0]?.reason === 'damaged'), 'it is listed after a restart');
  a.write('photo', 'as it was tAken');
  await desk.start(b);
  ok(await desk.until(() => b.read('photo') === 'as it was tAken'));
  deepEqual(a.folder().problems(), []);
});

test('R4 all is read once in 28 days, in one stretch a day, going on where it was after each restart', async () => {
  const desk = new Desk(['a']);
  using _ = desk;
  const [a] = desk.machines;
  if (a === undefined) throw new Error('no machine');
  const read: { name: string; day: number }[] = [];
  a.faults.beforeDisk = (call, _, values) => {
    if (call !== 'read') return;
    const [jobs] = values as [{ name: string }[]];
    for (const { name } of jobs)
      if (name !== '.stignore') read.push({ name, day: Math.floor(desk.scheduler.nowMs / DAY_MS) });
  };
  await desk.start(a);
  const names = Array.from({ length: 56 }, (_, index) => `file ${String(index).padStart(2, '0')}`);
  for (const name of names) a.write(name, `content of ${name}`);
  ok(await desk.inSync(a));
  deepEqual(read, [], 'what was recorded just now is not read again');
  for (let day = 0; day < 27; day += 1) {
    await desk.runFor(DAY_MS);
    a.crash();
    await desk.start(a);
  }
  await desk.runFor(2 * DAY_MS);
  deepEqual(read.map(({ name }) => name).slice(0, names.length), names);
  const perDay = new Map<number, number>();
  for (const { day } of read) perDay.set(day, (perDay.get(day) ?? 0) + 1);
  ok(
    [...perDay.values()].every((count) => count <= 5),
    JSON.stringify([...perDay]),
  );
});

test('R4 it reads at 10 MB/s at most, and steps aside while a peer pulls', async () => {
  const { desk, a, b } = await synced();
  using _ = desk;
  b.crash();
  const bytes = 4 << 20;
  for (let index = 0; index < 8; index += 1) a.write(`big ${index}`, new Uint8Array(bytes).fill(index + 1));
  ok(await desk.until(() => a.folder().records.counts().local.files === 10));
  await desk.runFor(10_000); // b has pulled just now
  /** How long all of them take to be read again. */
  const reading = async (): Promise<number> => {
    const times: number[] = [];
    a.faults.beforeDisk = (call) => {
      if (call === 'read') times.push(desk.scheduler.nowMs);
    };
    await weeksLater(desk, a);
    ok(await desk.until(() => times.length >= 8 * 4 + 2, 10 * 60_000));
    return (times.at(-1) ?? 0) - (times[0] ?? 0);
  };
  const aloneMs = ((8 * bytes) / 10_000_000) * 1000;
  const tookMs = await reading();
  ok(tookMs > aloneMs * 0.9 && tookMs < aloneMs * 1.5, `${tookMs} ms`);
  let isAsking = true;
  const ask = async (): Promise<void> => {
    while (isAsking) {
      await a.folder().supplier.supply({ name: 'none', offset: 0, bytes: 1, hash: new Uint8Array() });
      await new Promise<void>((resolve) => desk.scheduler.after(1000, resolve));
    }
  };
  const asking = ask();
  const besideMs = await reading();
  isAsking = false;
  await desk.scheduler.runUntil(asking);
  ok(besideMs > aloneMs * 10, `${besideMs} ms`);
});

test('R4 a clock that was years ahead when the reading began stops it for no longer than it was', async () => {
  const { desk, a } = two();
  using _ = desk;
  a.skewMs = 3650 * DAY_MS;
  await desk.start(a);
  a.write('photo', 'as it was taken');
  ok(await desk.inSync(a));
  await desk.runFor(700_000);
  a.skewMs = 0;
  rot(a, 'photo', 'as it was tAken');
  await desk.runFor(1.1 * DAY_MS);
  deepEqual(a.problems(), [['photo', 'damaged']]);
});

test('R4 a clock that is years behind after each start, until it is set, has nothing read again', async () => {
  const desk = new Desk(['a']);
  using _ = desk;
  const [a] = desk.machines;
  if (a === undefined) throw new Error('no machine');
  const perDay = new Map<number, number>();
  a.faults.beforeDisk = (call, _, [jobs]) => {
    if (call !== 'read' || (jobs as { name: string }[])[0]?.name === '.stignore') return;
    const day = Math.floor(desk.scheduler.nowMs / DAY_MS);
    perDay.set(day, (perDay.get(day) ?? 0) + 1);
  };
  const yearsMs = 50 * 365 * DAY_MS;
  a.skewMs = yearsMs;
  await desk.start(a);
  for (let index = 0; index < 56; index += 1) a.write(`file ${index}`, `content of ${index}`);
  ok(await desk.inSync(a));
  for (let day = 0; day < 5; day += 1) {
    await desk.runFor(DAY_MS);
    a.crash();
    a.skewMs = 0; // as of a machine without a battery, before the network has told the time
    await desk.start(a);
    await desk.runFor(30_000);
    a.skewMs = yearsMs;
  }
  const counts = [...perDay.values()];
  ok(counts.length >= 4 && counts.every((count) => count <= 5), JSON.stringify([...perDay]));
});
