import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { hasGoneBack, indexStart } from './index-start.ts';

test('R14 a peer that says less than it told has gone back; in another index it starts anew', () => {
  const held = { indexId: 7n, maxSequence: 12 };
  equal(hasGoneBack(held, { indexId: 7n, maxSequence: 11 }), true);
  equal(hasGoneBack(held, { indexId: 7n, maxSequence: 12 }), false);
  equal(hasGoneBack(held, { indexId: 8n, maxSequence: 3 }), false);
  equal(hasGoneBack(held, { indexId: 0n, maxSequence: 0 }), false);
});

test('R14 who knows more of our index than it can have heard makes us begin a new one', () => {
  const own = { indexId: 7n, maxSequence: 10 };
  deepEqual(indexStart(own, { indexId: 7n, maxSequence: 12 }), { tell: 'renew' });
  deepEqual(indexStart(own, { indexId: 7n, maxSequence: 10 }), { tell: 'from', sequence: 10 });
  deepEqual(indexStart(own, { indexId: 8n, maxSequence: 12 }), { tell: 'from', sequence: 0 });
});
