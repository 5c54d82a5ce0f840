import assert from 'node:assert/strict';
import fs, { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { bytesJob, MODIFIED_NS, TO_HISTORY, troubleIn } from '../../../test/contract/file-tree/world.ts';
import type { Change } from '../../ports/file-tree.ts';
import { apply } from './apply.ts';
import { Scratch } from './blocks.ts';
import { lookAt } from './look.ts';
import { stage } from './staging.ts';
import { SystemCalls } from './system-calls.ts';
import { systemError } from './trouble.ts';
import { walking } from './walk.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 4, 3, 0, 123);
const SLOT = '2026-11-24T04-03-00.123Z';
/** Enough for one flush of all instead of one each. */
const NAMES = Array.from({ length: 40 }, (_, index) => `f${index}`);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lanfold-copies-'));
  mkdirSync(join(root, 'store'));
  for (const name of NAMES) {
    writeFileSync(join(root, 'store', name), `mine ${name}`);
    linkSync(join(root, 'store', name), join(root, name));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

/** A disk that is flushed as a whole. */
class Flushed extends SystemCalls {
  readonly #flush: () => void;

  constructor(flush: () => void) {
    super();
    this.#flush = flush;
  }

  override canSyncFileSystem(): boolean {
    return true;
  }

  override syncFileSystem(): void {
    this.#flush();
  }

  override checkWritten(): void {}
}

function gone(name: string): Change {
  return { change: 'delete', name, expected: lookAt(join(root, name)), displace: TO_HISTORY };
}

/** A peer's version of a name, staged. */
function replaced(name: string): Change {
  walking(root, (walk) => stage(walk, [bytesJob(name, 'theirs')], new Scratch()));
  const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS };
  return { change: 'file', name, stage: name, ...attributes, expected: lookAt(join(root, name)), displace: TO_HISTORY };
}

/** Runs a batch. @returns the trouble of each change, and how often a file or directory was flushed by itself. */
function run(changes: readonly Change[], flush: () => void): { troubles: (string | undefined)[]; flushes: number } {
  const { fsyncSync } = fs;
  let flushes = 0;
  fs.fsyncSync = (handle) => {
    flushes += 1;
    fsyncSync(handle);
  };
  syncBuiltinESMExports();
  try {
    return { troubles: apply(root, changes, NOW_MS, new Flushed(flush)).map(troubleIn), flushes };
  } finally {
    fs.fsyncSync = fsyncSync;
    syncBuiltinESMExports();
  }
}

function textsIn(directory: string): string[] {
  return readdirSync(join(root, directory)).map((base) => readFileSync(join(root, directory, base), 'utf8'));
}

test('P31 versions of many files that have a second name are flushed together, before the first name goes', () => {
  const mine = NAMES.map((name) => `mine ${name}`);
  const changes = NAMES.map((name, index) => (index % 2 === 0 ? gone(name) : replaced(name)));
  let isFirst = true;
  const { troubles, flushes } = run(changes, () => {
    if (!isFirst) return;
    isFirst = false;
    assert.deepEqual(new Set(NAMES.map((name) => readFileSync(join(root, name), 'utf8'))), new Set(mine));
    const staged = textsIn('.lanfold/staging');
    assert.ok(mine.every((text) => staged.includes(text)));
  });
  assert.deepEqual(new Set(troubles), new Set([undefined]));
  assert.ok(flushes < 30, `${flushes} flushes`); // of the 20 that are staged, and of directories
  assert.deepEqual(textsIn(`.lanfold/history/${SLOT}`).sort(), mine.sort());
  assert.deepEqual(readdirSync(join(root, '.lanfold/staging')), []);
  writeFileSync(join(root, 'store/f0'), 'edited under its other name');
  assert.equal(readFileSync(join(root, '.lanfold/history', SLOT, 'f0'), 'utf8'), 'mine f0');
});

test('P47 what is edited under its second name after it was copied stays, and is no version', () => {
  const { troubles } = run(NAMES.map(gone), () => writeFileSync(join(root, 'store/f7'), 'edited'));
  assert.deepEqual(
    troubles,
    NAMES.map((name) => (name === 'f7' ? 'changed' : undefined)),
  );
  assert.equal(readFileSync(join(root, 'f7'), 'utf8'), 'edited');
  assert.ok(!readdirSync(join(root, '.lanfold/history', SLOT)).includes('f7'));
  assert.deepEqual(readdirSync(join(root, '.lanfold/staging')), []);
});

test('P31 what a batch has many names of is copied ahead once, and not for each of them in vain', () => {
  for (const name of NAMES) {
    rmSync(join(root, name));
    linkSync(join(root, 'store/f0'), join(root, name));
  }
  const others = NAMES.map((name) => `store/${name}`).slice(1);
  for (const name of others) linkSync(join(root, name), join(root, `${name}-too`));
  let copies: string[] | undefined;
  run([...NAMES, ...others].map(gone), () => (copies ??= textsIn('.lanfold/staging')));
  assert.deepEqual(copies?.sort(), NAMES.map((name) => `mine ${name}`).sort());
  assert.deepEqual(readdirSync(join(root, '.lanfold/staging')), []);
});

test('R2 copies that could not be flushed together are made anew, each with a flush of its own', () => {
  let isFirst = true;
  const { troubles, flushes } = run(NAMES.map(gone), () => {
    if (!isFirst) return;
    isFirst = false;
    throw systemError('EIO', 'syncfs');
  });
  assert.deepEqual(new Set(troubles), new Set([undefined]));
  assert.ok(flushes >= NAMES.length, `${flushes} flushes`);
  assert.deepEqual(textsIn(`.lanfold/history/${SLOT}`).length, NAMES.length);
  assert.deepEqual(readdirSync(join(root, '.lanfold/staging')), []);
});
