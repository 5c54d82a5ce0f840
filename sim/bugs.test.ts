/** Each planted bug is still a bug of the product as it is, and its detector finds it (docs/planted-bugs.md). */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { run } from '../test/harness/process.ts';
import { detect } from './bugs/detect.ts';
import { filesOf, sourceOf, withBug } from './bugs/plant.ts';
import { PLANTED_BUGS } from './bugs/table.ts';

const COMMAND = join(import.meta.dirname, 'run.ts');
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
  const text = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
  const [spec, simulation] = [text('SPEC.md'), text('docs/simulation.md')];
  const head = spec.slice(0, spec.indexOf('\n## '));
  const isRule = (rule: string): boolean =>
    spec.includes(`**${rule}**`) || simulation.includes(`| ${rule} |`) || new RegExp(`\\b${rule}\\b`, 'u').test(head);
  deepEqual(
    PLANTED_BUGS.filter(({ breaks }) => !isRule(breaks)).map(({ name }) => name),
    [],
  );
});

test('O14 without a bug planted, the histories that find them keep every promise', async () => {
  const last = Math.max(
    ...PLANTED_BUGS.map(({ foundBy }) => ('seeds' in foundBy ? (foundBy.firstSeed ?? 1) + foundBy.seeds - 1 : 0)),
  );
  // Where the history does not count, each detector asks that of its own seed.
  const { code, stdout } = await run(process.execPath, [COMMAND, '--runs', String(last), '--keep-going']);
  equal(code, 0, stdout);
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
