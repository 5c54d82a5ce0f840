/** kill -9 at any moment: what was synced stays whole, what was not comes later, and nobody calls it a conflict. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Completed } from '../../harness/completed.ts';
import { Editor } from '../../harness/edits.ts';
import { Random } from '../../harness/random.ts';
import { conflictCopies, diffTrees, hashFile, snapshotTree } from '../../harness/snapshot.ts';
import { makeTree } from '../../harness/tree.ts';
import { FOLDER, Pair } from '../pair.ts';

const KILLS = 50;
/**
 * A person edits on, whatever is killed: so a name may have newer versions before an old one is recorded. Only so much from one kill to
 * the next: on a machine on which each takes long the folder would grow with all that has to be looked at after the next one.
 */
const EDITS = { count: 3, everyMs: 20, perKillMax: 400 } as const;
/** Long enough for a restarted node to be in the middle of something. */
const DELAY_MS_MAX = 700;
/** Each yes is for what is held just then, and a walk finds the rest; beside other tests on two processors. */
const APPROVE_EVERY_MS = 1000;
const CONVERGED_MS = 240_000;
const SEED = 20_261;

test('Done when 5: kill -9 of either node at 50 moments of a sync leaves no partial file and no conflict', async (t) => {
  const random = new Random(SEED);
  const completed = new Completed();
  await using pair = await Pair.open({
    fill: (folder) => void makeTree(folder, { seed: SEED, files: 1000, sizeBytesMax: 256 << 10 }),
  });
  const { a, b } = pair;
  completed.addTree(snapshotTree(a.folder));
  const editor = new Editor(a.folder, {
    seed: SEED,
    kinds: ['create', 'overwrite', 'edit', 'edit', 'append', 'truncate', 'delete', 'rename', 'chmod'],
  });
  const edit = (): void => {
    const made = editor.tryOne();
    if (made === undefined) return;
    for (const name of [made.name, made.to ?? made.name]) {
      const path = pair.at(a, name);
      if (existsSync(path) && lstatSync(path).isFile()) completed.add(name, hashFile(path));
    }
  };
  let kills = 0;
  let edits = 0;
  const editing = setInterval(() => {
    if (edits >= EDITS.perKillMax * (kills + 1)) return;
    edits += EDITS.count;
    for (let made = 0; made < EDITS.count; made += 1) edit();
  }, EDITS.everyMs);
  t.after(() => clearInterval(editing));

  const started = performance.now();
  for (; kills < KILLS; kills += 1) {
    await delay(random.below(DELAY_MS_MAX));
    const { node } = random.pick(pair.sides);
    await node.kill();
    assert.deepEqual(completed.strangersIn(snapshotTree(b.folder)), [], `after kill ${kills}, of ${node.options.name}`);
    await node.up();
  }
  clearInterval(editing);
  const killedMs = performance.now() - started;
  const left = snapshotTree(a.folder);
  // While a node is killed again and again, deletes pile up until its next look, and so many at once are held (R12).
  const approving = setInterval(() => {
    for (const { node } of pair.sides) node.ask('approve', FOLDER).catch(() => {});
  }, APPROVE_EVERY_MS);
  t.after(() => clearInterval(approving));
  const tree = await pair.converged(CONVERGED_MS);
  clearInterval(approving);
  assert.deepEqual(diffTrees(left, tree), [], 'nothing but the editor changes the first folder');
  assert.deepEqual(completed.strangersIn(tree), []);
  assert.deepEqual(conflictCopies(tree), []);
  t.diagnostic(`${KILLS} kills in ${killedMs.toFixed(0)} ms; ${tree.size} names equal`);
});
