import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Losses } from './losses.ts';

const HAND = 0xffff_ffff_ffff_fff0n;
const HOUR_S = 3600n;

class Notes {
  readonly #notes = new Map<string, string>();
  note(name: string): string | undefined {
    return this.#notes.get(name);
  }
  setNote(name: string, value: string | undefined): void {
    if (value === undefined) this.#notes.delete(name);
    else this.#notes.set(name, value);
  }
}

function lossesOf(records = new Notes()): { losses: Losses; records: Notes; clock: { ms: number } } {
  const clock = { ms: 5_000_000 };
  return { losses: new Losses({ records, clock: { nowMs: () => clock.ms } }), records, clock };
}

function add(losses: Losses, count: number, hour: number): void {
  for (let index = 0; index < count; index += 1)
    losses.add(`${hour} ${index}`, HAND, BigInt(hour) * HOUR_S + BigInt(index), 200);
}

test('R12 losses count with those of the hour beside theirs, and what was not carried out does not', () => {
  const { losses } = lossesOf();
  add(losses, 30, 10);
  add(losses, 20, 11);
  add(losses, 5, 9);
  losses.add('x', HAND, 10n * HOUR_S, 200)();
  equal(losses.around(10n * HOUR_S + 7n), 50);
  equal(losses.around(11n * HOUR_S), 50);
  equal(losses.around(13n * HOUR_S), 0);
});

test('R12 an act begins with the first busy hour without a pause, and not with the edits of the hours before it', () => {
  const { losses, clock } = lossesOf();
  add(losses, 3, 6);
  add(losses, 50, 7);
  add(losses, 3, 8);
  clock.ms = 6_000_000;
  add(losses, 100, 9);
  clock.ms = 7_000_000;
  add(losses, 150, 10);
  losses.hold(HAND, 10n * HOUR_S);
  const { firstMs, ...act } = losses.act ?? { firstMs: () => 0 };
  deepEqual(act, { hands: new Set([HAND]), fromS: 9n * HOUR_S, fromMs: 6_000_000 });
  deepEqual([firstMs('10 5', HAND), firstMs('10 5', 1n), firstMs('7 5', HAND)], [7_000_000, 6_000_000, 6_000_000]);
});

test('R12 counts and holds outlive a restart, and what cannot be read of them is none', () => {
  const { losses, records } = lossesOf();
  add(losses, 210, 10);
  losses.hold(HAND, 10n * HOUR_S);
  const { act } = lossesOf(records).losses;
  deepEqual([act?.hands, act?.fromS, act?.firstMs('10 7', HAND)], [new Set([HAND]), 10n * HOUR_S, 5_000_000]);
  equal(lossesOf(records).losses.isHeld(HAND), true);
  losses.release();
  equal(lossesOf(records).losses.act, undefined);
  equal(lossesOf(records).losses.around(10n * HOUR_S), 210);
  for (const note of [
    '',
    'x',
    '[]',
    '{"hours":7,"hands":{}}',
    '{"hours":[[1],"x",[-1,2,3]],"hands":["y"],"from":"z"}',
  ]) {
    records.setNote('losses', note);
    const read = lossesOf(records).losses;
    deepEqual([read.around(HOUR_S), read.act], [0, undefined], note);
  }
});

test('R12 of too many hours the one with the fewest losses is forgotten', () => {
  const { losses } = lossesOf();
  add(losses, 40, 1);
  for (let hour = 10; hour < 300; hour += 2) add(losses, 2, hour);
  equal(losses.around(HOUR_S), 40);
});
