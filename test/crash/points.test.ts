/** kill -9 at each named point. Each time that it is passed: `npm run crash -- --points all`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killPlan } from './run.ts';
import { SCRIPTS } from './scripts.ts';
import { Tally } from './tally.ts';

/** Together they pass all points. */
const CHOSEN = SCRIPTS.filter(({ name }) => ['pairing and first pull', 'scan', 'start'].includes(name));
/** What must be passed, or the points are not where they should be any more. */
const POINTS_MIN = 28;
const seed = Number(process.env['LANFOLD_CRASH_SEED'] ?? Date.now() % 1_000_000);

test('R1 case F01 F02: a kill between the disk, the records and the word to the peers is made good at the next start', async (t) => {
  const tally = new Tally((line) => t.diagnostic(line));
  t.diagnostic(`LANFOLD_CRASH_SEED=${seed}`);
  await killPlan({ kills: 0, points: 'each', cuts: 0, scripts: CHOSEN, seed }, tally, () => {});
  for (const line of tally.lines()) t.diagnostic(line);
  assert.deepEqual(tally.faults, [], `seed ${seed}`);
  assert.ok(tally.killed >= POINTS_MIN, `only ${tally.killed} of ${tally.tried} died at their point`);
});
