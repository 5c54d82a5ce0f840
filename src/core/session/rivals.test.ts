import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Stamps, surplusOf, type Rival } from './rivals.ts';

interface Named extends Rival {
  readonly name: string;
}

function ours(name: string, startedMs: number, farStamp: bigint): Named {
  return { name, isDialled: true, startedMs, farStamp };
}

function theirs(name: string, startedMs: number, farStamp: bigint): Named {
  return { name, isDialled: false, startedMs, farStamp };
}

interface Row {
  readonly others: readonly Named[];
  readonly fresh: Named;
  /** At 10 s; by the name of each that is too many. */
  readonly ifLower: readonly string[];
  readonly ifHigher: readonly string[];
}

const rows: Readonly<Record<string, Row>> = {
  'C39 a far end that dials again has lost what it dialled before': {
    others: [theirs('old', 9_000, 5n)],
    fresh: theirs('new', 9_100, 6n),
    ifLower: ['old'],
    ifHigher: ['old'],
  },
  'C39 a far end that dials after ours had reached it has lost ours': {
    others: [ours('old', 9_000, 5n)],
    fresh: theirs('new', 9_100, 6n),
    ifLower: ['old'],
    ifHigher: ['old'],
  },
  'C39 a hello that comes late does not bring back what is lost': {
    others: [theirs('new', 9_100, 6n)],
    fresh: ours('old', 9_000, 5n),
    ifLower: ['old'],
    ifHigher: ['old'],
  },
  'C39 of two that crossed, the one stays that the lower device ID dialled': {
    others: [ours('ours', 9_000, 6n)],
    fresh: theirs('theirs', 9_000, 5n),
    ifLower: ['theirs'],
    ifHigher: ['ours'],
  },
  'C39 the same when the other of them came first': {
    others: [theirs('theirs', 9_000, 5n)],
    fresh: ours('ours', 9_000, 6n),
    ifLower: ['theirs'],
    ifHigher: ['ours'],
  },
  'C39 one that is ten seconds old is dead, whatever it says': {
    others: [ours('ours', -1, 7n), theirs('theirs', -1, 8n)],
    fresh: theirs('new', 10_000, 2n),
    ifLower: ['ours', 'theirs'],
    ifHigher: ['ours', 'theirs'],
  },
  'C39 what says nothing of its time is judged by its age alone': {
    others: [ours('ours', 9_000, 0n)],
    fresh: theirs('theirs', 9_500, 0n),
    ifLower: ['theirs'],
    ifHigher: ['ours'],
  },
};
for (const [rule, { others, fresh, ifLower, ifHigher }] of Object.entries(rows)) {
  test(rule, () => {
    const names = (isOwnLower: boolean): string[] =>
      surplusOf(others, fresh, isOwnLower, 10_000).map(({ name }) => name);
    deepEqual([names(true), names(false)], [ifLower, ifHigher]);
  });
}

test('C39 stamps rise, also within a millisecond and when the clock is set back', () => {
  const stamps = new Stamps();
  deepEqual([stamps.next(5), stamps.next(5), stamps.next(4)], [5_000_000n, 5_000_001n, 5_000_002n]);
});
