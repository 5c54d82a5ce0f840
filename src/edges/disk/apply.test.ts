import assert from 'node:assert/strict';
import fs, {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { bytesJob, MODIFIED_NS, TO_HISTORY, troubleIn } from '../../../test/contract/file-tree/world.ts';
import { sameLook, type Look } from '../../core/model/file-record.ts';
import type { Change } from '../../ports/file-tree.ts';
import { apply } from './apply.ts';
import { Scratch } from './blocks.ts';
import { HistorySlot } from './history-slot.ts';
import { lookAt } from './look.ts';
import { stage } from './staging.ts';
import { SystemCalls } from './system-calls.ts';
import { errorCode, systemError } from './trouble.ts';
import { walking } from './walk.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 4, 3, 0, 123);
const SLOT = '2026-11-24T04-03-00.123Z';
/** Enough for one flush of all instead of one each. */
const MANY = 40;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lanfold-apply-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A disk that cannot be flushed. */
class FailingSystem extends SystemCalls {
  override canSyncFileSystem(): boolean {
    return true;
  }

  override syncFileSystem(): void {
    throw systemError('EIO', 'syncfs');
  }
}

function stageTexts(names: readonly string[]): void {
  const jobs = names.map((name) => bytesJob(name, name));
  walking(root, (walk) => stage(walk, jobs, new Scratch()));
}

function file(name: string, stage: string, expected?: Look): Change {
  const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS };
  return { change: 'file', name, stage, ...attributes, expected, displace: TO_HISTORY };
}

function directory(name: string): Change {
  return { change: 'directory', name, permissions: 0o755, expected: undefined, displace: TO_HISTORY };
}

test('R2 case F15: staged bytes that could not be flushed are removed, and none is put in place', () => {
  const names = Array.from({ length: MANY }, (_, index) => `f${index}`);
  stageTexts(names);
  const applied = apply(
    root,
    names.map((name) => file(name, name)),
    NOW_MS,
    new FailingSystem(),
  );
  assert.deepEqual(new Set(applied.map(troubleIn)), new Set(['io']));
  assert.deepEqual(readdirSync(root), ['.lanfold']);
  assert.deepEqual(readdirSync(join(root, '.lanfold/staging')), []);
});

test('R1 if the directories could not be flushed, nothing counts as done', () => {
  const changes = Array.from({ length: MANY }, (_, index) => [directory(`d${index}`), directory(`d${index}/e`)]).flat();
  const applied = apply(root, changes, NOW_MS, new FailingSystem());
  assert.deepEqual(new Set(applied.map(troubleIn)), new Set(['io']));
});

/** A user who removes, moves or replaces things before they are flushed. */
class HastyUser extends FailingSystem {
  override canSyncFileSystem(): boolean {
    return false;
  }

  override moveNoReplace(from: string, to: string): void {
    super.moveNoReplace(from, to);
    rmSync(join(root, '1'));
    rmSync(join(root, '2'));
    symlinkSync('nowhere', join(root, '2'));
    rmSync(join(root, 'd'), { recursive: true });
  }
}

test('R1 what the user removes before it is flushed is no fault of the others', () => {
  const names = ['1', '2', '3'];
  for (const name of names) writeFileSync(join(root, name), name);
  stageTexts(['s']);
  const touched = names.map((name): Change => {
    const attributes = { permissions: 0o600, modifiedNs: MODIFIED_NS };
    return { change: 'attributes', name, expected: lookAt(join(root, name)), ...attributes };
  });
  const applied = apply(root, [...touched, directory('d'), file('new', 's')], NOW_MS, new HastyUser());
  assert.deepEqual(applied.map(troubleIn), Array.from({ length: 5 }));
});

test('R1 a change that was refused is not told as one that may be done', () => {
  const many = Array.from({ length: MANY }, (_, at) => [directory(`d${at}`), directory(`d${at}/e`)]).flat();
  const applied = apply(root, [directory('d'), directory('no/such'), ...many], NOW_MS, new FailingSystem());
  assert.deepEqual(applied.slice(0, 2), [
    { trouble: 'io', detail: 'EIO: refused by the system', mayBeDone: true },
    { trouble: 'parent', detail: 'the parent directory is not there' },
  ]);
});

/** A system that refuses some calls, as a container's may. */
class RefusingSystem extends SystemCalls {
  readonly #call: string;
  isDistrusted = false;

  constructor(call: 'syncfs' | 'sync_file_range') {
    super();
    this.#call = call;
  }

  override canSyncFileSystem(): boolean {
    return true;
  }

  override syncFileSystem(): void {
    if (this.#call === 'syncfs') throw systemError('EPERM', 'syncfs');
  }

  override checkWritten(): void {
    throw systemError('ENOSYS', 'sync_file_range');
  }

  override distrust(): void {
    this.isDistrusted = true;
  }
}

for (const call of ['syncfs', 'sync_file_range'] as const)
  test(`R2 a refused ${call} says of no bytes that they were lost: each file is flushed by itself`, () => {
    const names = Array.from({ length: MANY }, (_, index) => `f${index}`);
    stageTexts(names);
    const system = new RefusingSystem(call);
    const changes = names.map((name) => file(name, name));
    const flushed = flushedBy(() => {
      assert.deepEqual(new Set(apply(root, changes, NOW_MS, system).map(troubleIn)), new Set([undefined]));
    });
    assert.equal(system.isDistrusted, false);
    if (process.platform !== 'linux') return;
    assert.ok(names.every((name) => flushed.has(join(root, '.lanfold/staging', name))));
  });

/** A disk that can only be flushed file by file. */
class PlainSystem extends FailingSystem {
  override canSyncFileSystem(): boolean {
    return false;
  }
}

test('R1 where a whole file system cannot be flushed each file and directory is', () => {
  const names = Array.from({ length: MANY }, (_, index) => `d${index}/f`);
  const stages = names.map((_, index) => `s${index}`);
  stageTexts(stages);
  const changes = names.flatMap((name, index) => [directory(`d${index}`), file(name, `s${index}`)]);
  const flushed = flushedBy(() => {
    assert.deepEqual(new Set(apply(root, changes, NOW_MS, new PlainSystem()).map(troubleIn)), new Set([undefined]));
  });
  if (process.platform !== 'linux') return; // elsewhere a handle has no path
  const staging = '.lanfold/staging';
  const due = ['', staging, ...stages.map((stage) => `${staging}/${stage}`), ...names.map((_, index) => `d${index}`)];
  assert.deepEqual(
    due.filter((name) => !flushed.has(join(root, name))),
    [],
  );
});

/** @returns the paths of all that was flushed meanwhile by itself. */
function flushedBy(run: () => void): Set<string> {
  const flushed = new Set<string>();
  const flush = fs.fsyncSync;
  fs.fsyncSync = (handle) => {
    if (process.platform === 'linux') flushed.add(readlinkSync(`/proc/self/fd/${handle}`));
    flush(handle);
  };
  syncBuiltinESMExports();
  try {
    run();
  } finally {
    fs.fsyncSync = flush;
    syncBuiltinESMExports();
  }
  return flushed;
}

/** A user writes to a file in the moment after it got its name. */
class QuickUser extends SystemCalls {
  override moveNoReplace(from: string, to: string): void {
    super.moveNoReplace(from, to);
    writeFileSync(to, 'edited');
  }
}

test('P59 a write right after the rename is not taken for what was put in place', () => {
  stageTexts(['s']);
  const [placed] = apply(root, [file('x', 's')], NOW_MS, new QuickUser());
  assert.ok(placed !== undefined && 'look' in placed && placed.look !== undefined);
  assert.equal(placed.look.size, 1, 'the look is that of the staged file');
  assert.ok(!sameLook(placed.look, lookAt(join(root, 'x'))), 'so that the next look sees a change');
  const from = lookAt(join(root, 'x'));
  const attributes = { permissions: 0o600, modifiedNs: MODIFIED_NS };
  const move: Change = { change: 'move', from: 'x', name: 'y', expectedFrom: from, ...attributes };
  const [moved] = apply(root, [move], NOW_MS, new QuickUser());
  assert.ok(moved !== undefined && 'look' in moved);
  assert.ok(!sameLook(moved.look, lookAt(join(root, 'y'))));
});

test('P54 what stood there stays, and is not in the history, if its successor cannot come', () => {
  writeFileSync(join(root, 'x'), 'mine');
  stageTexts(['s']);
  const applied = apply(root, [file('y', 's'), file('x', 's', lookAt(join(root, 'x')))], NOW_MS, new SystemCalls());
  assert.deepEqual(applied.map(troubleIn), [undefined, 'absent']);
  assert.equal(readFileSync(join(root, 'x'), 'utf8'), 'mine');
  assert.deepEqual(readdirSync(join(root, '.lanfold/history', SLOT)), []);
});

test('P55 the history names the moment; a batch that meets a taken slot takes the next', () => {
  for (const text of ['1', '2']) {
    writeFileSync(join(root, 'x'), text);
    const expected = lookAt(join(root, 'x'));
    const gone: Change = { change: 'delete', name: 'x', expected, displace: TO_HISTORY };
    assert.deepEqual(apply(root, [gone], NOW_MS, new SystemCalls()), [{ look: undefined }]);
  }
  assert.deepEqual(readdirSync(join(root, '.lanfold/history')).sort(), [SLOT, `${SLOT}-1`]);
});

/** A user who comes to `x` just when its time is set. */
class UserAtThatMoment extends SystemCalls {
  readonly #act: () => void;

  constructor(act: () => void) {
    super();
    this.#act = act;
  }

  override setModified(path: string, modifiedNs: bigint): void {
    this.#act();
    super.setModified(path, modifiedNs);
  }
}

const noNative = new SystemCalls().isNative ? false : 'koffi is not installed, or not for this system';

for (const kind of ['attributes', 'move'] as const)
  test(`P59 nobody writes to a file while its time is set for a change of ${kind}`, { skip: noNative }, () => {
    const path = join(root, kind === 'move' ? 'y' : 'x');
    writeFileSync(join(root, 'x'), 'mine');
    const codes: unknown[] = [];
    const user = new UserAtThatMoment(() => {
      try {
        closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
      } catch (error) {
        codes.push(errorCode(error)); // one that would wait for it waits
      }
    });
    assert.deepEqual(apply(root, [touch(kind)], NOW_MS, user).map(troubleIn), [undefined]);
    assert.deepEqual(codes, ['EAGAIN']);
    writeFileSync(path, 'edit');
  });

/** A user who saves between the last look and the moment when nobody may write. */
class UserBeforeThat extends SystemCalls {
  override whileUnwritten(handle: number, run: () => void): 'none' | 'some' | 'unknown' {
    writeFileSync(join(root, 'x'), 'edit');
    return super.whileUnwritten(handle, run);
  }
}

test('P59 what is saved right before that is seen, and gets no other time', { skip: noNative }, () => {
  for (const kind of ['attributes', 'move'] as const) {
    writeFileSync(join(root, 'x'), 'mine');
    assert.deepEqual(apply(root, [touch(kind)], NOW_MS, new UserBeforeThat()).map(troubleIn), ['changed']);
    assert.notEqual(lookAt(join(root, 'x'))?.modifiedNs, MODIFIED_NS);
  }
});

for (const kind of ['attributes', 'move'] as const)
  test(`P59 what is saved under the name at that moment of a change of ${kind} is not taken for what was seen`, () => {
    const path = join(root, kind === 'move' ? 'y' : 'x');
    writeFileSync(join(root, 'x'), 'mine');
    const user = new UserAtThatMoment(() => {
      writeFileSync(`${path}.new`, 'edit');
      renameSync(`${path}.new`, path);
    });
    const [applied] = apply(root, [touch(kind)], NOW_MS, user);
    assert.equal(readFileSync(path, 'utf8'), 'edit');
    assert.ok(applied !== undefined && 'look' in applied && !sameLook(applied.look, lookAt(path)));
  });

test('P59 what is saved under the old name of a file that has just moved stays there', () => {
  const path = join(root, 'x');
  writeFileSync(path, 'mine');
  const user = new UserAtThatMoment(() => writeFileSync(path, 'edit'));
  assert.deepEqual(apply(root, [touch('move')], NOW_MS, user), [{ look: lookAt(join(root, 'y')) }]);
  assert.deepEqual([readFileSync(path, 'utf8'), readFileSync(join(root, 'y'), 'utf8')], ['edit', 'mine']);
});

/** Another time for `x`. */
function touch(kind: 'attributes' | 'move'): Change {
  const look = lookAt(join(root, 'x'));
  const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS };
  return kind === 'move'
    ? { change: 'move', from: 'x', name: 'y', expectedFrom: look, ...attributes }
    : { change: 'attributes', name: 'x', expected: look, ...attributes };
}

test('P56 names that cannot both be in one slot are both kept', () => {
  walking(root, (walk) => {
    const slot = new HistorySlot(walk, new Set(), NOW_MS);
    slot.keep('x', (path) => writeFileSync(path, 'one', { flag: 'wx' }));
    slot.keep('x/y', (path) => writeFileSync(path, 'two', { flag: 'wx' }));
    slot.keep('x/y', (path) => writeFileSync(path, 'three', { flag: 'wx' }));
  });
  const slot = join(root, '.lanfold/history', SLOT);
  const kept = [`${slot}/x`, `${slot}-1/x/y`, `${slot}-2/x/y`].map((path) => readFileSync(path, 'utf8'));
  assert.deepEqual(kept, ['one', 'two', 'three']);
});
