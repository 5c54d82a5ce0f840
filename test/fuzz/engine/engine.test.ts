/** The fuzzer finds what was put there to be found, and nothing else. */
import { equal, match, ok } from 'node:assert/strict';
import { after, test } from 'node:test';
import { Campaign, describeFinding } from './campaign.ts';

const campaign = new Campaign(new URL('planted-worker.ts', import.meta.url));
after(() => campaign.close());
const SEED = 1;
/** Only a bound: what is found is found long before. */
const budgetMs = 240_000;

test('H20 a fault behind five bytes that must be right is found by what is reached, and printed as short as it can be', async () => {
  const { findings, kept } = await campaign.run('hidden', { seed: SEED, inputsMax: 60_000, budgetMs });
  equal(findings.length, 1);
  ok(kept >= 4, `${kept} inputs reached new code`);
  const [finding] = findings;
  ok(finding !== undefined);
  equal(Buffer.from(finding.bytes).toString('hex'), '80fe7f20c0');
  match(describeFinding('hidden', finding), /npm run fuzz -- --target hidden --input "80fe7f20c0"$/);
});

test('H20 a fault of a promise is one as well', async () => {
  const { findings } = await campaign.run('rejecting', { seed: SEED, inputsMax: 500, budgetMs });
  equal(findings.map(({ bytes }) => bytes.length).join(), '4');
  match(findings[0]?.error ?? '', /TypeError: later/);
});

test('H21 an input that never ends is found, and the next target runs all the same', async () => {
  const { findings } = await campaign.run('hanging', { seed: SEED, inputsMax: 50_000, budgetMs, hangMs: 2_000 });
  ok(findings[0]?.bytes.includes(0xff));
  match(findings[0]?.error ?? '', /did not end within 2 s/);
  equal((await campaign.run('sound', { seed: SEED, inputsMax: 3_000, budgetMs })).inputs, 3_000);
});

test('H21 an input that fills the heap is found', async () => {
  const { findings } = await campaign.run('greedy', { seed: SEED, inputsMax: 50_000, budgetMs });
  ok(findings[0]?.bytes.includes(0xff));
  match(findings[0]?.error ?? '', /ERR_WORKER_OUT_OF_MEMORY|memory limit/);
});

test('H22 time that grows with the square of the bytes is found', async () => {
  const { findings } = await campaign.run('quadratic', { seed: SEED, inputsMax: 4_000, budgetMs });
  match(findings[0]?.error ?? '', /bytes take .* ms, .* take|did not end within/); // a slow machine sees the end of neither
});

test('H23 the same seed makes the same inputs', async () => {
  const once = await campaign.run('hidden', { seed: 7, inputsMax: 5_000, budgetMs });
  const again = await campaign.run('hidden', { seed: 7, inputsMax: 5_000, budgetMs });
  equal(again.kept, once.kept);
  equal(again.inputs, once.inputs);
});
