/** The world itself, with nodes of a few lines in the place of the product's engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOf, runCampaign } from './campaign.ts';
import { engineNode } from './engine-node.ts';
import type { Plan, UserStep } from './plan.ts';
import type { SimNodeFactory } from './sim-node.ts';
import { runWorld } from './world.ts';

const SEED = 3;
const SIZE = { nodes: 3, operations: 40 };

const idle: SimNodeFactory = () => ({ start: () => Promise.resolve(), close: () => Promise.resolve() });

function writeStep(id: number, node: number): UserStep {
  const where = { path: 'f', other: 'g', sizeBytes: 10, parts: 1, pauseMsMax: 5 };
  return { kind: 'user', id, atMs: id * 1000, node, verb: 'write', ...where };
}

function planWith(steps: Plan['steps']): Plan {
  return { ...planOf({ ...SIZE, strict: false }, SEED), skewsMs: [0, 0, 0], gathering: false, steps };
}

test('O9 the same plan gives the same run, alone and beside others', async () => {
  const plan = planOf({ ...SIZE, strict: false }, SEED);
  const alone = await runWorld({ plan, create: engineNode, isTraced: true });
  const beside = await Promise.all(
    [plan, planOf({ ...SIZE, strict: false }, SEED + 1), plan].map((plan) =>
      runWorld({ plan, create: engineNode, isTraced: true }),
    ),
  );
  assert.ok(alone.events > 100);
  assert.deepEqual([beside[0]?.trace, beside[2]?.trace], [alone.trace, alone.trace]);
  assert.notEqual(beside[1]?.trace, alone.trace);
});

test('O10 nodes that do nothing do not converge', async () => {
  const outcome = await runWorld({ plan: planWith([writeStep(0, 1)]), create: idle });
  assert.deepEqual(
    outcome.violations.map(({ rule }) => rule),
    ['I1', 'I1'], // the second node differs from both others, which are alike
  );
});

test('O11 a node that does not stop when it is told to is found out', async () => {
  const stubborn: SimNodeFactory = () => ({ start: () => Promise.resolve(), close: () => new Promise(() => {}) });
  const stop = { kind: 'stop', id: 0, atMs: 1, forMs: 1, node: 0 } as const;
  const outcome = await runWorld({ plan: planWith([stop]), create: stubborn });
  assert.match(outcome.violations[0]?.text ?? '', /does not stop/u);
});

test('O11 a node that never rests is found out', async () => {
  const restless: SimNodeFactory = (edges) => ({
    start() {
      const tree = edges.openTree('folder');
      const again = (): void => {
        void tree.mark(String(edges.clock.monotonicMs())).then(() => edges.clock.after(10_000, again));
      };
      again();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
  const outcome = await runWorld({ plan: planWith([]), create: restless });
  assert.deepEqual(
    outcome.violations.map(({ rule }) => rule),
    ['I8'],
  );
});

test('O12 a node that throws is found out, and a run that is not alike too', async () => {
  const broken: SimNodeFactory = () => ({
    start: () => Promise.reject(new Error('broken')),
    close: () => Promise.resolve(),
  });
  const outcome = await runWorld({ plan: planWith([]), create: broken });
  assert.match(outcome.violations[0]?.text ?? '', /broken/u);

  let started = 0;
  const unlike: SimNodeFactory = (edges) => {
    edges.log.info({ started: (started += 1) }, 'a number that no seed gives');
    return { start: () => Promise.resolve(), close: () => Promise.resolve() };
  };
  const campaign = { create: unlike, firstSeed: 100, runs: 1, ...SIZE, operations: 0, strict: false };
  const { failures } = await runCampaign(campaign);
  assert.match(failures[0]?.outcome.violations[0]?.text ?? '', /two runs of one seed differ/u);
});
