import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { version } from '../../../test/harness/records.ts';
import {
  breakTie,
  bumpVersion,
  compareVersions,
  countedBy,
  counterOf,
  countOf,
  covers,
  isPlausible,
  mergeVersions,
  toVersionVector,
  type VersionOrder,
  type VersionVector,
} from './version-vector.ts';

const OPPOSITE = { newer: 'older', older: 'newer', equal: 'equal', concurrent: 'concurrent' } as const;

const orders: [rule: string, a: VersionVector, b: VersionVector, want: VersionOrder][] = [
  ['V1 the same counters are equal', version({ 1: 5 }), version({ 1: 5 }), 'equal'],
  ['V1 one device more is newer', version({ 1: 5, 2: 1 }), version({ 1: 5 }), 'newer'],
  ['V1 a larger counter and a device more is newer', version({ 1: 6, 2: 1 }), version({ 1: 5 }), 'newer'],
  ['V1 each knows something else: concurrent', version({ 1: 5 }), version({ 2: 7 }), 'concurrent'],
  ['V1 one ahead here, the other there: concurrent', version({ 1: 4, 2: 9 }), version({ 1: 5, 2: 8 }), 'concurrent'],
  ['V1 a counter of 0 is no counter', [{ device: 1n, value: 0n }], [], 'equal'],
  ['V1 anything is newer than nothing', version({ 3: 1 }), [], 'newer'],
];
for (const [rule, a, b, want] of orders) {
  test(rule, () => {
    equal(compareVersions(a, b), want);
    equal(compareVersions(b, a), OPPOSITE[want], 'and the other way round');
  });
}

test('V2 counters above 2^53 are told apart', () => {
  const large = 2n ** 63n + 1n;
  equal(compareVersions([{ device: large, value: large }], [{ device: large, value: large - 1n }]), 'newer');
});

test('V3 a change counts at least the seconds of the clock', () => {
  equal(counterOf(bumpVersion(version({ 1: 5 }), 1n, 1000), 1n), 1000n);
  equal(counterOf(bumpVersion(version({ 1: 5000 }), 1n, 1000), 1n), 5001n);
  equal(counterOf(bumpVersion([], 1n, -3), 1n), 1n);
});

test('R10 a counter that is used up goes on in that of the next number, and never wraps', () => {
  const top = 2n ** 64n - 1n;
  for (const device of [1n, 2n ** 64n - 1n]) {
    let before: VersionVector = [{ device, value: top - 1n }];
    for (let count = top; count < top + 3n; count += 1n) {
      const after = bumpVersion(before, device, 1000);
      equal(compareVersions(after, before), 'newer');
      equal(countOf(after, device), count);
      equal(counterOf(after, device), top);
      deepEqual(after, toVersionVector(after), 'sorted');
      before = after;
    }
    equal(countOf(bumpVersion(countedBy(device, 3n * top), device, 1000), device), 3n * top + 1n);
  }
});

test('R10 how far a device has counted is read as it was written', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 66n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (count, device) => {
        equal(countOf(countedBy(device, count), device), count);
      },
    ),
  );
});

test('R10 a clock may be a day ahead', () => {
  equal(isPlausible(186_400n, 100_000_999), true);
  equal(isPlausible(186_401n, 100_000_999), false);
});

test('V4 a tie goes to the larger counter at the lowest device that differs', () => {
  ok(breakTie(version({ 1: 5 }), version({ 2: 7 })) > 0);
  ok(breakTie(version({ 1: 4, 2: 9 }), version({ 1: 5, 2: 8 })) < 0);
  equal(breakTie(version({ 1: 4 }), version({ 1: 4 })), 0);
});

const vectors = fc
  .dictionary(fc.constantFrom('1', '2', '3', '9'), fc.integer({ min: 0, max: 4 }), { maxKeys: 4 })
  .map((counters) => version(counters));

test('V5 comparing is a partial order, merging its least upper bound', () => {
  fc.assert(
    fc.property(vectors, vectors, vectors, (a, b, c) => {
      equal(compareVersions(b, a), OPPOSITE[compareVersions(a, b)]);
      if (covers(a, b) && covers(b, c)) ok(covers(a, c), 'transitive');
      const merged = mergeVersions(a, b);
      ok(covers(merged, a) && covers(merged, b), 'an upper bound');
      if (covers(c, a) && covers(c, b)) ok(covers(c, merged), 'the least');
      deepEqual(mergeVersions(b, a), merged);
    }),
    { numRuns: 2000 },
  );
});

test('V5 breaking ties is a total order', () => {
  fc.assert(
    fc.property(vectors, vectors, vectors, (a, b, c) => {
      equal(Math.sign(breakTie(a, b)), -Math.sign(breakTie(b, a)) + 0);
      if (breakTie(a, b) >= 0 && breakTie(b, c) >= 0) ok(breakTie(a, c) >= 0);
      equal(breakTie(a, b) === 0, compareVersions(a, b) === 'equal');
    }),
    { numRuns: 2000 },
  );
});

test('V6 a vector is sorted, each device once, with its largest counter', () => {
  deepEqual(
    toVersionVector([
      { device: 9n, value: 1n },
      { device: 2n, value: 3n },
      { device: 9n, value: 4n },
    ]),
    [
      { device: 2n, value: 3n },
      { device: 9n, value: 4n },
    ],
  );
});
