import { deepEqual, equal, ok } from 'node:assert/strict';
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
  const { act } = losses;
  ok(act !== undefined);
  deepEqual(act.hands, new Set([HAND]));
  deepEqual([act.isOf('x', HAND, 9n * HOUR_S), act.isOf('x', HAND, 8n * HOUR_S)], [true, false]);
  deepEqual([act.isOf('x', 1n, 9n * HOUR_S), act.isOf('9 5', HAND, 1n)], [false, true]);
  deepEqual([act.firstMs('10 5', HAND), act.firstMs('7 5', HAND)], [7_000_000, 6_000_000]);
});

test('R12 counts and holds outlive a restart, and what cannot be read of them is none', () => {
  const { losses, records } = lossesOf();
  add(losses, 210, 10);
  losses.hold(HAND, 10n * HOUR_S);
  const { act } = lossesOf(records).losses;
  deepEqual([act?.hands, act?.isOf('x', HAND, 10n * HOUR_S)], [new Set([HAND]), true]);
  equal(act?.firstMs('10 7', HAND), 5_000_000);
  equal(lossesOf(records).losses.isHeld(HAND), true);
  losses.release();
  equal(lossesOf(records).losses.act, undefined);
  equal(lossesOf(records).losses.around(10n * HOUR_S), 210);
  for (const note of [
    '',
    'x',
    '[]',
    '{"hours":7,"hands":{}}',
    '{"hours":[[1],"x",[-1,2,3]],"hands":["y",["z",1],["7","q"]]}',
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

test('U95 a clock that is set back in an act hides nothing of it', () => {
  const { losses, clock } = lossesOf();
  add(losses, 100, 10);
  clock.ms = 1_000_000;
  for (let index = 0; index < 100; index += 1) losses.add(`later ${index}`, HAND, 10n * HOUR_S + 600n, 200);
  losses.hold(HAND, 10n * HOUR_S);
  deepEqual([losses.act?.firstMs('later 1', HAND), losses.act?.firstMs('10 1', HAND)], [1_000_000, 5_000_000]);
});

test('U95 what a hand did to a name days before makes its act no longer, and what it does again no shorter, also over a restart', () => {
  const { losses, records, clock } = lossesOf();
  losses.add('10 5', HAND, HOUR_S, 200);
  clock.ms = 900_000_000;
  add(losses, 1, 10);
  clock.ms += 60_000;
  add(losses, 99, 10);
  const again = lossesOf(records);
  again.clock.ms = 904_000_000;
  for (let index = 0; index < 100; index += 1) again.losses.add(`10 ${index}`, HAND, 11n * HOUR_S + 600n, 200);
  again.losses.hold(HAND, 11n * HOUR_S);
  deepEqual(
    [again.losses.act?.firstMs('10 5', HAND), again.losses.act?.firstMs('x', HAND)],
    [900_060_000, 900_000_000],
  );
});

test('U95 of two hands each is held from where its own act began, and a name is as it was before both', () => {
  const { losses, clock } = lossesOf();
  const other = 7n;
  add(losses, 210, 10);
  losses.hold(HAND, 10n * HOUR_S);
  clock.ms = 900_000_000;
  for (let index = 0; index < 210; index += 1) losses.add(`10 ${index}`, other, 90n * HOUR_S, 200);
  losses.hold(other, 90n * HOUR_S);
  const { act } = losses;
  deepEqual([act?.isOf('x', other, 50n * HOUR_S), act?.isOf('x', HAND, 50n * HOUR_S)], [false, true]);
  deepEqual([act?.firstMs('10 5', other), act?.firstMs('x', other)], [5_000_000, 900_000_000]);
});

test('R12 whoever edits a file beside those who do it is not busy at it', () => {
  const { losses, records } = lossesOf();
  add(losses, 210, 10);
  losses.add('x', 7n, 10n * HOUR_S, 200);
  losses.save();
  for (const each of [losses, lossesOf(records).losses])
    deepEqual([each.isBusy(HAND, 11n * HOUR_S), each.isBusy(7n, 10n * HOUR_S)], [true, false]);
});

test('U95 what a held hand did days before, and comes only now, makes its act begin no earlier', () => {
  const { losses, clock } = lossesOf();
  add(losses, 1, 10);
  clock.ms = 900_000_000;
  add(losses, 210, 90);
  losses.hold(HAND, 90n * HOUR_S);
  losses.hold(HAND, 9n * HOUR_S);
  deepEqual(
    [losses.act?.isOf('10 0', HAND, 10n * HOUR_S), losses.act?.isOf('90 0', HAND, 90n * HOUR_S)],
    [false, true],
  );
});

test('U95 to note one loss more costs little again a day after many, and what is held is noted for as long as it is', () => {
  const { losses, records, clock } = lossesOf();
  const bytesMore = (): number => {
    losses.add('one more', HAND, BigInt(Math.floor(clock.ms / 1000)), 200);
    losses.save();
    return records.note('losses')?.length ?? 0;
  };
  clock.ms = 36_000_000;
  add(losses, 300, 10);
  ok(bytesMore() > 5000);
  clock.ms += 25 * 3_600_000;
  ok(bytesMore() < 500);
  losses.hold(HAND, 10n * HOUR_S);
  clock.ms += 25 * 3_600_000;
  ok(bytesMore() > 5000);
});
