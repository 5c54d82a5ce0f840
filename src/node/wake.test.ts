import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Budget } from './wake.ts';

/** Who was let through, in the order of it. */
class Crowd {
  readonly through: string[] = [];
  readonly budget: Budget;

  constructor(all: number) {
    this.budget = new Budget(all);
  }

  take(name: string, amount: number, turn?: 'soon'): void {
    void this.budget.take(amount, turn).then(() => this.through.push(name));
  }

  async give(amount: number): Promise<readonly string[]> {
    this.budget.give(amount);
    await new Promise(setImmediate);
    return this.through.splice(0);
  }
}

test('R19 a budget lets through in turn, also somebody small behind somebody large', async () => {
  const crowd = new Crowd(10);
  crowd.take('all', 99);
  crowd.take('large', 8);
  crowd.take('small', 1);
  deepEqual(await crowd.give(0), ['all'], 'more than there is counts as all');
  deepEqual(await crowd.give(5), []);
  deepEqual(await crowd.give(5), ['large', 'small']);
});

test('P82 who is to come soon does not wait for those who wait in turn, and they do not wait for ever', async () => {
  const crowd = new Crowd(1);
  crowd.take('first', 1);
  for (const name of ['large 1', 'large 2']) crowd.take(name, 1);
  for (let number = 1; number <= 10; number += 1) crowd.take(`small ${number}`, 1, 'soon');
  const order: string[] = [];
  for (let turn = 0; turn < 13; turn += 1) order.push(...(await crowd.give(turn === 0 ? 0 : 1)));
  const small = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `small ${from + index}`);
  deepEqual(order, ['first', ...small(1, 8), 'large 1', ...small(9, 10), 'large 2']);
});
