import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announcementWaitMs, isEarlyAnnouncement, lookWaitMs, sweepWaitMs } from './schedules.ts';

const HALF = 0.5; // no jitter
const ALMOST_ONE = 1 - Number.EPSILON;

/** When the first `count` happen, each `waitMs` after the one before. */
function times(count: number, startMs: number, waitMs: (number: number) => number): number[] {
  const at = [startMs];
  for (let number = 0; at.length < count; number++) at.push((at.at(-1) ?? 0) + waitMs(number));
  return at;
}

test('F16 it announces at 0, 1, 2, 4, 8 and 16 s, then every 30 s', () => {
  const at = times(9, 0, (number) => announcementWaitMs(number, HALF));
  assert.deepEqual(at, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 46_000, 76_000, 106_000]);
  assert.deepEqual([0, 5, 6].map(isEarlyAnnouncement), [true, true, false]);
});

test('F16 chance spreads early announcements by a quarter, the later ones by 5 s', () => {
  assert.equal(announcementWaitMs(0, 0), 750);
  assert.equal(Math.round(announcementWaitMs(0, ALMOST_ONE)), 1_250);
  assert.equal(announcementWaitMs(7, 0), 25_000);
  assert.equal(Math.round(announcementWaitMs(7, ALMOST_ONE)), 35_000);
});

test('F18 it sweeps at 150 ms, 10 s, 60 s, then every 15 minutes with a fifth of jitter', () => {
  const at = [sweepWaitMs(0, HALF)];
  for (const number of [1, 2, 3]) at.push((at.at(-1) ?? 0) + sweepWaitMs(number, HALF));
  assert.deepEqual(at, [150, 10_000, 60_000, 960_000]);
  assert.equal(sweepWaitMs(9, 0), 720_000);
  assert.equal(Math.round(sweepWaitMs(9, ALMOST_ONE)), 1_080_000);
});

test('F10 it looks every 100 ms for 5 s, every second for a minute, every 5 s after, and never stops', () => {
  assert.deepEqual([0, 4_999, 5_000, 64_999, 65_000, 1e9].map(lookWaitMs), [100, 100, 1_000, 1_000, 5_000, 5_000]);
});
