/** A directory with very many files, very many levels of directories, and paths that are longer than one call takes. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryOf } from '../harness/process.ts';
import { arrives, FOLDER, stateIs } from '../nodes/pair.ts';
import { problemsOf, sharedPair } from './shared-pair.ts';

const IS_LARGE = process.env['LANFOLD_TEST_LARGE'] === 'true';
const FILES = IS_LARGE ? 100_000 : 10_000;
/** Of memory, for the process and its threads: a walk keeps one directory's names, and no more. */
const GROWTH_BYTES_MAX = (IS_LARGE ? 400 : 150) * (1 << 20);
const ANSWER_MS_MAX = 2000 * 3;
const DEPTH = 200;

const pairOf = sharedPair();

test(`case B20: a file below ${DEPTH} levels of directories arrives`, async () => {
  const pair = pairOf();
  const deep = Array.from({ length: DEPTH }, (_, level) => `level ${level}`).join('/');
  mkdirSync(pair.at(pair.a, deep), { recursive: true });
  writeFileSync(pair.at(pair.a, `${deep}/bottom`), 'bottom');
  await arrives(pair.b, `${deep}/bottom`, 'bottom');
  await pair.converged();
});

test('case C03: a path longer than the system takes in one call arrives or is listed, and all else goes on', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  const part = 'p'.repeat(200);
  const levels = 25; // 5,025 bytes
  const cwd = process.cwd();
  const inside = (root: string, run: () => void): void => {
    try {
      process.chdir(root);
      for (let level = 0; level < levels; level += 1) {
        mkdirSync(part, { recursive: true });
        process.chdir(part);
      }
      run();
    } finally {
      process.chdir(cwd);
    }
  };
  inside(join(a.folder), () => writeFileSync('bottom', 'at the bottom'));
  writeFileSync(pair.at(a, 'beside'), 'beside');
  await arrives(b, 'beside', 'beside');
  await a.node.ask('rescan', FOLDER);
  await stateIs(a, 'in-sync');
  await stateIs(b, 'in-sync');
  let isThere = false;
  inside(b.folder, () => (isThere = existsSync('bottom') && readFileSync('bottom', 'utf8') === 'at the bottom'));
  const listed = [...(await problemsOf(a)).keys(), ...(await problemsOf(b)).keys()];
  assert.ok(isThere || listed.some((name) => name.includes(part)), 'it is there, or it is said why not');
});

test(`case B19: a directory with ${FILES} files is walked in bounded memory, and questions are answered meanwhile`, async (t) => {
  const pair = pairOf();
  const { a, b } = pair;
  await b.node.end();
  await a.node.end();
  mkdirSync(pair.at(a, 'many'));
  for (let index = 0; index < FILES; index += 1) writeFileSync(pair.at(a, `many/${index}`), `content ${index}`);
  await a.node.up();
  const { residentBytes } = memoryOf(a.node.pid);
  let slowestMs = 0;
  for (let files = 0; files < FILES;) {
    const startedMs = performance.now();
    ({ files } = await a.node.ask('status', FOLDER));
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  }
  const growth = memoryOf(a.node.pid).residentBytesMax - residentBytes;
  t.diagnostic(`${(growth / (1 << 20)).toFixed(0)} MiB more, answers after at most ${slowestMs.toFixed(0)} ms`);
  assert.ok(growth < GROWTH_BYTES_MAX, `${growth} bytes`);
  assert.ok(slowestMs < ANSWER_MS_MAX, `${slowestMs} ms`);
});
