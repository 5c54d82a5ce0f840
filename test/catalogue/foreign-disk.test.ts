/** A folder on a disk with whole seconds, without permissions, and with a FUSE program between. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SystemCalls } from '../../src/edges/disk/system-calls.ts';
import { FuseDisk, fuseMissing } from '../harness/fuse.ts';
import { until } from '../harness/process.ts';
import { conflictCopies, diffTrees, snapshotTree } from '../harness/snapshot.ts';
import { cursorOf, Pair } from '../nodes/pair.ts';

const SECOND_NS = 1_000_000_000n;

test(
  'case F24: a disk of whole seconds, on which directories cannot be flushed, is synced with and brings no echo',
  {
    skip: fuseMissing() ?? false,
  },
  async () => {
    await using disk = await FuseDisk.open('exfat');
    assert.equal(new SystemCalls().canSyncFileSystem(disk.path), false, 'one flush of all is none here');
    const folderB = join(disk.path, 'folder');
    await using pair = await Pair.open({ folderB });
    const { a, b } = pair;
    const equal = (): true | undefined => {
      const options = { modes: false, mtimeToleranceNs: 2n * SECOND_NS };
      return diffTrees(snapshotTree(a.folder), snapshotTree(b.folder), options).length === 0 ? true : undefined;
    };
    const areEqual = (): Promise<true> => until('both are equal', equal, { timeoutMs: 60_000 });
    for (const side of pair.sides) {
      const by = `by ${side.node.options.name}`;
      mkdirSync(pair.at(side, by));
      for (let index = 0; index < 50; index += 1) writeFileSync(pair.at(side, `${by}/${index}`), `${by} ${index}`);
      writeFileSync(pair.at(side, `${by}/large`), Buffer.alloc(1 << 20, by));
      await areEqual();
      writeFileSync(pair.at(side, `${by}/0`), `${by}, again`);
      writeFileSync(pair.at(side, `${by}/1`), `${by} X`); // as long as before, maybe in the same second
      rmSync(pair.at(side, `${by}/2`));
      renameSync(pair.at(side, `${by}/3`), pair.at(side, `${by}/renamed`));
      await areEqual();
    }
    const state = (): Promise<unknown> => Promise.all(pair.sides.map(cursorOf));
    await state(); // from here on changes are followed
    await delay(2000);
    const before = await state();
    await delay(3000);
    assert.deepEqual(await state(), before);
    const tree = snapshotTree(b.folder);
    assert.equal(tree.size, 2 * 51);
    assert.deepEqual(conflictCopies(tree), []);
  },
);
