import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { record, version } from '../../../test/harness/records.ts';
import { GivenCounters } from './given-counters.ts';

const DEVICE = 1n;

test('V3 a counter that was given out this second is known, also when another version stands there by now', () => {
  const given = new GivenCounters(DEVICE);
  given.saw(record({ name: 'a', version: version({ 1: 96 }), modifiedBy: DEVICE }), 96_000);
  given.saw(record({ name: 'a', version: version({ 1: 95 }), modifiedBy: DEVICE }), 96_500);
  equal(given.of('a'), 96n);
  given.saw(record({ name: 'a', version: version({ 1: 97, 2: 3 }), modifiedBy: 2n }), 96_600); // a peer's, on top of one
  equal(given.of('a'), 97n);
  equal(given.of('b'), 0n);
});

test('V3 those of seconds that are over are forgotten, those of this one are not, however many there are', () => {
  const given = new GivenCounters(DEVICE);
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
