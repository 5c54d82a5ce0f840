/**
 * Every small bad day: all plans of up to so many operations on two paths of two nodes, each with every fault at every step.
 *
 * Most failures that random histories find can be shrunk to a few operations and one fault (so it was with other systems'
 * crash tests, too): what is this small can be tried completely.
 * @module
 */
import type { NodeFaultStep, Plan, Step, UserStep, UserVerb } from './plan.ts';
import type { SimNodeFactory } from './sim-node.ts';
import type { Violation } from './checkers/violation.ts';
import { runWorld } from './world.ts';

const PATHS = ['a', 'b'] as const;
const NODES = 2;
const VERBS: readonly UserVerb[] = ['write', 'delete', 'rename', 'make-directory', 'change-type'];
/** The nodes have had time to meet, and to share one file. */
const FIRST_MS = 1500;
/** One after the other, each known to both; and nearly at once. */
const GAPS_MS = [300, 3] as const;
const FAULT_MS = 400;

/** What happens at a step of a run, instead of at a time, and the place of what it befalls in {@link Outcome.turns}. */
export type SmallFault = 'crash-first' | 'crash-second' | 'power-first' | 'power-second' | 'cut';
const FAULTS: readonly { readonly fault: SmallFault; readonly befalls: number }[] = [
  { fault: 'crash-first', befalls: 0 },
  { fault: 'crash-second', befalls: 1 },
  { fault: 'power-first', befalls: 0 },
  { fault: 'power-second', befalls: 1 },
  { fault: 'cut', befalls: NODES },
];

export interface SmallCase {
  readonly plan: Plan;
  readonly fault: Step | undefined;
  readonly afterEvents: number;
}

export interface ExhaustiveOptions {
  readonly create: SimNodeFactory;
  readonly operations: number;
  /** Of every `of` plans the one at `slice`. */
  readonly slice: number;
  readonly of: number;
  /** Faults at every so many steps only; 1: at every one. */
  readonly every: number;
  /** Beginnings of the names of faults. Default: all. */
  readonly faults?: readonly string[];
}

export interface ExhaustiveResult {
  readonly plans: number;
  readonly runs: number;
  readonly failure: { readonly small: SmallCase; readonly violations: readonly Violation[] } | undefined;
}

export async function runExhaustive(options: ExhaustiveOptions): Promise<ExhaustiveResult> {
  let plans = 0;
  let runs = 0;
  let at = 0;
  for (const plan of smallPlans(options.operations)) {
    at += 1;
    if (at % options.of !== options.slice) continue;
    plans += 1;
    for await (const { small, violations } of runAll(options, plan)) {
      runs += 1;
      if (violations.length > 0) return { plans, runs, failure: { small, violations } };
    }
  }
  return { plans, runs, failure: undefined };
}

async function* runAll(
  { create, every, faults = [''] }: ExhaustiveOptions,
  plan: Plan,
): AsyncGenerator<{ small: SmallCase; violations: readonly Violation[] }> {
  const whole = await runWorld({ plan, create, survey: true });
  yield { small: { plan, fault: undefined, afterEvents: 0 }, violations: whole.violations };
  for (const [index, { fault, befalls }] of FAULTS.entries()) {
    if (!faults.some((name) => fault.startsWith(name))) continue;
    const turns = whole.turns[befalls] ?? [];
    const tried = turns.filter((turn) => turn >= whole.firstStepEvents && turn < whole.lastStirEvents);
    for (const [at, afterEvents] of tried.entries()) {
      if (at % every !== index % every) continue;
      const step = stepOf(fault, plan.steps.length);
      const { violations } = await runWorld({ plan, create, fault: { afterEvents, step } });
      yield { small: { plan, fault: step, afterEvents }, violations };
    }
  }
}

/** Plans that are the same with the nodes or the paths exchanged come once: the first operation is on the first of both. */
export function* smallPlans(operations: number): Generator<Plan> {
  let seed = 0;
  for (let count = 1; count <= operations; count += 1) {
    for (const steps of sequences(count)) {
      for (const gapMs of count === 1 ? [GAPS_MS[0]] : GAPS_MS) {
        seed += 1;
        const first = userStep(0, 0, 'write', 'a');
        const timed = steps.map((step, index) => ({ ...step, id: index + 1, atMs: FIRST_MS + index * gapMs }));
        yield {
          seed,
          nodes: NODES,
          topology: 'mesh',
          skewsMs: [0, 0],
          diskMsMax: 2,
          newsLossRate: 0,
          bufferBytes: 4 * 1024 * 1024,
          steps: [first, ...timed],
        };
      }
    }
  }
}

function* sequences(count: number): Generator<readonly UserStep[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const before of sequences(count - 1)) {
    for (const verb of VERBS) {
      for (const path of before.length === 0 ? PATHS.slice(0, 1) : PATHS) {
        for (let node = 0; node < (before.length === 0 ? 1 : NODES); node += 1) {
          yield [...before, userStep(0, node, verb, path)];
        }
      }
    }
  }
}

function userStep(id: number, node: number, verb: UserVerb, path: string): UserStep {
  const other = path === 'a' ? 'b' : 'a';
  return { kind: 'user', id, atMs: 100, node, verb, path, other, sizeBytes: 20, parts: 2, pauseMsMax: 5 };
}

function stepOf(fault: SmallFault, id: number): Step {
  const when = { id, atMs: 0, forMs: FAULT_MS };
  if (fault === 'cut') return { kind: 'cut', ...when, link: [0, 1] };
  const kind: NodeFaultStep['kind'] = fault.startsWith('crash') ? 'crash' : 'power';
  return { kind, ...when, node: fault.endsWith('first') ? 0 : 1 };
}
