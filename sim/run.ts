/**
 * `npm run sim`: runs seeds, and for the first one that breaks a promise prints what, the shortest plan that does, a diagram
 * of its run, and the command that shows it again. Exit codes: 0 all is well, 1 a promise is broken, 2 wrong usage.
 * @module
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { plant } from './bugs/plant.ts';
import type { PlantedBug } from './bugs/planted-bug.ts';
import { plantedBug } from './bugs/table.ts';
import type { CampaignOptions, Failure } from './campaign.ts';
import { drawDiagram } from './diagram.ts';
import { type PartResult, runParts, sayResult } from './parts.ts';
import { describeStep, nodeName, type Plan } from './plan.ts';
import { shrink } from './shrink.ts';
import type { Outcome } from './world.ts';

const USAGE = `usage: npm run sim -- [options]
  --seed N        the first seed (default 1)
  --runs M        how many seeds (default 1000)
  --nodes N       nodes in a world (default 3)
  --ops N         what people do in a world (default 40)
  --bug NAME      plants a bug of sim/bugs/; may be given twice
  --shared        no worlds in which people decide who shares the folder
  --strict        what is only in a history counts as lost
  --only A,B,...  only these steps of the plan
  --jobs N        processes (default: one per core)
  --keep-going    all seeds, also after a failure; nothing is shortened
  --no-shrink     the failure as it is, without its shortest plan
  --verbose       prints the trace (with --runs 1)`;

interface Arguments extends Omit<CampaignOptions, 'create'> {
  readonly bugs: readonly PlantedBug[];
  readonly only: readonly number[] | undefined;
  readonly isShrunk: boolean;
  readonly verbose: boolean;
  readonly jobs: number;
}

/** Seeds that one process runs before the next one begins: enough to be worth its start, few enough to say how it goes. */
const PART_RUNS_MAX = 2000;

const args = readArguments(process.argv.slice(2));
for (const bug of args?.bugs ?? []) plant(bug);
// What runs the product comes only now, with the bugs in it.
const { planOf, runCampaign } = await import('./campaign.ts');
const { engineNode: create } = await import('./engine-node.ts');
const { runWorld } = await import('./world.ts');

process.exitCode = await main();

function readArguments(argv: readonly string[]): Arguments | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seed: { type: 'string', default: '1' },
        runs: { type: 'string' },
        nodes: { type: 'string', default: '3' },
        ops: { type: 'string', default: '40' },
        bug: { type: 'string', multiple: true, default: [] },
        strict: { type: 'boolean', default: false },
        shared: { type: 'boolean', default: false },
        only: { type: 'string' },
        jobs: { type: 'string' },
        'keep-going': { type: 'boolean', default: false },
        'no-shrink': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
    const only = values.only === undefined ? undefined : values.only.split(',').filter(Boolean).map(wholeNumber);
    const isOne = values.verbose || only !== undefined;
    return {
      firstSeed: wholeNumber(values.seed),
      runs: wholeNumber(values.runs ?? (isOne ? '1' : '1000')),
      nodes: wholeNumber(values.nodes),
      operations: wholeNumber(values.ops),
      strict: values.strict,
      gatherings: !values.shared,
      keepGoing: values['keep-going'],
      bugs: values.bug.map(plantedBug),
      only,
      isShrunk: !values['no-shrink'],
      verbose: values.verbose,
      jobs: wholeNumber(values.jobs ?? String(availableParallelism())),
    };
  } catch (fault) {
    console.error(fault instanceof Error ? fault.message : fault);
    return undefined;
  }
}

function wholeNumber(text: string): number {
  if (!/^\d+$/u.test(text)) throw new Error(`"${text}" is no whole number`);
  return Number(text);
}

/** The seeds in parts, each in a process of its own. */
async function runInParts(args: Arguments): Promise<PartResult> {
  const startMs = performance.now();
  const ownRuns = Math.max(1, Math.ceil(args.runs / args.jobs));
  const partRuns = Math.ceil(ownRuns / Math.ceil(ownRuns / PART_RUNS_MAX)); // alike, so that no process waits long for the last
  const parts: string[][] = [];
  for (let first = 0; first < args.runs; first += partRuns) {
    const runs = Math.min(partRuns, args.runs - first);
    // The last value of an option counts.
    parts.push([...process.argv.slice(2), '--seed', `${args.firstSeed + first}`, '--runs', `${runs}`, '--jobs', '1']);
  }
  return await runParts({
    module: import.meta.filename,
    parts,
    jobs: args.jobs,
    stopsAtFailure: args.keepGoing !== true,
    onPart: (soFar, done) => {
      if (done < parts.length) console.error(textOf(soFar, performance.now() - startMs));
    },
  });
}

function textOf({ runs, events, failed }: PartResult, durationMs: number): string {
  return `${runs} runs, ${events} events, ${Math.round(runs / (durationMs / 60_000))} runs a minute, ${failed} failed`;
}

/** The command that shows a plan again. */
function commandFor(args: Arguments, plan: Plan, isWhole: boolean): string {
  const only = isWhole ? '' : ` --only ${plan.steps.map(({ id }) => id).join()}`;
  const bugs = args.bugs.map(({ name }) => ` --bug ${name}`).join('');
  const strict = args.strict ? ' --strict' : '';
  const shared = args.gatherings === false ? ' --shared' : '';
  const size = `--nodes ${args.nodes} --ops ${args.operations}`;
  return `npm run sim -- --seed ${plan.seed} --runs 1 ${size}${bugs}${shared}${strict}${only} --verbose`;
}

function printViolations({ violations }: Outcome): void {
  for (const { rule, text } of violations) console.log(`  ${rule}: ${text}`);
}

async function explain(args: Arguments, { plan, outcome }: Failure): Promise<void> {
  console.log(`seed ${plan.seed}: broken promises`);
  printViolations(outcome);
  if (!args.isShrunk) return;
  const rule = outcome.violations[0]?.rule;
  const fails = async (candidate: Plan): Promise<boolean> => {
    const { violations } = await runWorld({ ...args, create, plan: candidate });
    return violations.some((violation) => violation.rule === rule);
  };
  const { plan: short, runs } = await shrink(plan, fails);
  console.log(
    `the shortest plan that breaks ${rule} (${short.steps.length} of ${plan.steps.length} steps, ${runs} runs):`,
  );
  for (const step of short.steps) console.log(`  ${describeStep(step)}`);
  const lines: string[] = [];
  const again = await runWorld({ ...args, create, plan: short, print: (line) => void lines.push(line) });
  printViolations(again);
  const nodes = Array.from({ length: short.nodes }, (_, index) => nodeName(index));
  for (const line of drawDiagram(lines, nodes)) console.log(line);
  console.log(commandFor(args, short, false));
}

/** One plan, with its trace. */
async function show(args: Arguments, only: readonly number[] | undefined): Promise<boolean> {
  const plan = planOf(args, args.firstSeed);
  const steps = only === undefined ? plan.steps : plan.steps.filter(({ id }) => only.includes(id));
  const print = args.verbose ? (line: string): void => console.log(line) : undefined;
  const outcome = await runWorld({
    ...args,
    create,
    plan: { ...plan, steps },
    isTraced: true,
    ...(print === undefined ? {} : { print }),
  });
  console.log(
    `seed ${plan.seed}: ${outcome.events} events, ${(outcome.simulatedMs / 1000).toFixed(0)} s, trace ${outcome.trace}`,
  );
  printViolations(outcome);
  return outcome.violations.length === 0;
}

async function main(): Promise<number> {
  if (args === undefined) {
    console.error(USAGE);
    return 2;
  }
  if (args.verbose || args.only !== undefined) return (await show(args, args.only)) ? 0 : 1;
  const startMs = performance.now();
  if (process.send === undefined && args.runs > (args.jobs > 1 ? 1 : PART_RUNS_MAX)) {
    const sum = await runInParts(args);
    console.log(textOf(sum, performance.now() - startMs));
    return sum.failed === 0 ? 0 : 1;
  }
  const { runs, events, failures } = await runCampaign({ ...args, create });
  const result = { runs, events, failed: failures.length };
  if (!sayResult(result)) console.log(textOf(result, performance.now() - startMs));
  const [first] = failures;
  if (first === undefined) return 0;
  if (args.keepGoing === true) {
    for (const { plan, outcome } of failures) {
      console.log(`seed ${plan.seed}`);
      printViolations(outcome);
    }
  } else await explain(args, first);
  return 1;
}
