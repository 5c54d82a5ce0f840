/**
 * A short run of targets as tests: other inputs each time, from a seed that is printed. `FUZZ_SEED=N` brings them back.
 * @module
 */
import { equal, ok } from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, test } from 'node:test';
import { Campaign, describeFinding } from './engine/campaign.ts';
import { INPUTS_DEFAULT, type Target } from './engine/target.ts';

const SEED_MAX = 2 ** 32 - 1;
/** The number of inputs ends a run; this only keeps a machine that does next to nothing from running for ever. */
const BUDGET_MS = 300_000;

export function fuzzAll(targets: readonly Target[]): void {
  const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(SEED_MAX));
  const campaign = new Campaign();
  after(() => campaign.close());
  for (const { name, title, inputs: inputsMax = INPUTS_DEFAULT } of targets) {
    test(title, async (context) => {
      const { findings, inputs, kept, functions } = await campaign.run(name, { seed, inputsMax, budgetMs: BUDGET_MS });
      context.diagnostic(`${name}: ${inputs} inputs, ${kept} reached new code, FUZZ_SEED=${seed}`);
      equal(findings.map((finding) => describeFinding(name, finding)).join('\n\n'), '', `FUZZ_SEED=${seed}`);
      ok(functions > 0, 'its code was reached');
    });
  }
}
