/** What peers are told, to the last word, on memory edges. */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { two } from './desks.ts';

/** More than one part of an index. */
const FILES = 1200;

test('X1 an index of several parts is told to its end, also what is saved meanwhile', async () => {
  const { desk, a, b } = two();
  using _ = desk;
  for (let index = 0; index < FILES; index += 1) a.write(`file ${index}`, `content ${index}`);
  await desk.start(a);
  ok(await desk.inSync(a));
  await desk.start(b);
  ok(await desk.until(() => b.folder().records.remoteIndex(a.short).maxSequence > 0));
  a.write('one more', 'one more');
  ok(await desk.until(() => b.folder().records.remote(a.short, 'one more') !== undefined));
  const untold = Array.from({ length: FILES }, (_, index) => `file ${index}`).filter(
    (name) => b.folder().records.remote(a.short, name) === undefined,
  );
  deepEqual(untold, []);
});
