import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { isTwice, NO_RUNS, showRun, type RunId, type Runs } from './run-identity.ts';

/** Each run is shown when its connection began, or so much later. */
function shown(...steps: readonly (readonly [atMs: number, id: RunId, lateMs?: number])[]): Runs {
  return steps.reduce<Runs>((runs, [atMs, id, lateMs = 0]) => showRun(runs, id, atMs, atMs + lateMs), NO_RUNS);
}

const rows: readonly [rule: string, runs: Runs, want: boolean][] = [
  ['R14 a device that restarts, again and again, is one', shown([0, 1n], [10, 2n], [20, 3n], [30, 4n]), false],
  ['R14 a run that connects again is one', shown([0, 1n], [10, 1n], [20, 1n]), false],
  ['R14 a run that comes back after another one is a second one', shown([0, 1n], [10, 2n], [20, 1n]), true],
  ['R14 what was on its way when it restarted is no sign', shown([0, 1n], [10, 2n], [9, 1n, 10]), false],
  ['R14 a program without run IDs says nothing', shown([0, 1n], [10, 0n], [20, 1n], [30, 0n]), false],
];
for (const [rule, runs, want] of rows) test(rule, () => equal(isTwice(runs, 40), want));

test('R14 it counts as one again ten minutes after the last sign of the second', () => {
  const runs = shown([0, 1n], [10, 2n], [20, 1n], [30_000, 2n]);
  equal(isTwice(runs, 30_000 + 599_999), true);
  equal(isTwice(runs, 30_000 + 600_000), false);
});
