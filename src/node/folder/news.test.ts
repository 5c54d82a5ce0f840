import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { News } from './news.ts';

const names = (...all: string[]): { name: string }[] => all.map((name) => ({ name }));
const many = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix} ${at}`);

/** Names that were begun, in their order, each of which ends when it is told to. */
class Work {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  readonly handle = (name: string): Promise<void> => {
    this.begun.push(name);
    return new Promise((resolve) => this.#ends.set(name, resolve));
  };

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await new Promise(setImmediate);
  }
}

test('P81 each peer has places of its own', async () => {
  const work = new Work();
  const news = new News(() => false);
  news.open(work.handle);
  news.hear(1n, names(...many('a', 50)));
  equal(work.begun.length, 8);
  news.hear(2n, names('b'));
  equal(work.begun.at(-1), 'b');
  await work.end('a 3');
  equal(work.begun.at(-1), 'a 8');
});

test('P81 of many that wait the latest are kept', async () => {
  const work = new Work();
  const news = new News(() => false);
  news.open(work.handle);
  for (const part of ['a', 'b', 'c']) news.hear(1n, names(...many(part, 100)));
  for (const name of many('a', 8)) await work.end(name);
  deepEqual(work.begun.slice(8), many('c', 8));
});

test('P81 a name that is in work is handled once more when it is free', () => {
  const work = new Work();
  const busy = new Set(['a']);
  const news = new News((name) => busy.has(name));
  news.open(work.handle);
  news.hear(1n, names('a', 'b'));
  deepEqual(work.begun, ['b']);
  busy.delete('a');
  news.next();
  deepEqual(work.begun, ['b', 'a']);
});

test('P81 outside of a round nothing is begun, and a round waits for what was', async () => {
  const work = new Work();
  const news = new News(() => false);
  news.hear(1n, names('early'));
  news.open(work.handle);
  news.hear(1n, names('a'));
  let isClosed = false;
  const closing = news.close().then(() => (isClosed = true));
  news.hear(1n, names('late'));
  await new Promise(setImmediate);
  equal(isClosed, false);
  await work.end('a');
  await closing;
  deepEqual(work.begun, ['a']);
});
