/** Small plans with every fault at every step: some of them, and those that once broke a promise. */
import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { engineNode } from './engine-node.ts';
import { runExhaustive } from './exhaustive.ts';

const FIRST_SEED = Number(process.env['LANFOLD_SIM_SEED'] ?? 1);
/** Of all plans of up to three operations one in so many, with faults at every so many steps. */
const SOME = { operations: 3, of: 400, every: 3 } as const;
/** Numbers of plans, and what they showed. */
const REGRESSIONS: readonly [plan: number, showed: string][] = [
  [64, 'what a power cut brought back after its delete stayed, because nobody asked for what peers had told before'],
];

test('O3 small plans, with every fault at many steps, keep every promise', async (t) => {
  const slice = FIRST_SEED % SOME.of;
  const { plans, runs, failure } = await runExhaustive({ create: engineNode, slice, ...SOME });
  t.diagnostic(`slice ${slice}/${SOME.of}: ${plans} plans, ${runs} runs`);
  ok(runs > 10 * plans, 'no fault was injected');
  deepEqual(failure, undefined);
});

for (const [plan, showed] of REGRESSIONS) {
  test(`O3 plan ${plan}: ${showed}`, async () => {
    const one = { operations: SOME.operations, slice: plan, of: Number.MAX_SAFE_INTEGER, every: 1 };
    const { plans, failure } = await runExhaustive({ create: engineNode, ...one });
    deepEqual([plans, failure], [1, undefined]);
  });
}
