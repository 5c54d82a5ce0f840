import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchNews } from '../../ports/watcher.ts';
import { NewsBatch } from './watcher-batch.ts';

const rows: [rule: string, events: readonly WatchNews['what'][], told: readonly WatchNews['what'][]][] = [
  ['many writes are one', ['written', 'written', 'written'], ['written']],
  ['the close is the last word of a writer', ['appeared', 'written', 'closed'], ['appeared', 'closed']],
  ['a write after a close is another writer', ['closed', 'written'], ['written']],
  ['a file that came and went is gone', ['appeared', 'written', 'closed', 'vanished'], ['vanished']],
  ['a file put in the place of another is not closed by the other', ['closed', 'vanished', 'appeared'], ['appeared']],
  ['a file renamed over another is not closed by the other', ['closed', 'appeared'], ['appeared']],
  ['a file in the place of a directory', ['appeared-directory', 'vanished', 'appeared'], ['appeared']],
];
for (const [rule, events, told] of rows) {
  test(`L23 of one name, the last word counts: ${rule}`, () => {
    const batch = new NewsBatch();
    for (const what of events) batch.add('a', what);
    assert.deepEqual(
      batch.take().news,
      told.map((what) => ({ name: 'a', what })),
    );
    assert.ok(batch.isEmpty);
  });
}

test('L24 more names than a listener could want become one word: look at everything', () => {
  const batch = new NewsBatch(3);
  batch.lose('d');
  for (const name of ['a', 'b', 'c', 'd', 'e']) batch.add(name, 'appeared');
  assert.deepEqual(batch.take(), { news: [], lost: [''] });
  batch.add('a', 'appeared');
  assert.deepEqual(batch.take(), { news: [{ name: 'a', what: 'appeared' }], lost: [] });
});
