/** Power cuts on real file systems. More of them: `npm run crash -- --kills 0 --points 0 --cuts 100`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { powerCutsMissing, startWithPrivateMounts } from './private-mounts.ts';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));
/** Of each file system: each kind of cut, and pulls twice. */
const CUTS = 6;
const seed = process.env['LANFOLD_CRASH_SEED'] ?? String(Date.now() % 1_000_000);

test(
  'case F04 F05 F06 F07 F08: a power cut on ext4 and xfs damages nothing that was told, makes no conflict and no delete',
  {
    skip: powerCutsMissing() ?? false,
  },
  async (t) => {
    t.diagnostic(`LANFOLD_CRASH_SEED=${seed}`);
    const program = await startWithPrivateMounts(RUN, [
      '--kills',
      '0',
      '--points',
      '0',
      '--cuts',
      String(CUTS),
      '--seed',
      seed,
    ]);
    t.after(() => program.end());
    const { code } = await program.exited;
    for (const line of program.stdout) t.diagnostic(line);
    assert.equal(code, 0, program.tail(60));
    assert.match(program.stdout.at(-1) ?? '', new RegExp(`^${2 * CUTS} deaths in ${2 * CUTS} rounds, 0 faults`));
  },
);
