import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Meetings, type SilentHost } from './meetings.ts';

const [ANNA, BERT] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const HALF = 0.5;
const one: SilentHost = { host: '10.0.0.2', devices: [ANNA] };

/** Asks every 100 ms and lets each attempt last 1.9 s, or be missed at once. @returns when attempts began */
function play(meetings: Meetings, fromMs: number, untilMs: number, is: 'over' | 'missed' = 'over'): number[] {
  const began: number[] = [];
  let endsMs = Infinity;
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 100) {
    if (nowMs >= endsMs) {
      meetings.ended(one.host, { is }, nowMs);
      endsMs = Infinity;
    }
    if (meetings.next([one], nowMs, HALF).length > 0) {
      began.push(nowMs);
      endsMs = nowMs + (is === 'over' ? 1_900 : 0);
    }
  }
  if (endsMs !== Infinity) meetings.ended(one.host, { is }, untilMs);
  return began;
}

function waitsOf(began: readonly number[]): number[] {
  return began.slice(1).map((atMs, index) => atMs - (began[index] ?? 0));
}

describe('whom to meet in the middle', () => {
  test('F20 a silent host from 500 ms on, one attempt after the other for 40 s, then every 30 s', () => {
    const meetings = new Meetings();
    meetings.restart(0);
    const began = play(meetings, 0, 150_000);
    assert.equal(began[0], 500);
    const often = began.filter((atMs) => atMs < 40_500);
    assert.equal(often.length, 22);
    assert.deepEqual(new Set(waitsOf(often)), new Set([1_900]));
    assert.deepEqual(waitsOf(began).slice(often.length), [30_000, 30_000, 30_000]);
  });

  test('F20 it begins anew when the host comes up, and when everything does', () => {
    const meetings = new Meetings();
    meetings.restart(0);
    play(meetings, 0, 60_000);
    meetings.cameUp(one.host, 60_100);
    assert.deepEqual(play(meetings, 60_100, 63_000), [60_100, 62_000]);
    meetings.restart(63_000);
    assert.deepEqual(play(meetings, 63_000, 64_000), [63_500]);
  });

  test('F20 who says without end that it is there is met twice a second at most', () => {
    const meetings = new Meetings();
    let met = 0;
    for (let nowMs = 1_000; nowMs < 11_000; nowMs += 10) {
      meetings.cameUp(one.host, nowMs);
      for (const { silent } of meetings.next([one], nowMs, HALF)) {
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
    assert.deepEqual(meetings.next([one], 600_900, HALF), []);
    assert.equal(meetings.next([one], 601_000, HALF).length, 1);
  });

  test('F20 a silent host that refuses a meeting was just too early: it is tried again soon, and for longer', () => {
    const meetings = new Meetings();
    meetings.restart(0);
    const missed = play(meetings, 0, 3_000, 'missed');
    assert.deepEqual(missed.slice(0, 3), [500, 900, 1_300]);
    const [last = 0] = missed.slice(-1);
    const later = waitsOf(play(meetings, 3_100, 90_000));
    assert.ok(later.filter((waitMs) => waitMs === 1_900).length > 18, `${last} ${later.join()}`);
    assert.equal(later.at(-1), 30_000);
  });

  test('F20 each that may be there is expected in turn, until one has proven to be there', () => {
    const meetings = new Meetings();
    const both = { host: '10.0.0.2', devices: [ANNA, BERT] };
    const expected: (Uint8Array | undefined)[] = [];
    for (const nowMs of [1_000, 4_000, 7_000]) {
      expected.push(meetings.next([both], nowMs, HALF)[0]?.device);
      meetings.ended(both.host, { is: 'over' }, nowMs);
    }
    assert.deepEqual(expected, [ANNA, BERT, ANNA]);
    meetings.next([both], 10_000, HALF);
    meetings.ended(both.host, { is: 'over', found: ANNA }, 10_000);
    assert.equal(meetings.next([both], 50_000, HALF)[0]?.device, ANNA);
  });

  test('F20 a crowd of silent hosts is met in turns', () => {
    const meetings = new Meetings();
    const crowd = Array.from({ length: 300 }, (_, index) => ({
      host: `10.0.${index >> 8}.${index & 255}`,
      devices: [ANNA],
    }));
    const first = meetings.next(crowd, 1_000, HALF);
    assert.equal(first.length, 8);
    assert.deepEqual(meetings.next(crowd, 1_100, HALF), []);
    for (const { silent } of first) meetings.ended(silent.host, { is: 'over' }, 1_100);
    const second = meetings.next(crowd, 1_200, HALF);
    assert.ok(second.length === 8 && second.every(({ silent }) => !first.some((other) => other.silent === silent)));
  });
});
