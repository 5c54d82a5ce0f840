import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CODE_MS, Guesses, PAUSE_MS, type LiveCode } from './guesses.ts';

/** What `may` says: tries left, or why not. */
function says(guesses: Guesses, source: string, nowMs: number, begunWith?: LiveCode): number | string {
  const may = guesses.may(source, nowMs, begunWith);
  return may.may ? may.triesLeft : may.because;
}

function codeOf(guesses: Guesses, nowMs: number): LiveCode {
  const phase = guesses.phase(nowMs);
  ok(phase.is === 'open');
  return phase.code;
}

/** One line of a story: at this time, this happens to this source, and this is what it is told. */
type Line = readonly [atMs: number, what: 'asks' | 'is wrong', source: string, told: number | string];

const stories: readonly [rule: string, lines: readonly Line[]][] = [
  [
    'J8 a code has three tries, a fourth is refused',
    [
      [0, 'asks', 'a', 3],
      [1, 'is wrong', 'a', 2],
      [2, 'asks', 'a', 2],
      [3, 'is wrong', 'a', 1],
      [4, 'is wrong', 'a', 0],
      [5, 'asks', 'a', 'too-many'],
      [5, 'asks', 'b', 'pause'],
    ],
  ],
  [
    'J8 three tries are three, from wherever they come',
    [
      [0, 'is wrong', 'a', 2],
      [0, 'is wrong', 'b', 1],
      [0, 'asks', 'c', 1],
      [0, 'is wrong', 'c', 0],
      [1, 'asks', 'd', 'pause'],
    ],
  ],
  [
    'J9 a new code comes ten seconds after one was burnt, with three tries',
    [
      [0, 'is wrong', 'a', 2],
      [0, 'is wrong', 'b', 1],
      [1_000, 'is wrong', 'b', 0],
      [1_000 + PAUSE_MS - 1, 'asks', 'c', 'pause'],
      [1_000 + PAUSE_MS, 'asks', 'c', 3],
    ],
  ],
  [
    'J9 a source has three wrong guesses over all codes',
    [
      [0, 'is wrong', 'a', 2],
      [0, 'is wrong', 'a', 1],
      [0, 'is wrong', 'b', 0],
      [PAUSE_MS, 'asks', 'a', 1],
      [PAUSE_MS, 'is wrong', 'a', 0],
      [PAUSE_MS, 'asks', 'a', 'too-many'],
      [PAUSE_MS, 'asks', 'b', 2],
    ],
  ],
  [
    'J9 after three burnt codes pairing is over, and says why',
    [
      [0, 'is wrong', 'a', 2],
      [0, 'is wrong', 'a', 1],
      [0, 'is wrong', 'a', 0],
      [PAUSE_MS, 'is wrong', 'b', 2],
      [PAUSE_MS, 'is wrong', 'b', 1],
      [PAUSE_MS, 'is wrong', 'b', 0],
      [2 * PAUSE_MS, 'is wrong', 'c', 2],
      [2 * PAUSE_MS, 'is wrong', 'c', 1],
      [2 * PAUSE_MS, 'is wrong', 'c', 0],
      [3 * PAUSE_MS, 'asks', 'd', 'guessed-at'],
      [3 * PAUSE_MS, 'asks', 'a', 'guessed-at'],
    ],
  ],
  [
    'J10 a code lives for ten minutes to the millisecond',
    [
      [CODE_MS - 1, 'asks', 'a', 3],
      [CODE_MS, 'asks', 'a', 'expired'],
      [CODE_MS + PAUSE_MS, 'asks', 'a', 'expired'],
    ],
  ],
];

for (const [rule, lines] of stories) {
  test(rule, () => {
    const guesses = new Guesses('481207', 0);
    for (const [atMs, what, source, told] of lines) {
      const phase = guesses.phase(atMs);
      if (phase.is === 'pause' && atMs >= phase.untilMs) guesses.renew('592318', atMs);
      const message = `at ${atMs} ms ${source} ${what}`;
      equal(what === 'asks' ? says(guesses, source, atMs) : guesses.wrong(source, atMs), told, message);
    }
  });
}

test('J10 a code that replaced a burnt one lives for ten minutes of its own', () => {
  const guesses = new Guesses('481207', 0);
  for (const source of ['a', 'b', 'c']) guesses.wrong(source, CODE_MS - 1);
  equal(says(guesses, 'd', CODE_MS), 'pause');
  guesses.renew('592318', CODE_MS - 1 + PAUSE_MS);
  equal(codeOf(guesses, CODE_MS + PAUSE_MS).digits, '592318');
  equal(says(guesses, 'd', 2 * CODE_MS - 2 + PAUSE_MS), 3);
  equal(says(guesses, 'd', 2 * CODE_MS - 1 + PAUSE_MS), 'expired');
});

test('J8 a code is used once', () => {
  const guesses = new Guesses('481207', 0);
  const code = codeOf(guesses, 0);
  guesses.right();
  equal(says(guesses, 'a', 1), 'used');
  equal(says(guesses, 'b', 1, code), 'used');
  equal(says(guesses, 'b', CODE_MS, code), 'used', 'the first reason stays');
});

test('J8 who began with a code that is burnt now is not judged by it, nor by the next, even with the same digits', () => {
  const guesses = new Guesses('481207', 0);
  const first = codeOf(guesses, 0);
  equal(says(guesses, 'a', 0, first), 3);
  for (const source of ['b', 'c', 'd']) guesses.wrong(source, 0);
  equal(says(guesses, 'a', 0, first), 'burnt');
  guesses.renew('481207', PAUSE_MS);
  equal(says(guesses, 'a', PAUSE_MS, first), 'burnt');
  equal(says(guesses, 'a', PAUSE_MS, codeOf(guesses, PAUSE_MS)), 3);
});

test('J9 a new code is taken in a pause only', () => {
  const guesses = new Guesses('481207', 0);
  guesses.renew('592318', 1);
  equal(codeOf(guesses, 1).digits, '481207');
  guesses.end('closed');
  guesses.renew('592318', 2);
  deepEqual(guesses.phase(2), { is: 'over', because: 'closed' });
});

test('J9 case J11: whoever guesses, and whenever, nine guesses are all, three with one code and three from one source', () => {
  const steps = fc.array(fc.record({ source: fc.nat(5), waitMs: fc.constantFrom(0, 1, 5_000, PAUSE_MS) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const guesses = new Guesses('1', 0);
      const bySource = new Map<number, number>();
      const byCode = new Map<LiveCode, number>();
      let nowMs = 0;
      for (const { source, waitMs } of all) {
        nowMs += waitMs;
        const phase = guesses.phase(nowMs);
        if (phase.is === 'pause' && nowMs >= phase.untilMs) guesses.renew(String(nowMs), nowMs);
        const may = guesses.may(String(source), nowMs);
        if (!may.may) continue;
        bySource.set(source, (bySource.get(source) ?? 0) + 1);
        byCode.set(may.code, (byCode.get(may.code) ?? 0) + 1);
        equal(guesses.wrong(String(source), nowMs), may.triesLeft - 1);
      }
      ok([...bySource.values(), ...byCode.values()].every((count) => count <= 3));
      ok(byCode.size <= 3);
    }),
  );
});
