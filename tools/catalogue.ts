/**
 * Makes the table of the failure catalogue: which test runs which case, by what means, and how that ended when it last ran here.
 * `npm run catalogue` writes it beside the results of the tests (tools/test.ts), where no generated file gets into the repository.
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CASES, GROUPS } from '../test/catalogue/cases.ts';
import { NOT_HERE, OPEN } from '../test/catalogue/reasons.ts';
import type { TestResult } from './result-reporter.ts';

/** Where tools/test.ts leaves the results of each kind. Ignored by git. */
const RESULTS = 'test-results';
const TABLE = `${RESULTS}/catalogue.md`;

export interface Source {
  readonly path: string;
  readonly text: string;
}

/** A test that says in its title which cases it runs. */
export interface CaseTest {
  readonly ids: readonly string[];
  readonly file: string;
  /** As it is written: a template keeps its `${…}`. */
  readonly title: string;
  readonly means: string;
}

export interface Catalogue {
  readonly cases: Readonly<Record<string, string>>;
  readonly notHere: Readonly<Record<string, string>>;
  readonly open: Readonly<Record<string, string>>;
}

export const CATALOGUE: Catalogue = { cases: CASES, notHere: NOT_HERE, open: OPEN };

/** A string on one line that speaks of a case. Quotes that are escaped belong to it. */
const TITLE =
  /(?<quote>['"`])(?<title>(?:\\.|(?!\k<quote>).)*?\bcase (?<ids>[A-Z]\d\d(?: [A-Z]\d\d)*)\b.*?)(?<!\\)\k<quote>/g;
const IS_COMMENT = /^\s*(?:\/\/|\/\*|\*)/;

/** What a test's file shows of the means that it uses: the first that fits its path, and all that fit its text. */
const PLACES: readonly (readonly [path: string, means: string])[] = [
  ['src/', 'unit'],
  ['sim/', 'simulation'],
  ['test/contract/', 'one port, on a real disk or network'],
  ['test/golden/', 'captured bytes'],
  ['test/interop/', 'real Syncthing'],
  ['test/hostile/', 'hostile peer'],
  ['test/fuzz/', 'random bytes'],
  ['test/', 'real processes'],
];
const TOOLS: readonly (readonly [used: RegExp, means: string])[] = [
  [/\bnew Desk\(/, 'simulation'],
  [/\bMemoryDisk\(/, 'tmpfs'],
  [/\bopenExt4Disk\(/, 'ext4'],
  [/\bxfs\b/i, 'xfs'],
  [/harness\/fuse/, 'FUSE'],
  [/\bnew Removable\(/, 'bind mount'],
  [/harness\/namespaces/, 'network namespaces'],
  [/\bstrace\b/i, 'injected faults'],
  [/\bfaketime\b/i, 'false clock'],
];

/** The tests that name a case, in the order of their files. */
export function findCaseTests(sources: readonly Source[]): CaseTest[] {
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line) => {
      if (IS_COMMENT.test(line)) return [];
      return [...line.matchAll(TITLE)].map(({ groups = {} }) => ({
        ids: (groups['ids'] ?? '').split(' '),
        file: path,
        title: (groups['title'] ?? '').replaceAll(/\\(['"`])/g, '$1'),
        means: meansOf({ path, text }),
      }));
    }),
  );
}

function meansOf({ path, text }: Source): string {
  const place = PLACES.find(([start]) => path.startsWith(start))?.[1] ?? 'unit';
  const tools = TOOLS.filter(([used]) => used.test(text)).map(([, means]) => means);
  // What runs in memory alone starts no process.
  const first = tools.includes('simulation') && place === 'real processes' ? [] : [place];
  return [...new Set([...first, ...tools])].join(', ');
}

/** What is wrong between the cases, the reasons and the tests: a sentence each. */
export function findFaults({ cases, notHere, open }: Catalogue, tests: readonly CaseTest[]): string[] {
  const tested = new Set(tests.flatMap(({ ids }) => ids));
  const reasoned = [...Object.keys(notHere), ...Object.keys(open)];
  return [
    ...Object.keys(cases)
      .filter((id) => !tested.has(id) && !reasoned.includes(id))
      .map((id) => `${id} has neither a test nor a reason`),
    ...reasoned.filter((id) => !(id in cases)).map((id) => `There is a reason for ${id}, which is no case`),
    ...Object.keys(notHere)
      .filter((id) => id in open)
      .map((id) => `${id} cannot be run here, and is open as well`),
    ...tests.flatMap(({ ids, file, title }) =>
      ids.flatMap((id) => {
        if (!(id in cases)) return [`${file}: "${title}" names ${id}, which is no case`];
        return id in notHere ? [`${file}: "${title}" runs ${id}, of which is said that it cannot be run here`] : [];
      }),
    ),
  ];
}

/** Cases that are said to be open, and have a test by now: their lines may go. */
export function findStale({ open }: Catalogue, tests: readonly CaseTest[]): string[] {
  const tested = new Set(tests.flatMap(({ ids }) => ids));
  return Object.keys(open).filter((id) => tested.has(id));
}

/** How a test ended. A title with `${…}` stands for several tests: one that failed counts more than those that passed. */
export function resultOf({ title }: CaseTest, results: readonly TestResult[]): string {
  const pattern = title.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const whole = new RegExp(`^${pattern.join('.*')}$`, 's');
  const found = results.filter((result) => whole.test(result.title));
  if (found.length === 0) return 'not run in this checkout';
  if (found.some(({ result }) => result === 'failed')) return 'FAILED';
  if (found.some(({ result }) => result === 'passed')) return 'passed';
  const why = found.find(({ why }) => why !== undefined)?.why;
  return why === undefined ? 'skipped' : `skipped: ${why}`;
}

/** The table as Markdown, a section for each group. */
export function renderTable(
  { cases, notHere, open }: Catalogue,
  tests: readonly CaseTest[],
  results: readonly TestResult[],
): string {
  const rowsOf = (id: string): string[] => {
    const mine = tests.filter(({ ids }) => ids.includes(id));
    const situation = cases[id] ?? '';
    if (mine.length > 0) {
      return mine.map((one, index) =>
        row(
          index === 0 ? id : '',
          index === 0 ? situation : '',
          `${one.file}: ${one.title}`,
          one.means,
          resultOf(one, results),
        ),
      );
    }
    const reason = notHere[id];
    return [row(id, situation, '', '', reason === undefined ? `open: ${open[id] ?? ''}` : `not here: ${reason}`)];
  };
  const sections = Object.entries(GROUPS).map(([letter, title]) => {
    const ids = Object.keys(cases).filter((id) => id.startsWith(letter));
    const head = [
      `## ${letter} — ${title}`,
      '',
      row('Case', 'Situation', 'Test', 'Means', 'Result'),
      '|---|---|---|---|---|',
    ];
    return [...head, ...ids.flatMap(rowsOf), ''].join('\n');
  });
  return [`# ${countOf({ cases, notHere, open }, tests)}`, '', ...sections].join('\n');
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

/** "N of 224 run", and what keeps the others. */
export function countOf({ cases, notHere, open }: Catalogue, tests: readonly CaseTest[]): string {
  const tested = new Set(tests.flatMap(({ ids }) => ids));
  const ids = Object.keys(cases);
  const openIds = ids.filter((id) => id in open && !tested.has(id));
  const ran = ids.filter((id) => tested.has(id));
  return `${ran.length} of ${ids.length} run, ${Object.keys(notHere).length} cannot here, ${openIds.length} are open`;
}

/** All files in which tests are written, but the tests of this tool, which speak of cases that do not exist. */
export function readTestSources(): Source[] {
  const globs = ['src/**/*.test.ts', 'sim/**/*.ts', 'test/**/*.ts', 'docs/**/*.test.ts', 'tools/**/*.test.ts'];
  const paths = globSync(globs).filter((path) => path !== 'tools/catalogue.test.ts');
  return paths.sort().map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

function readResults(): TestResult[] {
  return globSync(`${RESULTS}/*.jsonl`).flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as TestResult),
  );
}

if (import.meta.main) {
  const tests = findCaseTests(readTestSources());
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(TABLE, renderTable(CATALOGUE, tests, readResults()));
  const faults = findFaults(CATALOGUE, tests);
  for (const fault of faults) console.error(fault);
  for (const id of findStale(CATALOGUE, tests))
    console.log(`${id} has a test by now: its line among the open ones may go`);
  console.log(`${countOf(CATALOGUE, tests)}; see ${TABLE}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
