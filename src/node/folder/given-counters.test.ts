import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { record, version } from '../../../test/harness/records.ts';
import { GivenCounters } from './given-counters.ts';

const DEVICE = 1n;

test('V3 a counter that was given out this second is known, also when another version stands there by now', () => {
  const given = new GivenCounters(DEVICE, undefined);
  given.saw(record({ name: 'a', version: version({ 1: 96 }), modifiedBy: DEVICE }), 96_000);
  given.saw(record({ name: 'a', version: version({ 1: 95 }), modifiedBy: DEVICE }), 96_500);
  equal(given.of('a'), 96n);
  given.saw(record({ name: 'a', version: version({ 1: 97, 2: 3 }), modifiedBy: 2n }), 96_600); // a peer's, on top of one
  equal(given.of('a'), 97n);
  equal(given.of('b'), 0n);
});

test('V3 those of seconds that are over are forgotten, those of this one are not, however many there are', () => {
  const given = new GivenCounters(DEVICE, undefined);
  const save = (count: number, second: number): void => {
    for (let index = 0; index < count; index += 1) {
      const name = `${second} ${index}`;
      given.saw(record({ name, version: version({ 1: second }), modifiedBy: DEVICE }), second * 1000);
    }
  };
  save(900, 50);
  save(5000, 60);
  equal(given.of('50 0'), 0n);
  for (const index of [0, 2500, 4999]) equal(given.of(`60 ${index}`), 60n);
});

test('V3 where the clock is set back, no name that begins anew gets a counter of earlier runs, nor of seconds that were over', () => {
  const given = new GivenCounters(DEVICE, '95');
  deepEqual([given.ofAny(200_000), given.ofAny(90_000)], [95n, 95n]);
  for (let second = 100; second < 2000; second += 1) {
    const made = record({ name: `${second}`, version: version({ 1: second }), modifiedBy: DEVICE });
    given.saw(made, second * 1000);
  }
  const forgotten = given.ofAny(90_000);
  for (const second of [100, 1000, 1999]) equal(given.of(`${second}`) > 0n || forgotten >= BigInt(second), true);
});

test('V3 a clock that was more than a day ahead is not followed for ever, and a note that cannot be read is none', () => {
  equal(new GivenCounters(DEVICE, '186400').ofAny(100_000_000), 186_400n);
  equal(new GivenCounters(DEVICE, '186401').ofAny(100_000_000), 0n);
  equal(new GivenCounters(DEVICE, '-5x').ofAny(0), 0n);
});

test('V3 the highest is noted with the records that it comes with, once', () => {
  const given = new GivenCounters(DEVICE, '95');
  const made = (counter: number): ReturnType<typeof record> => record({ version: version({ 1: counter, 2: 400 }) });
  equal(given.untilWith([made(94), made(95)], 0), undefined);
  equal(given.untilWith([made(97), made(96)], 0), 97n);
  equal(given.untilWith([made(97)], 0), 97n, 'the records could not be saved');
  given.noted(97n);
  equal(given.untilWith([made(97)], 0), undefined);
  equal(given.untilWith([made(86_401)], 0), undefined, 'a peer has made it up');
});
