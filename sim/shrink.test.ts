import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultStep, Plan } from './plan.ts';
import { shrink } from './shrink.ts';

const STEPS = 40;

function planOf(ids: readonly number[]): Plan {
  const steps = ids.map((id): FaultStep => ({ kind: 'crash', id, atMs: id, forMs: 1, node: 0 }));
  const world = { seed: 1, nodes: 1, topology: 'mesh', skewsMs: [0], diskMsMax: 1, newsLossRate: 0 } as const;
  return { ...world, bufferBytes: 1, steps };
}

async function shortest(needed: readonly number[]): Promise<{ ids: number[]; runs: number }> {
  const whole = planOf(Array.from({ length: STEPS }, (_, id) => id));
  const { plan, runs } = await shrink(whole, ({ steps }) =>
    Promise.resolve(needed.every((id) => steps.some((step) => step.id === id))),
  );
  return { ids: plan.steps.map(({ id }) => id), runs };
}

test('O8 a failing plan is cut down to the steps that it needs, in their order', async () => {
  for (const needed of [[], [0], [39], [3, 4], [0, 17, 39], [5, 6, 7, 8, 30]]) {
    const { ids, runs } = await shortest(needed);
    assert.deepEqual(ids, needed);
    assert.ok(runs < 200, `${runs} runs`);
  }
});
