/** A real tree is the same on two nodes, and stays so through a thousand edits on both sides and restarts. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { editTree } from '../../harness/edits.ts';
import { snapshotTree, type TreeSnapshot } from '../../harness/snapshot.ts';
import { makeTree } from '../../harness/tree.ts';
import { Pair, type Side } from '../pair.ts';

const FILES = 20_000;
const ROUNDS = 5;
const EDITS_A_ROUND_AND_SIDE = 100;
const SEED = 7;
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test(`Done when 2: a tree of ${FILES} files is equal on both sides, also after 1,000 edits with restarts`, async (t) => {
  const started = performance.now();
  await using pair = await Pair.open({
    fill: (folder) => void makeTree(folder, { seed: SEED, files: FILES }),
  });
  const filledMs = performance.now() - started;
  const first = await pair.converged(240_000);
  assert.ok([...first.values()].filter(({ type }) => type === 'file').length >= FILES);
  t.diagnostic(
    `${first.size} names made in ${filledMs.toFixed(0)} ms, equal after ${(performance.now() - started).toFixed(0)} ms`,
  );

  for (let round = 0; round < ROUNDS; round += 1) {
    // In every second round both are off while people work, so that what each side had is known exactly.
    const isApart = round % 2 === 1;
    if (isApart) await Promise.all(pair.sides.map(({ node }) => node.end()));
    for (const [index, { folder }] of pair.sides.entries()) {
      const label = `s${index}r${round}`;
      editTree(folder, { seed: 1 + SEED + 2 * round + index, count: EDITS_A_ROUND_AND_SIDE, label });
    }
    const before = isApart ? pair.sides.map(({ folder }) => contentsOf(snapshotTree(folder))) : [];
    if (isApart) await Promise.all(pair.sides.map(({ node }) => node.up()));
    else await (round % 4 === 0 ? pair.a : pair.b).node.restart();
    await pair.converged(120_000);
    const kept = new Set(pair.sides.flatMap((side) => [...keptBy(side)]));
    const lost = before.flatMap((contents) => [...contents].filter((content) => !kept.has(content)));
    assert.deepEqual(lost, [], `round ${round}: versions that nobody has any more`);
  }
  t.diagnostic(
    `${2 * ROUNDS * EDITS_A_ROUND_AND_SIDE} edits, equal again; ${(performance.now() - started).toFixed(0)} ms in all`,
  );
});

/** SHA-256 of every file's bytes. */
function contentsOf(tree: TreeSnapshot): Set<string> {
  const files = [...tree.values()].filter(({ type }) => type === 'file');
  return new Set(files.map(({ content }) => content).filter((content) => content !== EMPTY_SHA256));
}

/** What a side has, in its tree and in its history. */
function keptBy({ folder }: Side): Set<string> {
  const history = join(folder, '.lanfold', 'history');
  const old = existsSync(history) ? contentsOf(snapshotTree(history)) : new Set<string>();
  return new Set([...contentsOf(snapshotTree(folder)), ...old]);
}
