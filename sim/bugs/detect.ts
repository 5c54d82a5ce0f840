/**
 * Plants one bug in a process of its own and lets its detector look for it.
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Histories, NamedTest, PlantedBug } from './planted-bug.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Detection {
  readonly isFound: boolean;
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
  const startMs = performance.now();
  const found = 'seeds' in bug.foundBy ? await byHistories(bug, bug.foundBy, shrink) : await byTest(bug, bug.foundBy);
  return { ...found, seconds: (performance.now() - startMs) / 1000 };
}

type Found = Omit<Detection, 'seconds'>;

async function byHistories({ name }: PlantedBug, how: Histories, shrink: boolean): Promise<Found> {
  const size = [
    ...(how.nodes === undefined ? [] : ['--nodes', String(how.nodes)]),
    ...(how.ops === undefined ? [] : ['--ops', String(how.ops)]),
  ];
  const { code, stdout, stderr } = await run([
    join(ROOT, 'sim/run.ts'),
    ...['--bug', name, '--seed', String(how.firstSeed ?? 1), '--runs', String(how.seeds), ...size],
    ...(how.strict === true ? ['--strict'] : []),
    ...(shrink ? [] : ['--no-shrink']),
  ]);
  // A process that died of something else, a snippet that is not there say, has found nothing.
  const failure = /^seed (\d+): broken promises\n {2}(\S+):/mu.exec(stdout);
  const shortest = /\((\d+) of \d+ steps/u.exec(stdout);
  return {
    isFound: code === 1 && failure !== null,
    by: failure === null ? 'nobody' : `seed ${failure[1]}, ${failure[2]}`,
    steps: shortest === null ? undefined : Number(shortest[1]),
    output: stdout + stderr,
  };
}

async function byTest({ name }: PlantedBug, { file, test }: NamedTest): Promise<Found> {
  const pattern = `^${test.replace(/[$()*+.?[\\\]^{|}/]/gu, String.raw`\$&`)}`;
  const { code, stdout, stderr } = await run(
    [
      ...['--import', join(import.meta.dirname, 'preload.ts'), '--test-reporter=tap'],
      ...[`--test-name-pattern=${pattern}`, join(ROOT, file)],
    ],
    { PLANTED_BUG: name },
  );
  const isFound =
    code === 1 && stdout.split('\n').some((line) => /^ *not ok \d+ - /u.test(line) && line.includes(test));
  return { isFound, by: isFound ? `${file}: ${test}` : 'nobody', steps: undefined, output: stdout + stderr };
}

interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  // A file of tests in a process that a test started would report to that one, not to us.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args],
      { env: { ...inherited, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
        resolve({ code, stdout, stderr });
      },
    );
  });
}
