/** Each planted bug is still a bug of the product as it is, and its detector finds it (docs/planted-bugs.md). */
import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { detect } from './bugs/detect.ts';
import { filesOf, sourceOf, withBug } from './bugs/plant.ts';
import { PLANTED_BUGS } from './bugs/table.ts';

/** An acceptance rule: so many different bugs at the least, and so many found here. */
const BUGS_MIN = 44;
const FOUND_MIN = 40;

test('O13 each planted bug has its own name, and its place in the source exactly once', () => {
  const names = PLANTED_BUGS.map(({ name }) => name);
  deepEqual([...new Set(names)], names);
  for (const bug of PLANTED_BUGS)
    for (const file of filesOf(bug)) ok(withBug(bug, file, sourceOf(file)) !== sourceOf(file), bug.name);
  ok(names.length >= BUGS_MIN);
  ok(PLANTED_BUGS.filter(({ foundBy }) => !('waitsFor' in foundBy)).length >= FOUND_MIN);
});

test('O13 each planted bug breaks a rule that is written down', () => {
  const spec = readFileSync(join(import.meta.dirname, '../SPEC.md'), 'utf8');
  const isRule = (rule: string): boolean => /^[IR]\d+$/u.test(rule) || spec.includes(`**${rule}**`);
  deepEqual(
    PLANTED_BUGS.filter(({ breaks }) => !isRule(breaks)).map(({ name }) => name),
    [],
  );
});

describe('O14 planted bugs are found', { concurrency: 2 }, () => {
  for (const bug of PLANTED_BUGS) {
    const { name, what, foundBy } = bug;
    test(`O14 ${name}: ${what}`, { skip: 'waitsFor' in foundBy && `waits for ${foundBy.waitsFor}` }, async (t) => {
      const { isFound, by, output } = await detect(bug);
      ok(isFound, output);
      t.diagnostic(by);
    });
  }
});
