import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import {
  CATALOGUE,
  countOf,
  findCaseTests,
  findFaults,
  readTestSources,
  renderTable,
  resultOf,
  type CaseTest,
  type Catalogue,
} from './catalogue.ts';
import type { TestResult } from './result-reporter.ts';

test('A8 every case of the failure catalogue has a test or a reason, and every test names cases that exist', () => {
  const tests = findCaseTests(readTestSources());
  deepEqual(findFaults(CATALOGUE, tests), []);
  console.log(countOf(CATALOGUE, tests));
});

test('A8 there are 224 cases, numbered without a gap', () => {
  const ids = Object.keys(CATALOGUE.cases);
  equal(ids.length, 224);
  const expected = [16, 21, 26, 16, 20, 25, 22, 22, 27, 19, 10].flatMap((count, group) =>
    Array.from({ length: count }, (_, index) => `${'ABCDEFGHIJK'[group]}${String(index + 1).padStart(2, '0')}`),
  );
  deepEqual(ids, expected);
});

const titlesIn = (text: string): string[] =>
  findCaseTests([{ path: 'test/a.test.ts', text }]).map(({ ids, title }) => `${ids.join('+')}: ${title}`);

test('A8 a title is found in each kind of quote, with what is filled in, and in a row of a table', () => {
  deepEqual(titlesIn("test('case F04: it\\'s gone', () => {});"), ["F04: case F04: it's gone"]);
  deepEqual(titlesIn('test(`R1 case F04 F08: of ${name}`, () => {});'), ['F04+F08: R1 case F04 F08: of ${name}']);
  deepEqual(titlesIn("  [1, 'one', 'case A01: two', 'three'],"), ['A01: case A01: two']);
});

test('A8 what a comment says of a case is no test', () => {
  deepEqual(titlesIn("// 'case A01'\n * 'case A01: as said'\n/** `case A02` */"), []);
});

const catalogue: Catalogue = {
  cases: { A01: 'one', A02: 'two', A03: 'three', A04: 'four' },
  notHere: { A03: 'no such disk' },
  open: { A04: 'later' },
};
const caseTest = (title: string, ...ids: string[]): CaseTest => ({ ids, file: 'a.test.ts', title, means: 'unit' });

const planted: [what: string, changed: Partial<Catalogue>, tests: CaseTest[], fault: RegExp][] = [
  ['neither a test nor a reason', {}, [caseTest('one', 'A01')], /^A02 has neither a test nor a reason$/],
  ['an unknown case in a title', {}, [caseTest('x', 'A01', 'A02', 'B77')], /names B77, which is no case/],
  ['a test of what cannot be run', {}, [caseTest('x', 'A01', 'A02', 'A03')], /cannot be run here/],
  ['a reason for no case', { open: { A04: '', Z01: '' } }, [caseTest('x', 'A01', 'A02')], /reason for Z01/],
  ['two reasons', { open: { A03: '', A04: '' } }, [caseTest('x', 'A01', 'A02')], /A03 cannot be run here, and is open/],
];
for (const [what, changed, tests, fault] of planted) {
  test(`A8 it is a fault: ${what}`, () => {
    const faults = findFaults({ ...catalogue, ...changed }, tests);
    equal(faults.length, 1, faults.join('\n'));
    match(faults[0] ?? '', fault);
  });
}

const ended = (title: string, result: TestResult['result'], why?: string): TestResult => ({
  file: 'a.test.ts',
  title,
  result,
  ms: 1,
  ...(why === undefined ? {} : { why }),
});

test('A8 the result is that of the tests with this title, and one failure counts', () => {
  const of = caseTest('case A01: of ${name} (all)', 'A01');
  equal(resultOf(of, []), 'not run in this checkout');
  equal(resultOf(of, [ended('case A01: of a', 'passed')]), 'not run in this checkout');
  equal(resultOf(of, [ended('case A01: of a (all)', 'skipped', 'no root')]), 'skipped: no root');
  const both = [ended('case A01: of a (all)', 'passed'), ended('case A01: of b (all)', 'skipped')];
  equal(resultOf(of, both), 'passed');
  equal(resultOf(of, [...both, ended('case A01: of c (all)', 'failed')]), 'FAILED');
});

test('A8 the table has a row for each case, and for each further test of it', () => {
  const tests = [caseTest('one', 'A01', 'A02'), caseTest('two', 'A01')];
  const table = renderTable(catalogue, tests, [ended('one', 'passed')]);
  match(table, /^# 2 of 4 run, 1 cannot here, 1 are open/);
  match(
    table,
    /\| A01 \| one \| a\.test\.ts: one \| unit \| passed \|\n\|  \|  \| a\.test\.ts: two \| unit \| not run/,
  );
  match(table, /\| A02 \| two \| a\.test\.ts: one \| unit \| passed \|/);
  match(table, /\| A03 \| three \|  \|  \| not here: no such disk \|/);
  match(table, /\| A04 \| four \|  \|  \| open: later \|/);
});
