import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { News } from './news.ts';

const names = (...all: string[]): { name: string }[] => all.map((name) => ({ name }));
const many = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix} ${at}`);

/** Names that were begun, in their order, each of which ends when it is told to. */
class Work {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (result: string) => void>();

  readonly handle = (name: string): Promise<string> => {
    this.begun.push(name);
    return new Promise((resolve) => this.#ends.set(name, resolve));
  };

  async end(name: string, result = 'done'): Promise<void> {
    this.#ends.get(name)?.(result);
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
  equal(work.begun.at(-1), 'a 8', 'the next one');
});

test('P81 what is told last comes first, what is told together in its order; of many that wait the latest are kept', async () => {
  const work = new Work();
  const news = new News(() => false);
  news.open(work.handle);
  news.hear(1n, names(...many('first', 8)));
  news.hear(1n, names(...many('dropped', 500)));
  news.hear(1n, names(...many('kept', 1998)));
  news.hear(1n, names('dir', 'dir/file'));
  for (const name of [...many('first', 8), 'dir', 'dir/file', ...many('kept', 1998)]) await work.end(name);
  deepEqual(work.begun, [...many('first', 8), 'dir', 'dir/file', ...many('kept', 1998)]);
});

test('P81 what is worth another try has one', async () => {
  const work = new Work();
  const news = new News(() => false);
  news.open(work.handle);
  news.hear(1n, names('a'));
  for (let times = 0; times < 3; times += 1) await work.end('a', 'again');
  deepEqual(work.begun, ['a', 'a']);
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
