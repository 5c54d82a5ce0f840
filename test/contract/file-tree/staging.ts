import assert from 'node:assert/strict';
import type { StageJob } from '../../../src/ports/file-tree.ts';
import { bytesJob, type OpenTree, ruleTest, sha256, troubleIn } from './world.ts';

const BLOCK = 128 * 1024;
const [FIRST, SECOND, THIRD] = [Buffer.alloc(BLOCK, 1), Buffer.alloc(BLOCK, 2), Buffer.alloc(100, 3)];
const WHOLE = Buffer.concat([FIRST, SECOND, THIRD]);
const BLOCKS = Buffer.concat([FIRST, SECOND, THIRD].map(sha256));

/** The job that lands a piece of {@link WHOLE}, with bytes that it may take away. */
function pieceJob(piece: Uint8Array, offset: number): StageJob {
  const data = new Uint8Array(piece);
  return { stage: 's', size: WHOLE.length, offset, bytes: data.length, hash: sha256(data), from: 'bytes', data };
}

export function stagingRules(open: OpenTree): void {
  ruleTest('P10 what does not match its hash is not kept', open, async ({ tree }) => {
    const wrong: StageJob = { ...pieceJob(FIRST, 0), hash: sha256(SECOND) };
    const beyond: StageJob = { ...pieceJob(THIRD, WHOLE.length) };
    const results = await tree.stage([wrong, pieceJob(SECOND, BLOCK), beyond]);
    assert.deepEqual(results.map(troubleIn), ['wrong-content', undefined, 'wrong-content']);
    const [right] = await tree.resume([{ stage: 's', size: WHOLE.length, blockSize: BLOCK, blocks: BLOCKS }]);
    assert.deepEqual([...(right ?? [])], [0, 1, 0]);
  });

  ruleTest('P11 blocks come in any order, from a peer or from another file', open, async (world) => {
    const { tree, disk } = world;
    disk.writeFile('source', Buffer.concat([Buffer.alloc(7), SECOND]));
    const copy: StageJob = {
      ...pieceJob(SECOND, BLOCK),
      from: 'file',
      name: 'source',
      sourceOffset: 7,
    };
    const results = await tree.stage([pieceJob(THIRD, 2 * BLOCK), copy, pieceJob(FIRST, 0)]);
    assert.deepEqual(results, [true, true, true]);
    await world.applied(world.file('f', 's', undefined));
    assert.ok(WHOLE.equals(disk.readFile('f')));
  });

  ruleTest('P12 a source that changed, ends early or is no file gives no block', open, async ({ tree, disk }) => {
    disk.writeFile('other', FIRST);
    disk.writeFile('short', SECOND.subarray(0, 10));
    disk.makeDirectory('d');
    const from = (name: string): StageJob => ({
      ...pieceJob(SECOND, 0),
      from: 'file',
      name,
      sourceOffset: 0,
    });
    const results = await tree.stage(['other', 'short', 'd', 'none', '../x'].map(from));
    const wanted = ['wrong-content', 'wrong-content', 'not-a-file', 'absent', 'name-not-allowed'];
    assert.deepEqual(results.map(troubleIn), wanted);
  });

  ruleTest('P13 staged files are nobody’s business until they are put in place', open, async ({ tree, disk }) => {
    await tree.stage([bytesJob('s', 'hidden')]);
    assert.deepEqual(
      disk.list('').filter((base) => base !== '.lanfold'),
      [],
    );
    const names = ['.lanfold', '.lanfold/staging/s'];
    assert.deepEqual((await tree.look(names)).map(troubleIn), ['name-not-allowed', 'name-not-allowed']);
  });

  ruleTest('P14 a staged file is known by its name; nothing staged resumes as nothing', open, async ({ tree }) => {
    const job = { stage: 'none', size: WHOLE.length, blockSize: BLOCK, blocks: BLOCKS };
    assert.deepEqual(await tree.resume([job]), [new Uint8Array(0)]);
    for (const stage of ['../s', 'a/b', '.', '']) {
      assert.equal(troubleIn((await tree.stage([bytesJob(stage, 'x')]))[0]), 'name-not-allowed', stage);
    }
  });

  ruleTest('P14 what is gone after a part of it landed is not begun anew with zeros', open, async (world) => {
    const { tree } = world;
    assert.deepEqual(await tree.stage([pieceJob(FIRST, 0)]), [true]);
    assert.deepEqual(await tree.stage([{ ...pieceJob(SECOND, BLOCK), mustExist: true }]), [true]);
    await tree.unstage(['s']);
    const late = { ...pieceJob(THIRD, 2 * BLOCK), mustExist: true };
    assert.deepEqual((await tree.stage([late])).map(troubleIn), ['absent']);
    assert.equal(troubleIn(await world.apply(world.file('f', 's', undefined))), 'absent');
  });

  ruleTest('P15 unstaging removes the given ones, or all but those to keep', open, async ({ tree }) => {
    await tree.stage(['a', 'b', 'c'].map((stage) => bytesJob(stage, stage)));
    const left = async (): Promise<string> => {
      const jobs = ['a', 'b', 'c'].map((stage) => ({
        stage,
        size: 1,
        blockSize: BLOCK,
        blocks: sha256(Buffer.from(stage)),
      }));
      return (await tree.resume(jobs)).map((right) => right.length).join('');
    };
    await tree.unstage(['b', 'not-there']);
    assert.equal(await left(), '101');
    await tree.unstage({ keep: new Set(['c']) });
    assert.equal(await left(), '001');
  });

  ruleTest('P47 of what nobody has noted only an old copy under a name of ours is removed', open, async (world) => {
    const { tree, disk } = world;
    const copy = 'd/.lanfold-01234567-89ab-cdef-0123-456789abcdef.tmp';
    const directory = 'd/.lanfold-11234567-89ab-cdef-0123-456789abcdef.tmp';
    const theirs = ['d/.lanfold-report.tmp', `${copy}.txt`, 'd/x'];
    disk.makeDirectory('d');
    disk.makeDirectory(directory);
    for (const name of [copy, ...theirs]) world.write(name, 'x');
    const names = ['none', '../out', copy, directory, ...theirs];
    const changedMs = Number((await world.look(copy)).changedNs / 1_000_000n);
    await tree.removeUnfinished(names, changedMs);
    assert.ok(disk.exists(copy));
    await tree.removeUnfinished(names, changedMs + 60_000);
    assert.ok(!disk.exists(copy));
    for (const name of [directory, ...theirs]) assert.ok(disk.exists(name), name);
  });
}
