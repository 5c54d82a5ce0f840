/**
 * Makes a failing plan short: leaves steps away as long as the same promise is still broken (delta debugging).
 *
 * It works because each concern draws from its own stream of chance: what is left of the plan goes on as before.
 * @module
 */
import type { Plan, Step } from './plan.ts';

export interface Shrunk {
  readonly plan: Plan;
  /** How often a plan was run. */
  readonly runs: number;
}

/** @param fails runs a plan; true if it breaks the promise that the whole plan broke. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Shrunk> {
  let steps = plan.steps;
  let runs = 0;
  const stillFails = async (candidate: readonly Step[]): Promise<boolean> => {
    runs += 1;
    return fails({ ...plan, steps: candidate });
  };
  for (let pieces = 2; steps.length > 0;) {
    const size = Math.ceil(steps.length / pieces);
    const shorter = await firstOf(without(steps, size), stillFails);
    if (shorter !== undefined) {
      steps = shorter;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1) break;
    else pieces = Math.min(steps.length, pieces * 2);
  }
  return { plan: { ...plan, steps }, runs };
}

/** The list with each stretch of `size` items left away in turn. */
function* without<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) {
    yield [...items.slice(0, start), ...items.slice(start + size)];
  }
}

async function firstOf<T>(candidates: Iterable<T>, accepts: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const candidate of candidates) if (await accepts(candidate)) return candidate;
  return undefined;
}
