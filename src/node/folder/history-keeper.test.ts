import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../ports/clock.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { FolderRecords } from '../../ports/record-store.ts';
import { HistoryKeeper } from './history-keeper.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.UTC(2026, 10, 28);

/** A computer with a history: what a prune of it went by, in days after the beginning. */
class Computer {
  readonly notes = new Map<string, string>();
  commits = 0;
  #clockMs = NOW_MS;
  #runMs = 0;
  #keeper: HistoryKeeper;

  constructor() {
    this.#keeper = this.#started();
  }

  /** Time goes by. */
  runs(ms: number): this {
    this.#clockMs += ms;
    this.#runMs += ms;
    return this;
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

  async prune(): Promise<number> {
    const days = (await this.#keeper.prune()) / DAY_MS - NOW_MS / DAY_MS;
    return Math.round(days * 100) / 100;
  }

  #started(): HistoryKeeper {
    const records = {
      note: (name) => this.notes.get(name),
      setNote: (name, value) => {
        this.commits += 1;
        this.notes.set(name, String(value));
      },
    } as Partial<FolderRecords> as FolderRecords;
    const clock = { nowMs: () => this.#clockMs, monotonicMs: () => this.#runMs } as Partial<Clock> as Clock;
    const tree = { pruneHistory: (_, nowMs) => Promise.resolve(nowMs) } as Partial<FileTree> as FileTree;
    return new HistoryKeeper({ tree, records, clock, limits: { keepMs: 30 * DAY_MS, bytesMax: 1 } });
  }
}

test('R9 ages count by the clock while it goes as it should', async () => {
  const computer = new Computer();
  for (const days of [0, 0.5, 1, 40]) {
    equal(await computer.prune(), days);
    computer.runs((days === 1 ? 39 : 0.5) * DAY_MS);
  }
});

test('R9 a clock that is a month ahead for an hour makes nothing a month older', async () => {
  const computer = new Computer();
  equal(await computer.prune(), 0);
  equal(await computer.leaps(30 * DAY_MS).prune(), 0);
  equal(await computer.runs(HOUR_MS).prune(), 0.33);
  equal(await computer.leaps(-30 * DAY_MS).prune(), 0.04);
  equal(await computer.runs(10 * HOUR_MS).prune(), 0.46);
});

test('R9 also when it is so at the start, again and again', async () => {
  const computer = new Computer();
  await computer.prune();
  const days: number[] = [];
  for (let times = 0; times < 3; times += 1) days.push(await computer.isOff(30 * DAY_MS).prune());
  deepEqual(days, [1, 2, 3]);
});

test('R9 after a month off ages are right within four days', async () => {
  const computer = new Computer();
  await computer.prune();
  equal(await computer.isOff(30 * DAY_MS).prune(), 1);
  equal(await computer.runs(2 * DAY_MS).prune(), 17);
  equal(await computer.runs(2.5 * DAY_MS).prune(), 34.5);
});

test('R9 a clock that is behind makes nothing older, and has not to catch up afterwards', async () => {
  const computer = new Computer();
  await computer.prune();
  const behind = 20_000 * DAY_MS;
  equal(await computer.leaps(-behind).runs(HOUR_MS).prune(), 0.04 - 20_000);
  equal(await computer.leaps(behind).runs(HOUR_MS).prune(), 0.08);
});

test('R9 it is saved once an hour, and a note that is no number is made anew', async () => {
  const computer = new Computer();
  for (let minutes = 0; minutes < 180; minutes += 10) await computer.runs(600_000).prune();
  equal(computer.commits, 3);
  for (const name of computer.notes.keys()) computer.notes.set(name, 'x');
  computer.isOff(DAY_MS);
  equal(await computer.prune(), 1.13);
});
