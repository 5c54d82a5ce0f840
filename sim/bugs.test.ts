/** Each planted bug is still a bug of the product as it is, and is found. */
import { doesNotThrow, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detect } from './bugs/detect.ts';
import { sourceOf, withBug } from './bugs/plant.ts';
import { PLANTED_BUGS } from './bugs/table.ts';

test('O13 each planted bug has its place in the source, once', () => {
  for (const bug of PLANTED_BUGS) doesNotThrow(() => withBug(bug, sourceOf(bug)));
});

describe('O13 each planted bug is found', { concurrency: 2 }, () => {
  for (const bug of PLANTED_BUGS) {
    test(`${bug.name}: ${bug.what}`, async (t) => {
      const { isFound, by, output } = await detect(bug);
      ok(isFound, output);
      t.diagnostic(by);
    });
  }
});
