import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goneWait, hearNews, restWait, SETTLE, type Absence } from './settle.ts';
import type { RestlessFile, Settling } from './settle.ts';

/** Any moment: only differences count. */
const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

/** A file that changes with its news: its inode's time never says more than they do. */
const written: RestlessFile = { size: 9, sizeBefore: 0, changedMs: 0, writers: 'none' };
const empty: RestlessFile = { ...written, size: 0 };
const emptied: RestlessFile = { ...written, size: 0, sizeBefore: 9 };
const held: RestlessFile = { ...written, writers: 'some' };
const unknown: RestlessFile = { ...written, writers: 'unknown' };
const coarse: RestlessFile = { ...written, isCoarse: true };

type News = 'written' | 'closed' | 'other';

/** News, each at its milliseconds after the start. */
function heard(...news: readonly (readonly [atMs: number, what: News])[]): Settling {
  let settling: Settling | undefined;
  for (const [atMs, what] of news) settling = hearNews(settling, what, START_MS + atMs);
  assert.ok(settling);
  return settling;
}

/** `waitMs` 0: it has come to rest. */
type Row = readonly [rule: string, settling: Settling, file: RestlessFile, atMs: number, waitMs: number];

const writing = heard([0, 'written']);
const closed = heard([0, 'written'], [100, 'closed']);

const rows: readonly Row[] = [
  ['S1 a file is at rest 50 ms after its last news', writing, written, 50, 0],
  ['S1 one millisecond before, it is not', writing, written, 49, 1],
  ['S1 each news begins the quiet anew', heard([0, 'written'], [40, 'written']), written, 60, 30],
  ['S1 a change that no news told of does so too', writing, { ...written, changedMs: START_MS + 190 }, 200, 40],
  ['S1 an old file that a scan came upon is at rest at once', { ...writing, newsMs: 0 }, written, 0, 0],
  ['S2 while a writer holds the file, it waits, however quiet', writing, held, 3000, 100],
  ['S2 each question in vain doubles the wait', { ...writing, looks: 3 }, held, 3000, 800],
  ['S2 up to 2 seconds', { ...writing, looks: 50 }, held, 3000, 2000],
  ['S2 a writer that did nothing for 30 minutes has forgotten the file', writing, held, 30 * MINUTE_MS, 0],
  [
    'S2 a clock that leaps does not make a writer forgotten',
    writing,
    { ...held, watchedMs: 3000 },
    60 * MINUTE_MS,
    100,
  ],
  ['S2 one millisecond before, it has not', { ...writing, looks: 9 }, held, 30 * MINUTE_MS - 1, 2000],
  [
    'S2 patience is no reason to take a file from its writer',
    heard([0, 'written'], [11_000, 'written']),
    held,
    12_000,
    100,
  ],
  ['S3 where nobody can tell of writers, a closed file needs 1 s', closed, unknown, 600, 500],
  ['S3 and then is at rest', closed, unknown, 1100, 0],
  ['S3 one that was not closed needs 5 s', writing, unknown, 1000, 4000],
  ['S3 and then is at rest', writing, unknown, 5000, 0],
  ['S3 a write after the close opens it again', heard([0, 'closed'], [10, 'written']), unknown, 1010, 4000],
  ['S3 a rename or a delete neither opens nor closes it', heard([0, 'written'], [10, 'other']), unknown, 1010, 4000],
  ['S4 a new empty file waits for 1 s', closed, empty, 150, 950],
  ['S4 and then is at rest', closed, empty, 1100, 0],
  ['S4 a file that lost its bytes waits for 5 s', closed, emptied, 1100, 4000],
  ['S4 and then is at rest', closed, emptied, 5100, 0],
  ['S4 a writer, or patience, changes nothing about it', heard([0, 'closed'], [11_000, 'closed']), empty, 11_100, 900],
  [
    'S4 where nobody can tell of writers, the longer wait counts',
    writing,
    { ...empty, writers: 'unknown' },
    1000,
    4000,
  ],
  [
    'S5 restless for 10 s, it is taken when nobody holds it',
    heard([0, 'written'], [9_990, 'closed']),
    written,
    10_000,
    0,
  ],
  ['S5 before, it is not', heard([0, 'written'], [9_990, 'closed']), written, 9_999, 41],
  ['S5 nor where nobody can tell', heard([0, 'written'], [9_990, 'closed']), unknown, 10_000, 990],
  ['S6 an inode from the future does not hold up a file', writing, { ...written, changedMs: START_MS * 2 }, 50, 0],
  ['S6 nor an empty one', closed, { ...empty, changedMs: START_MS * 2 }, 1100, 0],
  ['S6 nor makes it early', writing, { ...written, changedMs: START_MS * 2 }, 20, 30],
  ['S6 a server a little ahead is waited for', writing, { ...written, changedMs: START_MS + 5000 }, 100, 50],
  ['S8 on a disk that keeps whole seconds, the second of the last save has to be over', closed, coarse, 150, 1950],
  ['S8 and then it is at rest', closed, coarse, 2100, 0],
  ['S8 an old file is at rest at once', { ...writing, newsMs: 0 }, coarse, 0, 0],
  ['S8 a file that lost its bytes waits longer all the same', closed, { ...emptied, isCoarse: true }, 1100, 4000],
];

for (const [rule, settling, file, atMs, waitMs] of rows) {
  test(`${rule} (at ${atMs} ms)`, () => assert.equal(restWait(settling, file, START_MS + atMs), waitMs));
}

test('S2 a writer that pauses for 3 s in the middle is never overtaken', () => {
  let settling = heard([0, 'other']);
  for (let atMs = 0; atMs < 60_000; atMs += 50) {
    if (atMs % 3000 === 0) settling = hearNews(settling, 'written', START_MS + atMs);
    else assert.notEqual(restWait(settling, held, START_MS + atMs), 0, `at ${atMs} ms`);
  }
  settling = hearNews(settling, 'closed', START_MS + 60_000);
  assert.equal(restWait(settling, written, START_MS + 60_050), 0);
});

test('S1 news after a look in vain begins the questions anew, not the patience', () => {
  const again = hearNews({ ...writing, looks: 7 }, 'written', START_MS + 500);
  assert.deepEqual(again, { firstMs: START_MS, newsMs: START_MS + 500, open: true, looks: 0 });
});

test('S6 a wait is never 0 by mistake, and never longer than what is left', () => {
  for (const writers of ['none', 'some', 'unknown'] as const) {
    for (const size of [0, 9]) {
      for (let atMs = 0; atMs <= 6000; atMs += 7) {
        const waitMs = restWait(writing, { ...emptied, size, writers }, START_MS + atMs);
        assert.ok(waitMs >= 0 && waitMs <= SETTLE.unknownOpenMs && Number.isInteger(waitMs), `${writers} ${atMs}`);
      }
    }
  }
});

const goneRows: [rule: string, absentMs: number, absence: Absence, nowMs: number, waitMs: number][] = [
  ['S7 one absent name is not gone before 100 ms', 1000, { names: 1, lastMs: 1000 }, 1040, 60],
  ['S7 and is gone then', 1000, { names: 1, lastMs: 1000 }, 1100, 0],
  ['S7 names that go missing together are gone together', 1000, { names: 2, lastMs: 1080 }, 1100, 80],
  ['S7 many of them are one act, which may pause for a second', 1000, { names: 10, lastMs: 1080 }, 1200, 880],
  ['S7 and a hundred of them for four', 1000, { names: 100, lastMs: 1080 }, 2200, 2880],
  ['S7 a stream of them puts the first off', 1000, { names: 500, lastMs: 10_990 }, 10_990, 10],
  ['S7 but for 10 s at most', 1000, { names: 500, lastMs: 11_000 }, 11_000, 0],
];
for (const [rule, absentMs, absence, nowMs, waitMs] of goneRows) {
  test(rule, () => assert.equal(goneWait(absentMs, absence, nowMs), waitMs));
}
