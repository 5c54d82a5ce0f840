import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { Requests } from './requests.ts';

for (const [what, pauseMs, want] of [
  ['a peer that gives nothing for so long is given up', 0, [undefined, undefined]],
  ['while nothing of it is read it is not taken for silent', 15_000, ['pending', 'asked']],
] as const)
  test(`R19 ${what}`, async () => {
    const scheduler = new Scheduler();
    const requests = new Requests(new MemoryClock(new Life(scheduler)));
    let first: unknown = 'pending';
    void requests.open('f', 1, () => {}).then((answer) => (first = answer));
    if (pauseMs > 0) requests.excuse(pauseMs);
    await scheduler.runFor(12_000);
    let next: unknown = undefined;
    void requests.open('f', 1, () => (next = 'asked'));
    deepEqual([first, next], want);
  });
