/**
 * Many seeds, one world after the other, until one breaks a promise or all are done.
 * @module
 */
import { makePlan } from './faults.ts';
import type { Plan } from './plan.ts';
import type { SimNodeFactory } from './sim-node.ts';
import { type Outcome, runWorld, streamsOf } from './world.ts';

export interface CampaignOptions {
  readonly create: SimNodeFactory;
  readonly firstSeed: number;
  readonly runs: number;
  readonly nodes: number;
  readonly operations: number;
  readonly strict: boolean;
  /** As {@link Workload.gatherings}. */
  readonly gatherings?: boolean;
  /** Goes on after a failure. Default: stops. */
  readonly keepGoing?: boolean;
}

export interface Failure {
  readonly plan: Plan;
  readonly outcome: Outcome;
}

export interface CampaignResult {
  readonly runs: number;
  readonly events: number;
  /** By seed. */
  readonly failures: readonly Failure[];
}

/** One seed in so many runs twice, both at the same time: they must not know of each other, and their traces must be equal. */
const TWICE_EVERY = 100;

/** What takes or sets back what a person has seen leaves it in histories only: no fault by the strict rule. */
const NOT_STRICT: ReadonlySet<string> = new Set(['power', 'lose-records', 'restore-records']);

export function planOf(
  options: Pick<CampaignOptions, 'nodes' | 'operations' | 'strict' | 'gatherings'>,
  seed: number,
): Plan {
  const plan = makePlan(seed, options, streamsOf(seed));
  return options.strict ? { ...plan, steps: plan.steps.filter(({ kind }) => !NOT_STRICT.has(kind)) } : plan;
}

/** Runs the seeds, in their order. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const failures: Failure[] = [];
  let runs = 0;
  let events = 0;
  for (let seed = options.firstSeed; seed < options.firstSeed + options.runs; seed += 1) {
    const plan = planOf(options, seed);
    const outcome = await runTwiceAtTimes(options, plan);
    runs += 1;
    events += outcome.events;
    if (outcome.violations.length > 0) failures.push({ plan, outcome });
    if (failures.length > 0 && options.keepGoing !== true) break;
  }
  return { runs, events, failures };
}

async function runTwiceAtTimes(options: CampaignOptions, plan: Plan): Promise<Outcome> {
  if (plan.seed % TWICE_EVERY !== 0) return await runWorld({ ...options, plan });
  const traced = { ...options, plan, isTraced: true };
  const [first, second] = await Promise.all([runWorld(traced), runWorld(traced)]);
  if (second.trace === first.trace) return first;
  const text = `two runs of one seed differ: ${first.trace} after ${first.events} events, ${second.trace} after ${second.events}`;
  return { ...first, violations: [...first.violations, { rule: 'crash', text }] };
}
