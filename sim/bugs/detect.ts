/**
 * Plants one bug in a process of its own and lets its detector look for it.
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Histories, NamedTest, PlantedBug } from './planted-bug.ts';

const ROOT = join(import.meta.dirname, '../..');
const METER = join(import.meta.dirname, 'meter.ts');

export interface Detection {
  readonly isFound: boolean;
  /** Of processor time, until it was found. */
  readonly seconds: number;
  /** By what: the seed and the invariant, or the test. */
  readonly by: string;
  /** Steps of the shortest plan that shows it, if it was asked for. */
  readonly steps: number | undefined;
  /** All that the detector printed. */
  readonly output: string;
}

export interface DetectOptions {
  /** Looks for the shortest plan too. */
  readonly shrink?: boolean;
}

export async function detect(bug: PlantedBug, { shrink = false }: DetectOptions = {}): Promise<Detection> {
  const { foundBy } = bug;
  if ('waitsFor' in foundBy) return { isFound: false, seconds: 0, by: 'nobody', steps: undefined, output: '' };
  return 'seeds' in foundBy ? byHistories(bug, foundBy, shrink) : byTest(bug, foundBy);
}

async function byHistories(bug: PlantedBug, how: Histories, shrink: boolean): Promise<Detection> {
  const firstSeed = how.firstSeed ?? 1;
  const endSeed = firstSeed + how.seeds;
  let [output, seconds] = ['', 0];
  for (let seed = firstSeed; seed < endSeed;) {
    const ended = await runHistories(how, seed, endSeed - seed, ['--bug', bug.name, '--no-shrink']);
    output = ended.stdout + ended.stderr;
    seconds += ended.seconds;
    // A process that died of something else, a snippet that is not there say, has found nothing.
    const failure = /^seed (\d+): broken promises\n {2}(\S+):/mu.exec(ended.stdout);
    if (ended.code !== 1 || failure === null) break;
    const found = Number(failure[1]);
    // Where the product itself needs the history, strictness says nothing of the bug.
    if (how.strict === true && (await runHistories(how, found, 1, ['--no-shrink'])).code !== 0) {
      seed = found + 1;
      continue;
    }
    const steps = shrink ? await shortest(bug, how, found) : undefined;
    const strictly = how.strict === true ? ' strictly' : '';
    return { isFound: true, seconds, by: `seed ${found}${strictly}, ${failure[2]}`, steps, output };
  }
  return { isFound: false, seconds, by: 'nobody', steps: undefined, output };
}

async function shortest(bug: PlantedBug, how: Histories, seed: number): Promise<number | undefined> {
  const { stdout } = await runHistories(how, seed, 1, ['--bug', bug.name]);
  const steps = /\((\d+) of \d+ steps/u.exec(stdout)?.[1];
  return steps === undefined ? undefined : Number(steps);
}

function runHistories(how: Histories, seed: number, runs: number, more: readonly string[]): Promise<Ended> {
  return run([
    join(ROOT, 'sim/run.ts'),
    ...['--jobs', '1'],
    ...['--seed', String(seed), '--runs', String(runs), ...more],
    ...(how.nodes === undefined ? [] : ['--nodes', String(how.nodes)]),
    ...(how.ops === undefined ? [] : ['--ops', String(how.ops)]),
    ...(how.strict === true ? ['--strict'] : []),
  ]);
}

async function byTest({ name }: PlantedBug, { file, test }: NamedTest): Promise<Detection> {
  const pattern = `^${test.replace(/[$()*+.?[\\\]^{|}/]/gu, String.raw`\$&`)}`;
  const { code, stdout, stderr, seconds } = await run(
    [
      ...['--import', join(import.meta.dirname, 'preload.ts'), '--test-reporter=tap'],
      ...[`--test-name-pattern=${pattern}`, join(ROOT, file)],
    ],
    { PLANTED_BUG: name },
  );
  const isFound =
    code === 1 && stdout.split('\n').some((line) => /^ *not ok \d+ - /u.test(line) && line.includes(test));
  return { isFound, seconds, by: isFound ? `${file}: ${test}` : 'nobody', steps: undefined, output: stdout + stderr };
}

interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  // A file of tests in a process that a test started would report to that one, not to us.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', METER, ...args],
      { env: { ...inherited, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
        const seconds = Number(/processor seconds: (\S+)/u.exec(stderr)?.[1] ?? 0);
        resolve({ code, stdout, stderr, seconds });
      },
    );
  });
}
