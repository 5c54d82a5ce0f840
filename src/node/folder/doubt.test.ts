import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { lookOf, record } from '../../../test/harness/records.ts';
import { parentOf } from '../../core/model/folder-path.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import { Doubt } from './doubt.ts';

const NOW_MS = Date.UTC(2026, 10, 28);
const HOUR_MS = 3_600_000;
const RECORDED = ['a', 'b', 'office/report', 'office/desk/plan'];

/** A folder through several runs of lanfold, with an hour between. */
class Runs {
  readonly notes = new Map<string, string>();
  /** Since when each was as it is; by default since long ago. */
  readonly changedMs = new Map<string, number>();
  recorded: readonly string[] = RECORDED;
  nowMs = NOW_MS;
  bootId: string | undefined;
  /** In the run of now. */
  monotonicMs = 0;
  /** The last that was given. */
  sequence = 0;

  next(how: 'properly' | 'uncleanly'): Doubt {
    this.nowMs += HOUR_MS;
    const local = (name: string): ReturnType<FolderRecords['local']> => {
      if (!this.recorded.includes(name)) return undefined;
      const own = record({ name, version: [{ device: 1n, value: 1n }] });
      return { record: own, look: this.look(name) };
    };
    const records = {
      note: (name) => this.notes.get(name),
      setNote: (name, value) => void (value === undefined ? this.notes.delete(name) : this.notes.set(name, value)),
      local,
      below: (directory) =>
        this.recorded.filter((name) => name.startsWith(`${directory}/`)).flatMap((name) => local(name) ?? []),
      latestChangeNs: () => BigInt(Math.max(0, ...this.changedMs.values())) * 1_000_000n,
      changedFrom: () => [],
      lastSavedChangeNs: () => undefined,
      maxSequence: () => this.sequence,
    } as Partial<FolderRecords> as FolderRecords;
    const clock = { nowMs: () => this.nowMs, monotonicMs: () => this.monotonicMs } as Partial<Clock> as Clock;
    return new Doubt(records, clock, how === 'uncleanly', () => new Uint8Array(32), this.bootId);
  }

  look(name: string) {
    const changedNs = BigInt(this.changedMs.get(name) ?? 0) * 1_000_000n;
    return lookOf(record({ name }), { changedNs, modifiedNs: changedNs });
  }

  /** Those that have to be read again. */
  about(doubt: Doubt): string[] {
    return RECORDED.filter((name) =>
      doubt.isAbout(record({ name, version: [{ device: 1n, value: 1n }] }), this.look(name)),
    );
  }
}

/** All are looked at but these. */
function walk(doubt: Doubt, but: readonly string[] = [], found: readonly string[] = RECORDED): void {
  for (const name of found) doubt.leave(name);
  for (const name of found) if (!but.includes(name)) doubt.settle(name);
  doubt.end();
}

test('E4 once all was looked at nothing is in doubt, and the next run doubts what was written right before it stopped', () => {
  const runs = new Runs();
  runs.changedMs.set('a', NOW_MS);
  const doubt = runs.next('uncleanly');
  equal(doubt.covers('b'), true);
  deepEqual(runs.about(doubt), ['a']);
  walk(doubt);
  equal(doubt.covers('b'), false);
  deepEqual([...runs.notes], []);
  runs.changedMs.set('b', runs.nowMs);
  doubt.stopping();
  const next = runs.next('properly');
  equal(next.covers('b'), false);
  deepEqual(runs.about(next), ['b']);
});

test('E4 the next run doubts what was written right before the stop also where a walk was over only after that', () => {
  const runs = new Runs();
  const doubt = runs.next('properly');
  walk(doubt);
  runs.changedMs.set('b', runs.nowMs);
  doubt.stopping();
  walk(doubt);
  deepEqual(runs.about(runs.next('properly')), ['b']);
});

test('E4 what could not be looked at stays in doubt by its name, over any number of stops, and nothing else does', () => {
  const runs = new Runs();
  const owed = ['a', 'office/report', 'office/desk/plan'];
  for (const name of owed) runs.changedMs.set(name, NOW_MS);
  let doubt = runs.next('uncleanly');
  /** Nobody may list `office`, nor read `a`. */
  const look = (): void => {
    doubt.refused('office');
    walk(doubt, ['a'], ['a', 'b']);
  };
  look();
  for (const how of ['properly', 'uncleanly', 'properly', 'properly'] as const) {
    if (how === 'properly') doubt.stopping();
    runs.changedMs.set('b', runs.nowMs);
    doubt = runs.next(how);
    equal(doubt.isOn, how === 'uncleanly');
    deepEqual(runs.about(doubt), ['a', 'b', 'office/report', 'office/desk/plan'], how);
    if (how === 'properly') equal(doubt.covers('b'), false);
    look();
    deepEqual(runs.about(doubt), owed, how);
  }
  doubt.leave('office/report');
  doubt.listed('office', ['office/desk'], new Set());
  deepEqual(runs.about(doubt), owed);
  for (const name of ['a', 'office/report']) doubt.settle(name);
  doubt.end();
  deepEqual(runs.about(doubt), ['office/desk/plan']);
  doubt.leave('office/desk/plan');
  doubt.listed('office/desk', [], new Set());
  deepEqual(runs.about(doubt), ['office/desk/plan']);
  doubt.settle('office/desk/plan');
  doubt.end();
  deepEqual([...runs.notes], []);
});

test('E4 who stops, or dies, before the first look is over takes nothing from what was in doubt', () => {
  const runs = new Runs();
  runs.changedMs.set('a', NOW_MS);
  const doubt = runs.next('uncleanly');
  runs.changedMs.set('b', runs.nowMs);
  doubt.stopping();
  equal(runs.next('properly').isOn, true);
  deepEqual(runs.about(runs.next('uncleanly')), ['a', 'b']);
});

test('E4 what was never recorded keeps nothing in doubt for the next run, nor does what nobody could ever list', () => {
  const runs = new Runs();
  const doubt = runs.next('uncleanly');
  doubt.leave('of root');
  doubt.refused('lost+found');
  walk(doubt);
  equal(doubt.covers('of root'), true);
  equal(doubt.covers('lost+found/x'), false);
  deepEqual([...runs.notes], []);
});

test('E4 what was left to be read after a proper stop is so after the next one', () => {
  const runs = new Runs();
  const first = runs.next('uncleanly');
  walk(first);
  runs.changedMs.set('a', runs.nowMs);
  first.stopping();
  for (let times = 0; times < 2; times += 1) {
    const doubt = runs.next('properly');
    deepEqual(runs.about(doubt), ['a']);
    walk(doubt, ['a']);
    doubt.stopping();
  }
});

test('E4 a directory that is removed leaves no doubt', () => {
  const runs = new Runs();
  const doubt = runs.next('uncleanly');
  for (const directory of ['office', 'office/desk']) doubt.refused(directory);
  walk(doubt, [], ['a', 'b']);
  equal(doubt.covers('office/desk/plan'), true);
  doubt.listed('', ['office'], new Set(['b']));
  equal(doubt.covers('office/desk/plan'), true);
  doubt.listed('', [], new Set(['office']));
  equal(doubt.covers('office/desk/plan'), false);
  doubt.end();
  deepEqual([...runs.notes], []);
});

test('E4 what is on a disk that is away is in doubt until it is looked at there', () => {
  const runs = new Runs();
  const doubt = runs.next('properly');
  walk(doubt, [], ['a', 'b']);
  runs.changedMs.set('office/report', runs.nowMs);
  doubt.away('office');
  doubt.end();
  equal(doubt.covers('office/report'), true);
  deepEqual(runs.about(doubt), ['office/report']);
  doubt.stopping();
  const next = runs.next('properly');
  equal(next.covers('office/report'), true);
  equal(next.covers('a'), false);
  deepEqual(runs.about(next), ['office/report']);
});

test('E4 of more files than can be listed their directories stay in doubt', () => {
  const runs = new Runs();
  runs.recorded = [...RECORDED, ...Array.from({ length: 1001 }, (_, index) => `office/${index}`)];
  for (const name of ['a', ...runs.recorded]) runs.changedMs.set(name, NOW_MS);
  let doubt = runs.next('uncleanly');
  for (let times = 0; times < 2; times += 1) {
    for (const name of runs.recorded) if (name.startsWith('office/')) doubt.leave(name);
    doubt.listed('office', ['office/desk'], new Set());
    doubt.end();
    doubt.stopping();
    doubt = runs.next('properly');
    equal(doubt.isOn, false);
    deepEqual(runs.about(doubt), ['office/report', 'office/desk/plan']);
    equal(doubt.covers('office/7'), true);
    equal(doubt.covers('a'), false);
  }
});

test('E4 of more directories than can be listed all stays in doubt', () => {
  const runs = new Runs();
  const names = Array.from({ length: 1001 }, (_, index) => `${index}/file`);
  runs.recorded = names;
  const doubt = runs.next('uncleanly');
  for (const name of names) doubt.leave(name);
  doubt.end();
  doubt.stopping();
  equal(runs.next('properly').isOn, true);
});

test('E9 whoever is killed over and over, and looks at nothing as a whole, lost no power as long as the machine runs on', () => {
  const runs = new Runs();
  runs.bootId = 'first start';
  runs.next('properly');
  for (let kills = 0; kills < 3; kills += 1) equal(runs.next('uncleanly').lostPower('a'), false);
  runs.bootId = 'second start';
  for (let kills = 0; kills < 3; kills += 1) equal(runs.next('uncleanly').lostPower('a'), true);
  runs.next('uncleanly').end();
  equal(runs.next('uncleanly').lostPower('a'), false);
  runs.bootId = undefined;
  equal(runs.next('uncleanly').lostPower('a'), true, 'nobody knows');
});

test('E9 nor of all else than what an earlier run could not look at, once all that was looked at', () => {
  const runs = new Runs();
  runs.bootId = 'first start';
  runs.next('properly');
  runs.bootId = 'second start';
  const doubt = runs.next('uncleanly');
  walk(doubt, ['a']);
  doubt.stopping();
  for (let restarts = 0; restarts < 2; restarts += 1) {
    const next = runs.next('properly');
    deepEqual([next.lostPower('a'), next.lostPower('b')], [true, false]);
    walk(next, ['a']);
    next.stopping();
  }
  walk(runs.next('properly'));
  equal(runs.next('properly').lostPower('a'), false);
});

test('E9 no power cut takes back what was deleted a minute before all was looked at last', () => {
  const runs = new Runs();
  runs.bootId = 'first start';
  const mayHaveTakenBack = (doubt: Doubt): boolean[] =>
    [7, 8, 9].map((sequence) => doubt.mayHaveTakenBack({ ...record({ name: 'gone', deleted: true }), sequence }));
  const after = (how: 'properly' | 'uncleanly'): boolean[] => {
    runs.bootId = `${runs.bootId}, and another`;
    return mayHaveTakenBack(runs.next(how));
  };
  runs.sequence = 7;
  const doubt = runs.next('properly');
  walk(doubt);
  deepEqual(after('uncleanly'), [true, true, true], 'it was not there for long');
  runs.monotonicMs += 59_999;
  runs.sequence = 8;
  walk(doubt);
  deepEqual(after('properly'), [true, true, true]);
  runs.monotonicMs += 1;
  walk(doubt);
  deepEqual(after('properly'), [false, true, true]);
  runs.sequence = 9;
  runs.monotonicMs += 60_000;
  doubt.stopping();
  deepEqual(after('properly'), [false, false, true]);
  walk(runs.next('properly'));
  deepEqual(mayHaveTakenBack(runs.next('uncleanly')), [false, false, false], 'the machine has run on');
});

/** @returns makes room again. */
function fillRecords({ notes }: Runs, isFull: (name: string) => boolean = () => true): () => void {
  const set = notes.set.bind(notes);
  notes.set = (name, value) => {
    if (isFull(name)) throw new Error('the disk of the records is full');
    return set(name, value);
  };
  return () => void (notes.set = set);
}

test('E4 what was in doubt while nothing could be noted is in doubt after a proper stop, too, whatever was saved since', () => {
  const runs = new Runs();
  runs.bootId = 'first start';
  runs.next('properly').end();
  runs.changedMs.set('a', NOW_MS);
  const makeRoom = fillRecords(runs);
  runs.bootId = 'second start';
  const doubt = runs.next('uncleanly');
  equal(doubt.isOn, true);
  makeRoom();
  runs.changedMs.set('b', runs.nowMs);
  doubt.stopping(); // before the first walk is over
  const next = runs.next('properly');
  deepEqual([next.isOn, next.lostPower('a'), runs.about(next)], [true, true, ['a', 'b']]);
});

test('E4 doubt is not over while there is no room to note what is left of it', () => {
  const runs = new Runs();
  runs.changedMs.set('a', NOW_MS);
  const doubt = runs.next('uncleanly');
  fillRecords(runs, (name) => name === 'in doubt still');
  walk(doubt, ['a']);
  doubt.stopping();
  equal(runs.next('properly').covers('a'), true);
});

test('E4 what is left of a disk that was away, in more directories than are noted, is in doubt after a proper stop, too', () => {
  const runs = new Runs();
  runs.recorded = Array.from({ length: 1001 }, (_, index) => `disk/${index}/file`);
  const doubt = runs.next('properly');
  walk(doubt);
  doubt.away('disk');
  doubt.listed('disk', runs.recorded.map(parentOf), new Set());
  doubt.stopping(); // it is back, and its walk has just begun
  equal(runs.next('properly').covers('disk/7/file'), true);
});
