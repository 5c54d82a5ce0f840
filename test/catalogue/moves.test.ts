/** Renames, swaps, removals and empty directories, while both sides run. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../harness/process.ts';
import { conflictCopies } from '../harness/snapshot.ts';
import { cursorOf, FOLDER, stateIs, type Pair } from '../nodes/pair.ts';
import { assertNoEcho, sharedPair } from './shared-pair.ts';

/** The real sizes of the cases take minutes: `LANFOLD_TEST_LARGE=true` runs them. */
const IS_LARGE = process.env['LANFOLD_TEST_LARGE'] === 'true';
const FILES_RENAMED = IS_LARGE ? 10_000 : 1000;
const FILES_DELETED = IS_LARGE ? 50_000 : 600;
/** Deletes come one by one: of so many, the brake knows at the latest that they are one act. */
const FREE_MAX = FILES_DELETED / 5 + 10;
/** What is aimed at is 10 s for ten thousand files; machines are noisy, and small ones are busy with other tests. */
const RENAMED_MS_MAX = IS_LARGE ? 30_000 : 60_000;

const pairOf = sharedPair();

/** Blocks that either side has asked the other for. */
async function blocksAsked(pair: Pair): Promise<number> {
  const asked = await Promise.all(pair.sides.map(({ node }) => node.ask('logCount', 'a peer asked for a block')));
  return asked.reduce((sum, count) => sum + count, 0);
}

function fillMany(directory: string, count: number): void {
  mkdirSync(directory, { recursive: true });
  for (let index = 0; index < count; index += 1) writeFileSync(join(directory, `${index}`), `${directory} ${index}`);
}

test('case D03: of a file that is renamed not one block travels', async () => {
  const pair = pairOf();
  writeFileSync(pair.at(pair.a, 'before.bin'), Buffer.alloc(1 << 20, 'some content'));
  await pair.converged();
  const asked = await blocksAsked(pair);
  assert.ok(asked > 0);
  mkdirSync(pair.at(pair.a, 'elsewhere'));
  renameSync(pair.at(pair.a, 'before.bin'), pair.at(pair.a, 'elsewhere/after.bin'));
  const tree = await pair.converged();
  assert.deepEqual(
    [...tree.keys()].filter((name) => name.includes('.bin')),
    ['elsewhere/after.bin'],
  );
  assert.equal(await blocksAsked(pair), asked);
});

test('case D05: a chain of renames within one look ends with the right content under each name', async () => {
  const pair = pairOf();
  const at = (name: string): string => pair.at(pair.a, `chain ${name}`);
  for (const name of ['a', 'b', 'c']) writeFileSync(at(name), `was ${name}`);
  await pair.converged();
  renameSync(at('c'), at('d'));
  renameSync(at('b'), at('c'));
  renameSync(at('a'), at('b'));
  const tree = await pair.converged();
  const names = ['chain b', 'chain c', 'chain d'];
  assert.deepEqual(
    [...tree.keys()].filter((name) => name.startsWith('chain')),
    names,
  );
  assert.deepEqual(
    names.map((name) => readFileSync(pair.at(pair.b, name), 'utf8')),
    ['was a', 'was b', 'was c'],
  );
});

test('case D06: two files, and two directories, that swap names through a third end right', async () => {
  const pair = pairOf();
  const at = (name: string): string => pair.at(pair.a, name);
  for (const name of ['x', 'y']) {
    writeFileSync(at(`swap ${name}`), `was ${name}`);
    mkdirSync(at(`swapped ${name}`));
    writeFileSync(at(`swapped ${name}/only in ${name}`), `in ${name}`);
    writeFileSync(at(`swapped ${name}/in both`), `both, in ${name}`);
  }
  await pair.converged();
  for (const kind of ['swap', 'swapped']) {
    renameSync(at(`${kind} x`), at(`${kind} t`));
    renameSync(at(`${kind} y`), at(`${kind} x`));
    renameSync(at(`${kind} t`), at(`${kind} y`));
  }
  const tree = await pair.converged();
  const read = (name: string): string => readFileSync(pair.at(pair.b, name), 'utf8');
  assert.deepEqual([read('swap x'), read('swap y')], ['was y', 'was x']);
  assert.deepEqual([read('swapped x/in both'), read('swapped y/in both')], ['both, in y', 'both, in x']);
  assert.deepEqual(readdirSync(pair.at(pair.b, 'swapped x')).sort(), ['in both', 'only in y']);
  assert.deepEqual(conflictCopies(tree), []);
});

test('case D12: a file that is deleted and made again as it was costs no conflict and no loop', async () => {
  const pair = pairOf();
  const path = pair.at(pair.a, 'made again');
  writeFileSync(path, 'as it was');
  await pair.converged();
  const { mtimeMs } = statSync(path);
  rmSync(path);
  await pair.converged();
  writeFileSync(path, 'as it was');
  utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
  const tree = await pair.converged();
  assert.equal(readFileSync(pair.at(pair.b, 'made again'), 'utf8'), 'as it was');
  rmSync(path); // and once more, too fast for anybody to see it gone
  writeFileSync(path, 'as it was');
  await pair.converged();
  assert.deepEqual(conflictCopies(tree), []);
  await assertNoEcho(pair);
});

test(`case D15: ${FILES_DELETED} files that the user deletes at once go after a yes on each side, and are in the history`, async () => {
  const pair = pairOf();
  fillMany(pair.at(pair.a, 'to go'), FILES_DELETED);
  await pair.converged(400_000);
  rmSync(pair.at(pair.a, 'to go'), { recursive: true });
  await stateIs(pair.a, 'needs-you', 120_000);
  const left = readdirSync(pair.at(pair.b, 'to go')).length;
  assert.ok(left >= FILES_DELETED - FREE_MAX, `only ${left} are left before the first yes`);
  await pair.a.node.ask('approve', FOLDER);
  await stateIs(pair.b, 'needs-you', 120_000);
  assert.ok(readdirSync(pair.at(pair.b, 'to go')).length >= left - FREE_MAX, 'nor before the second');
  await pair.b.node.ask('approve', FOLDER);
  await pair.converged(400_000);
  assert.equal(existsSync(pair.at(pair.b, 'to go')), false);
  for (const index of [0, FILES_DELETED / 2, FILES_DELETED - 1])
    assert.equal((await pair.b.node.ask('history', FOLDER, `to go/${index}`)).length, 1);
});

test('case D16: empty directories arrive and go; their times are nobody’s business', async () => {
  const pair = pairOf();
  mkdirSync(pair.at(pair.a, 'empty/deeply/empty'), { recursive: true });
  await pair.converged();
  assert.deepEqual(readdirSync(pair.at(pair.b, 'empty/deeply')), ['empty']);
  const told = await cursorOf(pair.b);
  utimesSync(pair.at(pair.a, 'empty/deeply'), 1_000_000_000, 1_000_000_000);
  utimesSync(pair.at(pair.b, 'empty'), 1_100_000_000, 1_100_000_000);
  await assertNoEcho(pair);
  assert.equal(await cursorOf(pair.b), told);
  rmSync(pair.at(pair.a, 'empty/deeply'), { recursive: true });
  await pair.converged();
  assert.deepEqual(readdirSync(pair.at(pair.b, 'empty')), []);
});

test(`R12 case D04: a directory with ${FILES_RENAMED} files is renamed at once, and not one block travels`, async (t) => {
  const pair = pairOf();
  fillMany(pair.at(pair.a, 'many/below'), FILES_RENAMED);
  await pair.converged(240_000);
  const asked = await blocksAsked(pair);
  const started = performance.now();
  renameSync(pair.at(pair.a, 'many'), pair.at(pair.a, 'renamed'));
  await until(
    'the new names are there',
    () =>
      existsSync(pair.at(pair.b, 'renamed/below')) &&
      readdirSync(pair.at(pair.b, 'renamed/below')).length === FILES_RENAMED &&
      !existsSync(pair.at(pair.b, 'many'))
        ? true
        : undefined,
    { timeoutMs: 240_000 },
  );
  const tookMs = performance.now() - started;
  t.diagnostic(`${FILES_RENAMED} files after ${Math.round(tookMs)} ms`);
  assert.ok(tookMs < RENAMED_MS_MAX, `${tookMs} ms`);
  await pair.converged();
  assert.equal(await blocksAsked(pair), asked);
});
