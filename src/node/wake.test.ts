import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { Budget } from './wake.ts';

test('R19 a budget lets through in turn, also somebody small behind somebody large', async () => {
  const budget = new Budget(10);
  const through: string[] = [];
  const take = (name: string, amount: number): void => void budget.take(amount).then(() => through.push(name));
  const give = async (amount: number): Promise<readonly string[]> => {
    budget.give(amount);
    await new Promise(setImmediate);
    return through.splice(0);
  };
  take('all', 99);
  take('large', 8);
  take('small', 1);
  deepEqual(await give(0), ['all'], 'more than there is counts as all');
  deepEqual(await give(5), []);
  deepEqual(await give(5), ['large', 'small']);
});
