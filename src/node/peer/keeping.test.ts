import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { record } from '../../../test/harness/records.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { keepInParts, type Keeping } from './keeping.ts';

const filesOf = (count: number): FileRecord[] =>
  Array.from({ length: count }, (_, index) => ({ ...record({ name: `name ${index}` }), sequence: index + 1 }));

function keeper(change: Partial<Keeping> = {}): {
  keeping: Keeping;
  scheduler: Scheduler;
  kept: { count: number; first: number; isFirst: boolean; turn: number }[];
} {
  const scheduler = new Scheduler();
  let turn = 0;
  const work = (): void => {
    turn += 1;
    if (turn < 1000) scheduler.after(0, work);
  };
  scheduler.after(0, work);
  const kept: { count: number; first: number; isFirst: boolean; turn: number }[] = [];
  const keeping: Keeping = {
    clock: new MemoryClock(new Life(scheduler)),
    untilFree: () => undefined,
    isWanted: () => true,
    held: () => ({ indexId: 1n, maxSequence: kept.length }),
    keep: (part, isFirst) => kept.push({ count: part.length, first: part[0]?.sequence ?? 0, isFirst, turn }),
    ...change,
  };
  return { keeping, scheduler, kept };
}

test('R19 what known versions send in one message is kept at once', () => {
  const { keeping, kept } = keeper();
  equal(keepInParts(filesOf(1000), keeping), undefined);
  deepEqual(kept, [{ count: 1000, first: 1, isFirst: true, turn: 0 }]);
});

test('R19 of more records some are kept at a time, in the order of their numbers, and others work between', async () => {
  const { keeping, scheduler, kept } = keeper();
  await scheduler.runUntil(keepInParts(filesOf(2500).reverse(), keeping) ?? Promise.resolve());
  deepEqual(
    kept.map(({ count, first, isFirst }) => [count, first, isFirst]),
    [
      [1000, 1, true],
      [1000, 1001, false],
      [500, 2001, false],
    ],
  );
  const turns = kept.map(({ turn }) => turn);
  ok(turns.every((turn, index) => turn > (turns[index - 1] ?? 0)));
});

test('R19 so are a few of which each is large', async () => {
  const { keeping, scheduler, kept } = keeper();
  const large = filesOf(5).map((file) => ({ ...file, blocks: new Uint8Array(2 * 1024 * 1024) }));
  await scheduler.runUntil(keepInParts(large, keeping) ?? Promise.resolve());
  deepEqual(
    kept.map(({ count }) => count),
    [2, 2, 1],
  );
});

test('R19 a part waits for its names alone, and what is of no use any more is kept no further', async () => {
  let isFree = false;
  let go = (): void => {};
  const wait = new Promise<void>((resolve) => (go = resolve));
  const isInSecond = (part: readonly FileRecord[]): boolean => part.some(({ sequence }) => sequence === 1500);
  const { keeping, scheduler, kept } = keeper({
    untilFree: (part) => (isFree || !isInSecond(part) ? undefined : wait),
    isWanted: () => kept.length < 2,
  });
  const all = keepInParts(filesOf(4000), keeping);
  ok(all !== undefined);
  await scheduler.runFor(100);
  equal(kept.length, 1);
  isFree = true;
  go();
  await scheduler.runUntil(all);
  equal(kept.length, 2);
});
