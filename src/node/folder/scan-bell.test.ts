import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { ScanBell } from './scan-bell.ts';

const MINUTE_MS = 60_000;

test('R5 everything is walked every ten minutes, however often single directories are', async () => {
  const scheduler = new Scheduler();
  const bell = new ScanBell(new MemoryClock(new Life(scheduler)));
  const walks: [minute: number, directories: readonly string[]][] = [];
  void (async () => {
    for (;;) {
      const directories = await bell.next();
      walks.push([scheduler.nowMs / MINUTE_MS, directories]);
    }
  })();
  for (const minute of [4, 8, 12, 16]) scheduler.after(minute * MINUTE_MS, () => bell.ask('new'));
  await scheduler.runFor(25 * MINUTE_MS);
  deepEqual(walks, [
    [4, ['new']],
    [8, ['new']],
    [10, ['']],
    [12, ['new']],
    [16, ['new']],
    [20, ['']],
  ]);
});
