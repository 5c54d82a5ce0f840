import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { bytesJob, MODIFIED_NS, TO_HISTORY, troubleIn } from '../../../test/contract/file-tree/world.ts';
import type { Change } from '../../ports/file-tree.ts';
import { apply } from './apply.ts';
import { Scratch } from './blocks.ts';
import { stage } from './staging.ts';
import { SystemCalls } from './system-calls.ts';
import { systemError } from './trouble.ts';
import { walking } from './walk.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 4, 3, 0, 123);
const MANY = 40;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lanfold-apply-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A disk on which some call fails. */
class FailingSystem extends SystemCalls {
  readonly #failing: (call: 'flush' | 'move', count: number) => boolean;
  #flushes = 0;
  #moves = 0;

  constructor(failing: (call: 'flush' | 'move', count: number) => boolean) {
    super();
    this.#failing = failing;
  }

  override get canSyncFileSystem(): boolean {
    return true;
  }

  override syncFileSystem(): void {
    this.#flushes += 1;
    if (this.#failing('flush', this.#flushes)) throw systemError('EIO', 'syncfs');
  }

  override moveNoReplace(from: string | Buffer, to: string | Buffer): void {
    this.#moves += 1;
    if (this.#failing('move', this.#moves)) throw systemError('EIO', 'rename');
    super.moveNoReplace(from, to);
  }
}

function stageMany(count: number): Change[] {
  const names = Array.from({ length: count }, (_, index) => `f${index}`);
  walking(root, (walk) => stage(walk, names.map((name) => bytesJob(name, name)), new Scratch()));
  return names.map((name): Change => {
    const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS };
    return { change: 'file', name, stage: name, ...attributes, expected: undefined, displace: TO_HISTORY };
  });
}

function left(): string[] {
  return readdirSync(root).filter((base) => base !== '.lanfold');
}

test('R2 staged bytes that could not be flushed are removed, and none is put in place', () => {
  const failing = new FailingSystem((call) => call === 'flush');
  const applied = apply(root, stageMany(MANY), NOW_MS, failing);
  assert.deepEqual(new Set(applied.map(troubleIn)), new Set(['io']));
  assert.deepEqual(left(), []);
  assert.deepEqual(readdirSync(join(root, '.lanfold/staging')), []);
});

test('R1 if the directories could not be flushed, nothing counts as done', () => {
  const system = new FailingSystem((call, count) => call === 'flush' && count === 2);
  const changes = stageMany(MANY).map((change, index) => {
    return index < 20 ? [change] : [directory(`d${index}`), directory(`d${index}/e`), change];
  });
  const applied = apply(root, changes.flat(), NOW_MS, system);
  assert.deepEqual(new Set(applied.map(troubleIn)), new Set(['io']));
});

test('D54 what was displaced comes back if its successor cannot come', () => {
  writeFileSync(join(root, 'x'), 'mine');
  const system = new SystemCalls();
  const before = lookAtRoot();
  const change: Change = { ...directory('x'), expected: before };
  // A directory cannot be made over the file that a failing disk does not move away.
  const failing = new FailingSystem((call) => call === 'move');
  assert.deepEqual(apply(root, [change], NOW_MS, failing).map(troubleIn), ['io']);
  assert.equal(existsSync(join(root, 'x')), true);
  assert.deepEqual(apply(root, [{ ...change, expected: lookAtRoot() }], NOW_MS, system).map(troubleIn), [undefined]);
  assert.deepEqual(readdirSync(join(root, '.lanfold/history')), slotsOf('', '-1'));
});

test('D55 the history names the moment, and a batch that meets a taken slot takes the next', () => {
  for (const text of ['1', '2']) {
    writeFileSync(join(root, 'x'), text);
    const gone: Change = { change: 'delete', name: 'x', expected: lookAtRoot(), displace: TO_HISTORY };
    assert.deepEqual(apply(root, [gone], NOW_MS, new SystemCalls()), [{ look: undefined }]);
  }
  assert.deepEqual(readdirSync(join(root, '.lanfold/history')), slotsOf('', '-1'));
});
