import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { hasGoneBack, indexStart } from './index-start.ts';
import { distanceOf, formatGaps, parseGaps, withGap, type Gap } from './sequence-gaps.ts';

test('R14 a peer that says less than it told has gone back; in another index it starts anew', () => {
  const held = { indexId: 7n, maxSequence: 12 };
  equal(hasGoneBack(held, { indexId: 7n, maxSequence: 11 }), true);
  equal(hasGoneBack(held, { indexId: 7n, maxSequence: 12 }), false);
  equal(hasGoneBack(held, { indexId: 8n, maxSequence: 3 }), false);
  equal(hasGoneBack(held, { indexId: 0n, maxSequence: 0 }), false);
});

test('R14 who knows more of our index than it can have heard makes us begin a new one', () => {
  const own = { indexId: 7n, maxSequence: 10 };
  deepEqual(indexStart(own, { indexId: 7n, maxSequence: 12 }, []), { tell: 'renew' });
  deepEqual(indexStart(own, { indexId: 7n, maxSequence: 10 }, []), { tell: 'from', sequence: 10 });
  deepEqual(indexStart(own, { indexId: 8n, maxSequence: 12 }, []), { tell: 'from', sequence: 0 });
});

test('R14 so does who knows a number of it that was never given: our records were put back, and have grown again', () => {
  const own = { indexId: 7n, maxSequence: 1010 };
  const gaps = withGap([], { after: 10, before: 1000 });
  for (const [sequence, start] of [
    [10, { tell: 'from', sequence: 10 }],
    [11, { tell: 'renew' }],
    [999, { tell: 'renew' }],
    [1000, { tell: 'from', sequence: 1000 }],
  ] as const) {
    deepEqual(indexStart(own, { indexId: 7n, maxSequence: sequence }, gaps), start);
  }
  deepEqual(indexStart(own, { indexId: 8n, maxSequence: 500 }, gaps), { tell: 'from', sequence: 0 });
});

test('R14 gaps are read as they were written, and what is no gap is none', () => {
  const gaps = withGap(withGap([], { after: 0, before: 4_294_967_297 }), {
    after: 4_294_967_300,
    before: 4_294_967_310,
  });
  deepEqual(parseGaps(formatGaps(gaps)), gaps);
  deepEqual(parseGaps(''), []);
  deepEqual(parseGaps('1-2 x 3 4-5-6 -7'), [{ after: 1, before: 2 }]);
});

test('R14 a run goes on at least one number further, and of many gaps the last ones are kept', () => {
  equal(distanceOf(0), 1);
  ok(distanceOf(0.999_999) > 4_000_000_000);
  const all = Array.from({ length: 150 }, (_, at) => ({ after: 10 * at, before: 10 * at + 5 }));
  const kept = all.reduce<readonly Gap[]>((gaps, gap) => withGap(gaps, gap), []);
  deepEqual(kept, all.slice(-100));
});
