/** kill -9 at a sample of system calls, and at every named point. All of them: `npm run crash -- --kills all --points all`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { straceMissing } from '../harness/strace.ts';
import { killPlan } from './run.ts';
import { SCRIPTS } from './scripts.ts';
import { Tally } from './tally.ts';

/** At least three kinds of calls of each script. */
const KILLS = 24;
const seed = Number(process.env['LANFOLD_CRASH_SEED'] ?? Date.now() % 1_000_000);

test(
  'case F01 F02 F22: kill -9 at any system call of a pull, a scan, a pairing, a prune or a start leaves nothing half done',
  {
    skip: straceMissing() ?? false,
  },
  async (t) => {
    const tally = new Tally((line) => t.diagnostic(line));
    t.diagnostic(`LANFOLD_CRASH_SEED=${seed}`);
    await killPlan({ kills: KILLS, points: 0, cuts: 0, scripts: SCRIPTS, seed }, tally, () => {});
    for (const line of tally.lines()) t.diagnostic(line);
    assert.deepEqual(tally.faults, [], `seed ${seed}`);
    assert.ok(
      tally.killed > KILLS / 2,
      `only ${tally.killed} of ${tally.tried} died: the scripts make other calls than listed`,
    );
  },
);
