/**
 * `npm run sim:exhaustive`: every small plan with every fault at every step. Exit codes: 0 all is well, 1 a promise is broken,
 * 2 wrong usage.
 * @module
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { drawDiagram } from './diagram.ts';
import { engineNode } from './engine-node.ts';
import { type ExhaustiveOptions, runExhaustive, type SmallCase } from './exhaustive.ts';
import { type PartResult, runParts, sayResult } from './parts.ts';
import { describeStep, nodeName } from './plan.ts';
import { runWorld } from './world.ts';

const USAGE = `usage: npm run sim:exhaustive -- [options]
  --ops N       plans of up to so many operations (default 2)
  --slice I/N   of every N plans the I-th, from 0 (default 0/1: all)
  --every K     faults at every K-th step only (default 1: at each)
  --faults A,B  only faults that begin so: crash, power, cut (default: all)
  --jobs N      processes (default: one per core)`;

/** Parts of the plans for each process, so that none has to wait long for the last one. */
const PARTS_PER_JOB = 50;

interface Small extends Omit<ExhaustiveOptions, 'create'> {
  readonly jobs: number;
}

process.exitCode = await main();

function readArguments(argv: readonly string[]): Small | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ops: { type: 'string', default: '2' },
      slice: { type: 'string', default: '0/1' },
      every: { type: 'string', default: '1' },
      faults: { type: 'string', default: '' },
      jobs: { type: 'string', default: String(availableParallelism()) },
    },
    strict: false,
  });
  const numbers = [values.ops, ...String(values.slice).split('/'), values.every, values.jobs].map(Number);
  const [operations = 0, slice = 0, of = 0, every = 0, jobs = 0] = numbers;
  const isRight =
    numbers.length === 5 && numbers.every(Number.isInteger) && operations > 0 && of > 0 && every > 0 && jobs > 0;
  return isRight && slice >= 0 && slice < of
    ? { operations, slice, of, every, jobs, faults: String(values.faults).split(',') }
    : undefined;
}

async function show({ plan, fault, afterEvents }: SmallCase): Promise<void> {
  for (const step of plan.steps) console.log(`  ${describeStep(step)}`);
  if (fault !== undefined) console.log(`  after ${afterEvents} events: ${describeStep(fault).trim()}`);
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  await runWorld({
    plan,
    create: engineNode,
    print,
    ...(fault === undefined ? {} : { fault: { afterEvents, step: fault } }),
  });
  for (const line of drawDiagram(lines, [nodeName(0), nodeName(1)])) console.log(line);
}

/** Slices of the slice, each in a process of its own. */
async function runInParts(
  { operations, slice, of, every, jobs, faults = [] }: Small,
  startMs: number,
): Promise<PartResult> {
  const count = jobs * PARTS_PER_JOB;
  const fixed = ['--ops', String(operations), '--every', String(every), '--faults', faults.join(), '--jobs', '1'];
  const parts = Array.from({ length: count }, (_, part) => [...fixed, '--slice', `${slice + part * of}/${of * count}`]);
  return await runParts({
    module: import.meta.filename,
    parts,
    jobs,
    stopsAtFailure: true,
    onPart: (soFar, done) => {
      if (done < count) console.error(`${done} of ${count} parts: ${textOf(soFar, startMs)}`);
    },
  });
}

function textOf({ runs, events, failed }: PartResult, startMs: number): string {
  const minutes = (performance.now() - startMs) / 60_000;
  return `${events} plans, ${runs} runs, ${Math.round(runs / minutes)} runs a minute, ${failed} failed`;
}

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  if (args === undefined) {
    console.error(USAGE);
    return 2;
  }
  const startMs = performance.now();
  if (args.jobs > 1) {
    const sum = await runInParts(args, startMs);
    console.log(textOf(sum, startMs));
    return sum.failed === 0 ? 0 : 1;
  }
  const { plans, runs, failure } = await runExhaustive({ ...args, create: engineNode });
  const result = { runs, events: plans, failed: failure === undefined ? 0 : 1 };
  if (!sayResult(result)) console.log(textOf(result, startMs));
  if (failure === undefined) return 0;
  for (const { rule, text } of failure.violations) console.log(`  ${rule}: ${text}`);
  await show(failure.small);
  return 1;
}
