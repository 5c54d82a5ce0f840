import assert from 'node:assert/strict';
import fs, {
  appendFileSync,
  closeSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { bytesJob, MODIFIED_NS, TO_HISTORY, troubleIn } from '../../../test/contract/file-tree/world.ts';
import { sameLook } from '../../core/model/file-record.ts';
import type { Applied, Change } from '../../ports/file-tree.ts';
import { apply } from './apply.ts';
import { Scratch } from './blocks.ts';
import { diskCalls } from './calls.ts';
import { lookAt } from './look.ts';
import { stage } from './staging.ts';
import { SystemCalls } from './system-calls.ts';
import { systemError } from './trouble.ts';
import { walking } from './walk.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 4, 3, 0, 123);
const SLOT = '2026-11-24T04-03-00.123Z';
const noNative = new SystemCalls().isNative ? false : 'koffi is not installed, or not for this system';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lanfold-displace-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Two disks, and what happens while a file is copied from one to the other. */
class OtherDisk extends SystemCalls {
  readonly #meanwhile: () => void;

  constructor(meanwhile: () => void = () => {}) {
    super();
    this.#meanwhile = meanwhile;
  }

  override moveNoReplace(from: string, to: string): void {
    if (!from.endsWith('.tmp')) throw systemError('EXDEV', 'renameat2');
    super.moveNoReplace(from, to);
  }

  override setModified(path: string, modifiedNs: bigint): void {
    super.setModified(path, modifiedNs);
    this.#meanwhile();
  }
}

/** A user who does something between the last look at a file and its move. */
class UserJustThen extends SystemCalls {
  readonly #act: () => void;
  #isDone = false;

  constructor(act: () => void) {
    super();
    this.#act = act;
  }

  override moveNoReplace(from: string, to: string): void {
    if (!this.#isDone) this.#act();
    this.#isDone = true;
    super.moveNoReplace(from, to);
  }
}

/** A peer deletes `x`. */
function deleteX(system: SystemCalls): Applied {
  const gone: Change = { change: 'delete', name: 'x', expected: lookAt(join(root, 'x')), displace: TO_HISTORY };
  const [applied] = apply(root, [gone], NOW_MS, system);
  return applied ?? assert.fail();
}

/** A peer's version, `theirs`, comes to `x`. */
function replaceX(system: SystemCalls): Applied {
  walking(root, (walk) => stage(walk, [bytesJob('s', 'theirs')], new Scratch()));
  const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS };
  const expected = lookAt(join(root, 'x'));
  const change: Change = { change: 'file', name: 'x', stage: 's', ...attributes, expected, displace: TO_HISTORY };
  const [applied] = apply(root, [change], NOW_MS, system);
  return applied ?? assert.fail();
}

function textOf(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

const saves: [how: string, save: () => void][] = [
  ['in place', () => writeFileSync(join(root, 'x'), 'saved just then')],
  [
    'under another name, which is renamed',
    () => {
      writeFileSync(join(root, 'new'), 'saved just then');
      renameSync(join(root, 'new'), join(root, 'x'));
    },
  ],
];
for (const [how, save] of saves) {
  test(`P59 what is saved right when a delete is carried out stays (${how})`, () => {
    writeFileSync(join(root, 'x'), 'mine');
    const applied = deleteX(new UserJustThen(save));
    assert.equal(troubleIn(applied), 'changed');
    assert.equal(textOf('x'), 'saved just then');
    assert.deepEqual(readdirSync(join(root, '.lanfold/history', SLOT)), []);
  });
}

test('P59 what is opened to be written right when a delete is carried out stays', { skip: noNative }, () => {
  writeFileSync(join(root, 'x'), 'mine');
  let handle = -1;
  const applied = deleteX(new UserJustThen(() => (handle = openSync(join(root, 'x'), 'a'))));
  writeSync(handle, ' and more');
  closeSync(handle);
  assert.equal(troubleIn(applied), 'in-use');
  assert.equal(textOf('x'), 'mine and more');
});

/** A user who does something right after it was asked whether anybody writes to a file. */
class UserJustAsked extends SystemCalls {
  readonly #act: () => void;
  #isDone = false;

  constructor(act: () => void) {
    super();
    this.#act = act;
  }

  override writers(handle: number, path: string): 'none' | 'some' | 'unknown' {
    const answer = super.writers(handle, path);
    if (!this.#isDone) this.#act();
    this.#isDone = true;
    return answer;
  }
}

for (const [how, save] of saves) {
  test(`P59 what is saved right when a delete of a file that has a second name is carried out stays (${how})`, () => {
    writeFileSync(join(root, 'x'), 'mine');
    linkSync(join(root, 'x'), join(root, 'y'));
    assert.equal(troubleIn(deleteX(new UserJustAsked(save))), 'changed');
    assert.equal(textOf('x'), 'saved just then');
  });
}

test('P59 what is opened to be written while what it replaces is kept stays', { skip: noNative }, () => {
  writeFileSync(join(root, 'x'), 'mine');
  let handle = -1;
  const applied = replaceX(new UserJustAsked(() => (handle = openSync(join(root, 'x'), 'a'))));
  writeSync(handle, ' and more');
  closeSync(handle);
  assert.equal(troubleIn(applied), 'in-use');
  assert.equal(textOf('x'), 'mine and more');
  assert.deepEqual(readdirSync(join(root, '.lanfold/history', SLOT)), []);
});

for (const [how, save] of saves) {
  test(`P59 what is saved right when another version comes to a disk without links stays (${how})`, (t) => {
    writeFileSync(join(root, 'x'), 'mine');
    t.mock.method(fs, 'linkSync', () => {
      throw systemError('EPERM', 'link');
    });
    syncBuiltinESMExports();
    try {
      assert.equal(troubleIn(replaceX(new UserJustThen(save))), 'changed');
    } finally {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    }
    assert.equal(textOf('x'), 'saved just then');
    assert.deepEqual(readdirSync(join(root, '.lanfold/history', SLOT)), []);
  });
}

test('P59 what is saved while a file gets other permissions does not fit the look that is recorded of it', () => {
  const path = join(root, 'x');
  writeFileSync(path, 'mine');
  const expected = lookAt(path) ?? assert.fail();
  const { chmodSync } = fs;
  fs.chmodSync = (...values): void => {
    chmodSync(...values);
    writeFileSync(path, 'saved just then');
  };
  syncBuiltinESMExports();
  try {
    const change: Change = {
      change: 'attributes',
      name: 'x',
      permissions: 0o600,
      modifiedNs: expected.modifiedNs,
      expected,
    };
    const [applied] = apply(root, [change], NOW_MS, new SystemCalls());
    assert.ok(applied !== undefined && 'look' in applied);
    assert.ok(!sameLook(applied.look, lookAt(path)), 'so that it is seen');
  } finally {
    fs.chmodSync = chmodSync;
    syncBuiltinESMExports();
  }
});

test('P47 what is saved while the file is copied to the history of another disk stays, and no copy of the one before', () => {
  writeFileSync(join(root, 'x'), 'mine');
  const applied = deleteX(new OtherDisk(() => writeFileSync(join(root, 'x'), 'saved meanwhile')));
  assert.equal(troubleIn(applied), 'changed');
  assert.equal(textOf('x'), 'saved meanwhile');
  assert.deepEqual(readdirSync(join(root, '.lanfold/history', SLOT)), []);
});

test('P47 what is opened to be written while it is copied stays', { skip: noNative }, () => {
  writeFileSync(join(root, 'x'), 'mine');
  let handle = -1;
  const applied = deleteX(new OtherDisk(() => (handle = openSync(join(root, 'x'), 'a'))));
  writeSync(handle, ' and more');
  closeSync(handle);
  assert.equal(troubleIn(applied), 'in-use');
  assert.equal(textOf('x'), 'mine and more');
  assert.deepEqual(readdirSync(join(root, '.lanfold/history', SLOT)), []);
});

test('P47 a kill leaves no half of a copy in the history, nor for long anywhere else', () => {
  const killed = mkdtempSync(join(tmpdir(), 'lanfold-killed-'));
  try {
    writeFileSync(join(root, 'x'), 'mine');
    const applied = deleteX(new OtherDisk(() => cpSync(root, killed, { recursive: true })));
    assert.deepEqual(applied, { look: undefined });
    assert.equal(textOf(`.lanfold/history/${SLOT}/x`), 'mine');
    assert.deepEqual(leftIn(root), []);
    assert.deepEqual(readdirSync(join(killed, '.lanfold/history', SLOT)), []);
    assert.equal(leftIn(killed).length, 2, 'the copy, and the note of where it is');
    diskCalls(true).unstage(killed, { keep: new Set() });
    assert.deepEqual(leftIn(killed), []);
    assert.equal(readFileSync(join(killed, 'x'), 'utf8'), 'mine');
  } finally {
    rmSync(killed, { recursive: true });
  }
});

test('P47 nor does one that was to come to another disk stay there', () => {
  const killed = mkdtempSync(join(tmpdir(), 'lanfold-killed-'));
  try {
    mkdirSync(join(root, 'd'));
    walking(root, (walk) => stage(walk, [bytesJob('s', 'theirs')], new Scratch()));
    const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS, expected: undefined, displace: TO_HISTORY };
    const change: Change = { change: 'file', name: 'd/x', stage: 's', ...attributes };
    const system = new OtherDisk(() => cpSync(root, killed, { recursive: true }));
    assert.deepEqual(apply(root, [change], NOW_MS, system).map(troubleIn), [undefined]);
    assert.equal(textOf('d/x'), 'theirs');
    assert.deepEqual(leftIn(root), []);
    assert.equal(leftIn(killed).length, 2);
    diskCalls(true).unstage(killed, { keep: new Set(['s']) });
    assert.deepEqual(leftIn(killed), []);
    assert.deepEqual(readdirSync(join(killed, '.lanfold/staging')), ['s']);
    assert.deepEqual(readdirSync(join(killed, 'd')), []);
  } finally {
    rmSync(killed, { recursive: true });
  }
});

test('P47 what a kill left in a directory that somebody has renamed since is removed where it is found', () => {
  const killed = mkdtempSync(join(tmpdir(), 'lanfold-killed-'));
  try {
    mkdirSync(join(root, 'd'));
    walking(root, (walk) => stage(walk, [bytesJob('s', 'theirs')], new Scratch()));
    const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS, expected: undefined, displace: TO_HISTORY };
    const change: Change = { change: 'file', name: 'd/x', stage: 's', ...attributes };
    apply(root, [change], NOW_MS, new OtherDisk(() => cpSync(root, killed, { recursive: true })));
    renameSync(join(killed, 'd'), join(killed, 'e'));
    diskCalls(true).unstage(killed, { keep: new Set() });
    assert.equal(leftIn(killed).length, 2);
    const [copy] = readdirSync(join(killed, 'e'));
    diskCalls(true).removeUnfinished(killed, [`e/${copy}`], 0);
    assert.deepEqual(leftIn(killed), []);
  } finally {
    rmSync(killed, { recursive: true });
  }
});

test('P47 what a power cut left in the history, and no note of it, is removed', () => {
  mkdirSync(join(root, '.lanfold/history', SLOT), { recursive: true });
  const left = join(root, '.lanfold/history', '.lanfold-01234567-89ab-cdef-0123-456789abcdef.tmp');
  writeFileSync(left, 'half');
  diskCalls(true).unstage(root, { keep: new Set() });
  assert.deepEqual(readdirSync(join(root, '.lanfold/history')), [SLOT]);
});

/** Copies and the notes of them, at any depth. */
function leftIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.tmp') || name.startsWith('.lanfold/copies/'));
}

test('P47 only what is noted under a name of ours is removed', () => {
  const id = '01234567-89ab-cdef-0123-456789abcdef';
  mkdirSync(join(root, '.lanfold/copies'), { recursive: true });
  const theirs = [`.lanfold-${id}.tmp`, '.lanfold-report.tmp', `.lanfold/folder.json`];
  for (const name of theirs) writeFileSync(join(root, name), 'x');
  writeFileSync(join(root, '.lanfold/copies', id), '../..');
  writeFileSync(join(root, '.lanfold/copies/report'), '');
  diskCalls(true).unstage(root, { keep: new Set() });
  assert.ok(theirs.every((name) => existsSync(join(root, name))));
});

test('P36 a directory that is moved out of the folder while a file of it is copied is left alone', () => {
  const outside = mkdtempSync(join(tmpdir(), 'lanfold-outside-'));
  try {
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/x'), 'mine');
    const user = new OtherDisk(() => renameSync(join(root, 'd'), join(outside, 'd')));
    const expected = lookAt(join(root, 'd/x'));
    const gone: Change = { change: 'delete', name: 'd/x', expected, displace: TO_HISTORY };
    assert.deepEqual(apply(root, [gone], NOW_MS, user).map(troubleIn), ['changed']);
    assert.equal(readFileSync(join(outside, 'd/x'), 'utf8'), 'mine');
    assert.deepEqual(leftIn(root), []);
  } finally {
    rmSync(outside, { recursive: true });
  }
});

for (const [what, displaceX] of [
  ['deletes', deleteX],
  ['replaces', replaceX],
] as const) {
  test(`P31 a version of a file that has a second name stays as it is when a peer ${what} it`, () => {
    const other = mkdtempSync(join(tmpdir(), 'lanfold-other-'));
    try {
      writeFileSync(join(root, 'x'), 'mine');
      linkSync(join(root, 'x'), join(other, 'y'));
      assert.equal(troubleIn(displaceX(new SystemCalls())), undefined);
      appendFileSync(join(other, 'y'), ', and edited');
      assert.equal(textOf(`.lanfold/history/${SLOT}/x`), 'mine');
      assert.equal(readFileSync(join(other, 'y'), 'utf8'), 'mine, and edited');
      assert.deepEqual(leftIn(root), []);
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  test(`P83 what nobody could ask about just now is not touched when a peer ${what} it`, () => {
    class OutOfHandles extends SystemCalls {
      override writers(): never {
        throw systemError('EMFILE', 'open');
      }
    }
    writeFileSync(join(root, 'x'), 'mine');
    assert.equal(troubleIn(displaceX(new OutOfHandles())), 'io');
    assert.equal(textOf('x'), 'mine');
    assert.ok(!existsSync(join(root, '.lanfold/history', SLOT)));
  });
}

test('P60 a copy to another disk leaves free what is to stay free of it', () => {
  const { statfsSync: statfs, copyFileSync: clone } = fs;
  let freeBytes = 100 * 1024 * 1024;
  const small = (path: fs.PathLike): fs.StatsFs => {
    const all = statfs(path);
    return Object.assign(all, { bsize: 1, bavail: freeBytes, blocks: 400 * 1024 * 1024 });
  };
  writeFileSync(join(root, 'x'), Buffer.alloc(61 * 1024 * 1024, 'x'));
  fs.statfsSync = small as typeof fs.statfsSync;
  fs.copyFileSync = () => {
    throw systemError('EXDEV', 'copyfile');
  };
  syncBuiltinESMExports();
  try {
    assert.equal(troubleIn(deleteX(new OtherDisk())), 'disk-full');
    assert.deepEqual(leftIn(root), []);
    freeBytes = 102 * 1024 * 1024;
    assert.equal(troubleIn(deleteX(new OtherDisk())), undefined);
  } finally {
    Object.assign(fs, { statfsSync: statfs, copyFileSync: clone });
    syncBuiltinESMExports();
  }
});
