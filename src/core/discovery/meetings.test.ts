import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MEETING_WINDOW_MS, Meetings, type SilentHost } from './meetings.ts';

const [ANNA, BERT] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const one: SilentHost = { host: '10.0.0.2', devices: [ANNA] };

/** Asks every 100 ms and lets each attempt last its time, or be missed at once. @returns when attempts began */
function play(meetings: Meetings, fromMs: number, untilMs: number, is: 'over' | 'missed' = 'over'): number[] {
  const began: number[] = [];
  let endsMs = Infinity;
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 100) {
    if (nowMs >= endsMs) {
      meetings.ended(one.host, { is }, nowMs);
      endsMs = Infinity;
    }
    if (meetings.next([one], nowMs).length > 0) {
      began.push(nowMs);
      endsMs = nowMs + (is === 'over' ? MEETING_WINDOW_MS : 0);
    }
  }
  if (endsMs !== Infinity) meetings.ended(one.host, { is }, untilMs);
  return began;
}

describe('whom to meet in the middle', () => {
  test('F20 a silent host from 500 ms on, one attempt after the other without a pause', () => {
    const meetings = new Meetings();
    meetings.restart(0);
    assert.deepEqual(play(meetings, 0, 100_000), [500, 28_500, 56_500, 84_500]);
  });

  test('F20 an attempt that fails at once is made again when it would have been over', () => {
    const meetings = new Meetings();
    meetings.next([one], 1_000);
    assert.equal(meetings.ended(one.host, { is: 'over' }, 1_100), 27_900);
    assert.deepEqual(meetings.next([one], 28_900), []);
    assert.equal(meetings.next([one], 29_000).length, 1);
  });

  test('F20 where a meeting has succeeded the next is tried every second, for whoever comes again', () => {
    const meetings = new Meetings();
    meetings.next([one], 1_000);
    assert.equal(meetings.ended(one.host, { is: 'busy' }, 1_100), 1_000);
    assert.deepEqual(meetings.next([one], 2_000), []);
    assert.equal(meetings.next([one], 2_100).length, 1);
  });

  test('F20 it begins anew when the host comes up, and when everything does', () => {
    const meetings = new Meetings();
    meetings.next([one], 1_000);
    meetings.ended(one.host, { is: 'over' }, 4_000);
    assert.deepEqual(meetings.next([one], 5_000), []);
    meetings.cameUp(one.host, 5_000);
    assert.equal(meetings.next([one], 5_000).length, 1);
    meetings.ended(one.host, { is: 'over' }, 6_000);
    meetings.restart(6_000);
    assert.deepEqual(meetings.next([one], 6_400), []);
    assert.equal(meetings.next([one], 6_500).length, 1);
  });

  test('F20 who says without end that it is there is met twice a second at most', () => {
    const meetings = new Meetings();
    let met = 0;
    for (let nowMs = 1_000; nowMs < 11_000; nowMs += 10) {
      meetings.cameUp(one.host, nowMs);
      for (const { silent } of meetings.next([one], nowMs)) {
        met++;
        meetings.ended(silent.host, { is: 'over' }, nowMs);
      }
    }
    assert.equal(met, 20);
  });

  test('F20 a host that refuses a dial is left alone for ten minutes', () => {
    const meetings = new Meetings();
    meetings.restart(0);
    meetings.refused(one.host, 1_000);
    assert.deepEqual(meetings.next([one], 600_900), []);
    assert.equal(meetings.next([one], 601_000).length, 1);
  });

  test('F20 a silent host that refuses a meeting was just too early: it is tried again soon', () => {
    const meetings = new Meetings();
    meetings.restart(0);
    const missed = play(meetings, 0, 3_000, 'missed');
    assert.deepEqual(missed.slice(0, 3), [500, 900, 1_300]);
  });

  test('F20 each that may be there is expected in turn, until one has proven to be there', () => {
    const meetings = new Meetings();
    const both = { host: '10.0.0.2', devices: [ANNA, BERT] };
    const expected: (Uint8Array | undefined)[] = [];
    for (const nowMs of [1_000, 40_000, 80_000]) {
      expected.push(meetings.next([both], nowMs)[0]?.device);
      meetings.ended(both.host, { is: 'over' }, nowMs);
    }
    assert.deepEqual(expected, [ANNA, BERT, ANNA]);
    meetings.next([both], 120_000);
    meetings.ended(both.host, { is: 'over', found: ANNA }, 120_000);
    assert.equal(meetings.next([both], 120_300)[0]?.device, ANNA, 'and soon');
  });

  test('F20 a crowd of silent hosts is met in turns', () => {
    const meetings = new Meetings();
    const crowd = Array.from({ length: 300 }, (_, index) => ({
      host: `10.0.${index >> 8}.${index & 255}`,
      devices: [ANNA],
    }));
    const first = meetings.next(crowd, 1_000);
    assert.equal(first.length, 64);
    assert.deepEqual(meetings.next(crowd, 1_100), []);
    for (const { silent } of first) meetings.ended(silent.host, { is: 'over' }, 1_100);
    const second = meetings.next(crowd, 1_200);
    assert.ok(second.length === 64 && second.every(({ silent }) => !first.some((other) => other.silent === silent)));
  });
});
