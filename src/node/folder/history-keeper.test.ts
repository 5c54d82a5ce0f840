import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { LanfoldError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FileTree, PruneLimits } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import { HistoryKeeper } from './history-keeper.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.UTC(2026, 10, 28);

const DAYS_KEPT = 30;
const BYTES_MAX = 5;
const GIB = 1024 ** 3;

/** A computer with a history: what it asked to be forgotten, in days after the beginning. */
class Computer {
  readonly notes = new Map<string, string>();
  commits = 0;
  isFull = false;
  isHolding = false;
  /** Bytes of the history that may go. */
  bytes = 0;
  #clockMs: number;
  #runMs = 0;
  readonly keepMs: number;
  #keeper: HistoryKeeper;
  #asked: PruneLimits | undefined;

  constructor(clockMs = NOW_MS, keepMs = DAYS_KEPT * DAY_MS) {
    this.#clockMs = clockMs;
    this.keepMs = keepMs;
    this.#keeper = this.#started();
  }

  /** Time goes by. */
  runs(ms: number): this {
    this.#clockMs += ms;
    this.#runMs += ms;
    return this;
  }

  /** The clock that does not leap stands still. */
  sleeps(ms: number): this {
    return this.leaps(ms);
  }

  /** Somebody sets the clock. */
  leaps(ms: number): this {
    this.#clockMs += ms;
    return this;
  }

  isOff(ms: number): this {
    this.#clockMs += ms;
    this.#keeper = this.#started();
    return this;
  }

  /** @returns which day it takes for today. */
  async day(): Promise<number> {
    await this.#keeper.prune();
    return days((this.#asked?.old.beforeMs ?? 0) + DAYS_KEPT * DAY_MS);
  }

  async makesRoom(bytes: number): Promise<PruneLimits | undefined> {
    await this.#keeper.makeRoom(bytes);
    return this.#asked;
  }

  /** What it asks for, or undefined if it asks for nothing. */
  async prunes(): Promise<PruneLimits | undefined> {
    this.#asked = undefined;
    await this.#keeper.prune();
    return this.#asked;
  }

  #started(): HistoryKeeper {
    const records = {
      note: (name) => this.notes.get(name),
      setNote: (name, value) => {
        if (this.isFull) throw new LanfoldError('E_DISK_FULL', { subject: 'records' });
        this.commits += 1;
        this.notes.set(name, String(value));
      },
    } as Partial<FolderRecords> as FolderRecords;
    const clock = { nowMs: () => this.#clockMs, monotonicMs: () => this.#runMs } as Partial<Clock> as Clock;
    const tree = {
      pruneHistory: (limits) => {
        this.#asked = limits;
        return Promise.resolve(this.bytes);
      },
    } as Partial<FileTree> as FileTree;
    const limits = { keepMs: this.keepMs, bytesMax: BYTES_MAX };
    return new HistoryKeeper({ tree, records, clock, limits, isHolding: () => this.isHolding });
  }
}

function days(ms: number): number {
  return Math.round((100 * (ms - NOW_MS)) / DAY_MS) / 100;
}

test('R9 ages count by the clock while it goes as it should', async () => {
  const computer = new Computer();
  for (const day of [0, 1, 2, 3]) {
    equal(await computer.day(), day);
    computer.runs(DAY_MS);
  }
});

test('R9 a clock that is a month ahead for an hour makes nothing a month older', async () => {
  const computer = new Computer();
  equal(await computer.day(), 0);
  equal(await computer.leaps(30 * DAY_MS).day(), 0);
  equal(await computer.runs(HOUR_MS).day(), 1);
  equal(await computer.leaps(-30 * DAY_MS).day(), 0.04);
  equal(await computer.runs(10 * HOUR_MS).day(), 0.46);
});

test('R9 also when it is so at the start, again and again', async () => {
  const computer = new Computer();
  await computer.day();
  const seen: number[] = [];
  for (let times = 0; times < 3; times += 1) seen.push(await computer.isOff(30 * DAY_MS).day());
  deepEqual(seen, [1, 2, 3]);
  for (let times = 0; times < 30; times += 1) await computer.isOff(60_000).day();
  equal(await computer.day(), 3.5, 'a start each minute is no day each');
  equal(await computer.runs(30 * HOUR_MS).day(), 4.5, 'nor is all that passed without a look made up for at once');
});

test('R9 after a month off ages are right within two days of looks; who is awake for an hour a day keeps up', async () => {
  const computer = new Computer();
  await computer.day();
  equal(await computer.isOff(30 * DAY_MS).day(), 1);
  for (let hours = 0; hours < 48; hours += 1) await computer.runs(HOUR_MS).day();
  equal(await computer.day(), 32);
  const laptop = new Computer();
  for (let day = 0; day < 90; day += 1) {
    await laptop.day();
    await laptop.runs(HOUR_MS).day();
    laptop.sleeps(23 * HOUR_MS);
  }
  ok((await laptop.day()) > 88);
});

test('R9 a clock that is behind makes nothing older; one that was not set yet, or ahead at first, is no time to go by', async () => {
  const computer = new Computer();
  await computer.day();
  const toEpochMs = NOW_MS;
  equal(await computer.leaps(-toEpochMs).runs(HOUR_MS).day(), days(HOUR_MS));
  equal(await computer.leaps(toEpochMs).runs(HOUR_MS).day(), 0.08, 'and has not to catch up from there');
  equal(await computer.leaps(-20 * DAY_MS).day(), -19.92);
  computer.leaps(20 * DAY_MS);
  for (let hours = 0; hours < 24; hours += 1) await computer.runs(HOUR_MS).day();
  equal(await computer.day(), 1.08, 'within a day it is right again');

  const first = new Computer(0);
  await first.day();
  equal(first.notes.size, 0);
  equal(await first.leaps(NOW_MS).day(), 0);

  const ahead = new Computer(NOW_MS + 2000 * DAY_MS);
  await ahead.day();
  equal(await ahead.leaps(-2000 * DAY_MS).day(), 0);
  equal(await ahead.leaps(60 * DAY_MS).day(), 0, 'the next leap is no better believed');
});

test('R9 what was kept before the clock was set is of no age; what nobody misses yet goes when room is needed', async () => {
  const computer = new Computer();
  computer.bytes = 4 * GIB;
  const limits = await computer.makesRoom(GIB);
  ok(limits !== undefined && limits.old.fromMs > Date.UTC(2025, 0) && limits.old.fromMs < NOW_MS);
  equal(days(limits.keptFromMs ?? 0), -1);
  ok(limits.bytesMax < 3 * GIB && limits.bytesMax > 2.9 * GIB);
  equal((await computer.makesRoom(5 * GIB))?.bytesMax, Number.POSITIVE_INFINITY, 'where all is not enough it stays');
  await computer.leaps(90 * DAY_MS).day();
  equal(
    days((await computer.makesRoom(GIB))?.keptFromMs ?? 0),
    89,
    'by the clock as it is: else no room could be made',
  );
});

test('R9 for the mere number of bytes nothing goes that was kept within a day, by the time that does not leap', async () => {
  const computer = new Computer();
  const limits = await computer.prunes();
  deepEqual([limits?.bytesMax, days(limits?.keptFromMs ?? 0)], [BYTES_MAX, -1]);
  equal(days((await computer.leaps(30 * DAY_MS).prunes())?.keptFromMs ?? 0), -1);
  const brief = new Computer(NOW_MS, HOUR_MS);
  const asked = await brief.prunes();
  equal(asked?.keptFromMs, asked?.old.beforeMs, 'who wants to keep less keeps less');
});

test('R9 what waits for a person takes nothing from the history: neither is it pruned nor does it make room', async () => {
  const computer = new Computer();
  computer.bytes = 4 * GIB;
  computer.isHolding = true;
  equal(await computer.runs(90 * DAY_MS).prunes(), undefined);
  equal(await computer.makesRoom(1), undefined);
  computer.isHolding = false;
  ok((await computer.prunes()) !== undefined);
});

test('R9 it is saved once an hour; a note that is no number, or cannot be saved, keeps nothing from going on', async () => {
  const computer = new Computer();
  for (let minutes = 0; minutes < 180; minutes += 10) await computer.runs(600_000).day();
  equal(computer.commits, 3);
  for (const name of computer.notes.keys()) computer.notes.set(name, 'x');
  equal(await computer.isOff(DAY_MS).day(), 1.13);
  computer.isFull = true;
  equal(await computer.runs(DAY_MS).day(), 2.13);
});
