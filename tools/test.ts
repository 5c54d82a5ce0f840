/**
 * Runs the tests: `node tools/test.ts [KIND …]`, all kinds without an argument.
 *
 * Unit tests stand beside their source. The kinds with real processes run two or three files at a time: they mostly wait. Node
 * takes files in the order of their names: those of minutes are in a directory that comes early, so that others run beside them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { resolve as absolute } from 'node:path';

/** Where each kind leaves how its tests ended, for tools/catalogue.ts. Ignored by git. */
const RESULTS = 'test-results';

const KINDS = {
  unit: { files: ['src/**/*.test.ts', 'docs/**/*.test.ts', 'tools/**/*.test.ts'], atOnce: availableParallelism() },
  contract: {
    files: ['test/contract/**/*.test.ts', 'test/golden/**/*.test.ts', 'test/harness/**/*.test.ts'],
    atOnce: 1,
  },
  sim: { files: ['sim/**/*.test.ts'], atOnce: availableParallelism() },
  fuzz: { files: ['test/fuzz/**/*.test.ts'], atOnce: 2 },
  hostile: { files: ['test/hostile/**/*.test.ts'], atOnce: 2 },
  catalogue: { files: ['test/catalogue/**/*.test.ts'], atOnce: 2 },
  crash: { files: ['test/crash/**/*.test.ts'], atOnce: 2 },
  nodes: { files: ['test/nodes/**/*.test.ts'], atOnce: 3 },
  interop: { files: ['test/interop/**/*.test.ts'], atOnce: 2 },
} as const;

const isKind = (word: string): word is keyof typeof KINDS => word in KINDS;
const asked = process.argv.slice(2);
const unknown = asked.filter((word) => !isKind(word));
if (unknown.length > 0) {
  console.error(`Cannot run "${unknown.join(' ')}": choose from ${Object.keys(KINDS).join(', ')}`);
  process.exit(2);
}
const kinds = asked.length > 0 ? asked.filter(isKind) : (Object.keys(KINDS) as (keyof typeof KINDS)[]);

// Others for each commit, the same for all who test it: what fails in CI fails wherever somebody looks for the reason.
process.env['LANFOLD_SIM_SEED'] ??= String(seedOfCommit());
console.log(`The simulation's seeds begin at ${process.env['LANFOLD_SIM_SEED']}.`);

mkdirSync(RESULTS, { recursive: true });
// Thousands of short processes, each of which would strip and compile the same sources.
process.env['NODE_COMPILE_CACHE'] ??= absolute(RESULTS, 'compiled');
/** From here on the other tests mostly wait for processes, and the simulation computes beside them with what they leave of the processor. */
const BESIDE_FROM = 'catalogue';
/** How much it gives way: what is timed against a person's patience needs the machine. */
const BESIDE_PRIORITY = 15;
const isBeside = kinds.includes('sim') && kinds.includes(BESIDE_FROM);

const codes: Promise<number>[] = [];
for (const kind of kinds) {
  if (isBeside && kind === BESIDE_FROM) codes.push(test('sim', true));
  if (isBeside && kind === 'sim') continue;
  const code = test(kind);
  codes.push(code);
  await code;
}
const failed = (await Promise.all(codes)).filter((code) => code !== 0).length;
process.exitCode = failed === 0 ? 0 : 1;

/** Runs one kind. `beside`: while another one runs, so it gives way, and speaks when it has ended. @returns its exit code. */
async function test(kind: keyof typeof KINDS, beside = false): Promise<number> {
  const { files, atOnce } = KINDS[kind];
  const found = globSync([...files]).sort();
  if (found.length === 0) return 0;
  const head = `\n== ${kind}: ${found.length} files`;
  if (!beside) console.log(head);
  const started = performance.now();
  const words = [
    '--test',
    `--test-concurrency=${atOnce}`,
    '--test-timeout=900000',
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/result-reporter.ts',
    `--test-reporter-destination=${RESULTS}/${kind}.jsonl`,
    ...found,
  ];
  const { code, output } = await run(words, beside);
  if (beside) console.log(`${head}\n${output}`);
  const result = code === 0 ? 'passed' : 'FAILED';
  console.log(`== ${kind}: ${result} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return code;
}

/** Without a repository, by the clock. */
function seedOfCommit(): number {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
  return status === 0 ? Number.parseInt(stdout.slice(0, 8), 16) : Date.now();
}

function run(words: readonly string[], isKept: boolean): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...words], { stdio: ['inherit', isKept ? 'pipe' : 'inherit', 'inherit'] });
    if (isKept && child.pid !== undefined) setPriority(child.pid, BESIDE_PRIORITY);
    let output = '';
    child.stdout?.on('data', (piece: Buffer) => (output += piece.toString()));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
