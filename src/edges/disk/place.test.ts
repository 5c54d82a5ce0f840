import assert from 'node:assert/strict';
import fs, {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { bytesJob, MODIFIED_NS, TO_HISTORY, troubleIn } from '../../../test/contract/file-tree/world.ts';
import { sameLook, type Look } from '../../core/model/file-record.ts';
import type { Applied, Change, Displace } from '../../ports/file-tree.ts';
import { apply } from './apply.ts';
import { Scratch } from './blocks.ts';
import { lookAt } from './look.ts';
import { stage } from './staging.ts';
import { SystemCalls } from './system-calls.ts';
import { systemError } from './trouble.ts';
import { walking } from './walk.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 4, 3, 0, 123);
const ASIDE = { to: 'set-aside', name: 'x.conflict' } as const;
const noNative = new SystemCalls().isNative ? false : 'koffi is not installed, or not for this system';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lanfold-place-'));
});
afterEach(() => rmSync(root, { recursive: true }));

for (const displace of [TO_HISTORY, ASIDE] as const) {
  test(`P54 a look that fails right after the rename takes nothing back (${displace.to})`, () => {
    let isRenamed = false;
    const applied = replacing(displace, {
      renameSync: (from, to) => {
        fsBefore.renameSync(from, to);
        isRenamed = true;
      },
      lstatSync: ((...values: Parameters<typeof fs.lstatSync>) => {
        if (!isRenamed) return fsBefore.lstatSync(...values);
        isRenamed = false;
        throw systemError('EIO', 'lstat');
      }) as typeof fs.lstatSync,
    });
    assert.ok('look' in applied && applied.look !== undefined, 'it is in place');
    assert.ok(!sameLook(applied.look, lookAt(join(root, 'x'))), 'and is looked at once more');
    assert.deepEqual(contents(), ['mine', 'theirs']);
  });

  test(`P54 a rename that was done and says that it was not takes nothing back (${displace.to})`, () => {
    const applied = replacing(displace, {
      renameSync: (from, to) => {
        fsBefore.renameSync(from, to);
        throw systemError('EIO', 'rename');
      },
    });
    assert.equal(troubleIn(applied), 'io');
    assert.deepEqual(contents(), ['mine', 'theirs']);
  });

  test(`P54 nor does a staged file that somebody removes once it was copied to its disk (${displace.to})`, () => {
    let isFirst = true;
    const applied = replacing(displace, {
      renameSync: (from, to) => {
        if (isFirst) {
          isFirst = false;
          throw systemError('EXDEV', 'rename');
        }
        fsBefore.renameSync(from, to);
        rmSync(join(root, '.lanfold/staging/s'));
      },
    });
    assert.ok('look' in applied);
    assert.deepEqual(contents(), ['mine', 'theirs']);
  });
}

/** Two disks, or a name that the disk refuses. */
class RefusingMoves extends SystemCalls {
  override moveNoReplace(): void {
    throw systemError('EXDEV', 'renameat2');
  }
}

/** A user who opens a file to write it in the moment after it has moved. */
class WriterAfterMove extends SystemCalls {
  handle: number | undefined;

  override moveNoReplace(from: string, to: string): void {
    super.moveNoReplace(from, to);
    this.handle ??= openSync(to, 'a');
  }
}

function moveOfX(): Change {
  const attributes = { permissions: 0o600, modifiedNs: MODIFIED_NS };
  return { change: 'move', from: 'x', name: 'y', expectedFrom: lookAt(join(root, 'x')), ...attributes };
}

test('P25 a move that is refused leaves the file as it was', () => {
  writeFileSync(join(root, 'x'), 'mine');
  const before = lookAt(join(root, 'x'));
  const [applied] = apply(root, [moveOfX()], NOW_MS, new RefusingMoves());
  assert.equal(troubleIn(applied), 'io');
  assert.deepEqual(lookAt(join(root, 'x')), before);
});

test('P25 a move is taken back if the file cannot get its attributes', { skip: noNative }, () => {
  writeFileSync(join(root, 'x'), 'mine');
  const before = lookAt(join(root, 'x'));
  const writer = new WriterAfterMove();
  const [applied] = apply(root, [moveOfX()], NOW_MS, writer);
  closeSync(writer.handle ?? assert.fail());
  assert.equal(troubleIn(applied), 'in-use');
  const after = lookAt(join(root, 'x'));
  assert.deepEqual(after, { ...before, changedNs: after?.changedNs });
  assert.equal(lookAt(join(root, 'y')), undefined);
});

test('P36 a directory that is moved out of the folder is soon left alone', (t) => {
  const outside = mkdtempSync(join(tmpdir(), 'lanfold-outside-'));
  try {
    mkdirSync(join(root, 'd'));
    for (const name of ['1', '2']) writeFileSync(join(root, 'd', name), name);
    stageText('s', 'theirs');
    let nowMs = performance.now();
    t.mock.method(performance, 'now', () => nowMs);
    class User extends SystemCalls {
      override moveNoReplace(from: string, to: string): void {
        super.moveNoReplace(from, to);
        renameSync(join(root, 'd'), join(outside, 'd'));
        nowMs += 5;
      }
    }
    const gone = ['d/1', 'd/2'].map((name): Change => {
      return { change: 'delete', name, expected: lookAt(join(root, name)), displace: TO_HISTORY };
    });
    const applied = apply(root, [...gone, file('d/new', 's')], NOW_MS, new User());
    assert.deepEqual(applied.map(troubleIn), [undefined, 'parent', 'parent']);
    assert.deepEqual(readdirSync(join(outside, 'd')), ['2']);
  } finally {
    rmSync(outside, { recursive: true });
  }
});

const fsBefore = { ...fs };

/** Replaces `x` (mine) by what is staged (theirs) while some calls of the system are others. */
function replacing(displace: Displace, calls: Partial<Pick<typeof fs, 'renameSync' | 'lstatSync'>>): Applied {
  writeFileSync(join(root, 'x'), 'mine');
  stageText('s', 'theirs');
  const change = file('x', 's', lookAt(join(root, 'x')), displace);
  Object.assign(fs, calls);
  syncBuiltinESMExports();
  try {
    const [applied] = apply(root, [change], NOW_MS, new SystemCalls());
    assert.ok(applied !== undefined);
    return applied;
  } finally {
    Object.assign(fs, { renameSync: fsBefore.renameSync, lstatSync: fsBefore.lstatSync });
    syncBuiltinESMExports();
  }
}

function stageText(name: string, text: string): void {
  walking(root, (walk) => stage(walk, [bytesJob(name, text)], new Scratch()));
}

function file(name: string, staged: string, expected?: Look, displace: Displace = TO_HISTORY): Change {
  return { change: 'file', name, stage: staged, permissions: 0o644, modifiedNs: MODIFIED_NS, expected, displace };
}

/** Of all files, also the kept ones, sorted. */
function contents(): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'spare')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .sort();
}
