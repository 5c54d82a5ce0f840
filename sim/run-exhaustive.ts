/**
 * `npm run sim:exhaustive`: every small plan with every fault at every step. Exit codes: 0 all is well, 1 a promise is broken,
 * 2 wrong usage.
 * @module
 */
import { parseArgs } from 'node:util';
import { drawDiagram } from './diagram.ts';
import { engineNode } from './engine-node.ts';
import { runExhaustive, type SmallCase } from './exhaustive.ts';
import { describeStep, nodeName } from './plan.ts';
import { runWorld } from './world.ts';

const USAGE = `usage: npm run sim:exhaustive -- [options]
  --ops N       plans of up to so many operations (default 2)
  --slice I/N   of every N plans the I-th, from 0 (default 0/1: all)
  --every K     faults at every K-th step only (default 1: at each)`;

process.exitCode = await main();

function readArguments(
  argv: readonly string[],
): { operations: number; slice: number; of: number; every: number } | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ops: { type: 'string', default: '2' },
      slice: { type: 'string', default: '0/1' },
      every: { type: 'string', default: '1' },
    },
    strict: false,
  });
  const numbers = [values.ops, ...String(values.slice).split('/'), values.every].map(Number);
  const [operations = 0, slice = 0, of = 0, every = 0] = numbers;
  const isRight = numbers.length === 4 && numbers.every(Number.isInteger) && operations > 0 && of > 0 && every > 0;
  return isRight && slice >= 0 && slice < of ? { operations, slice, of, every } : undefined;
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

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  if (args === undefined) {
    console.error(USAGE);
    return 2;
  }
  const startMs = performance.now();
  const { plans, runs, failure } = await runExhaustive({ ...args, create: engineNode });
  const minutes = (performance.now() - startMs) / 60_000;
  console.log(`${plans} plans, ${runs} runs, ${Math.round(runs / minutes)} runs a minute`);
  if (failure === undefined) return 0;
  for (const { rule, text } of failure.violations) console.log(`  ${rule}: ${text}`);
  await show(failure.small);
  return 1;
}
