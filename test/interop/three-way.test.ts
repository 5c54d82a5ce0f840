/**
 * One folder on lanfold, Syncthing 1.19.2 and Syncthing 1.29.5, each connected to each: whatever one does, all have it in
 * the end, with every byte, mode, time and link, and nobody reports an error.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { editTree } from '../harness/edits.ts';
import { until } from '../harness/process.ts';
import { conflictCopies, type TreeSnapshot } from '../harness/snapshot.ts';
import { makeTree } from '../harness/tree.ts';
import { FOLDER, Mesh, whySkip } from './mesh.ts';

/** Index of lanfold in {@link Mesh.directories}; the Syncthings come behind it. */
const SIDES = ['lanfold', 'Syncthing 1.19.2', 'Syncthing 1.29.5'] as const;

describe('lanfold between Syncthing 1.19.2 and 1.29.5', { skip: whySkip() ?? false }, () => {
  let mesh: Mesh;

  before(async () => {
    mesh = await Mesh.start({ fill: fillBefore });
  });
  after(() => mesh?.stop());

  /** A path in one side's directory. */
  const at = (side: number, ...names: string[]): string => join(mesh.directories[side] ?? '', ...names);

  test('I1 case E01: what each has before they meet, all have; equal files are no conflict', async () => {
    const tree = await mesh.settle();
    assert.deepEqual(conflictCopies(tree), []);
    assert.equal(tree.get('same/equal.txt')?.content, tree.get('same/equal too.txt')?.content);
    for (const side of SIDES.keys()) {
      assert.equal(tree.get(`times-${side}/before 1970`)?.mtimeNs, -86_399_876_543_211n);
      assert.equal(tree.get(`times-${side}/nanoseconds`)?.mtimeNs, 1_700_000_000_123_456_789n);
    }
  });

  for (const [side, name] of SIDES.entries()) {
    test(`I2 all follow what ${name} does: create, edit, delete, rename, change of mode, time, kind`, async () => {
      const root = `by-${side}`;
      prepare(at(side, root));
      await mesh.settle();
      change(at(side, root));
      const tree = await mesh.settle();
      assert.deepEqual(conflictCopies(tree), []);
      assert.deepEqual(namesBelow(tree, root), AFTER_CHANGE);
    });
  }

  test('I3 random changes by all three at once end in the same folder for all', async () => {
    for (const side of SIDES.keys())
      makeTree(at(side, `random-${side}`), { seed: 1 + side, files: 40, hardNames: false });
    await mesh.settle();
    for (let round = 0; round < 3; round += 1) {
      await mesh.pauseOthers(true);
      for (const side of SIDES.keys())
        editTree(at(side), { seed: 1 + 10 * round + side, count: 25, label: `s${side}r${round}` });
      await mesh.pauseOthers(false);
      await mesh.scan();
    }
    await mesh.settle({ timeoutMs: 90_000 });
  });

  test('I4 case E18: conflicts lose nothing: edits, deletes and creates of the same names while all are apart', async () => {
    fs.mkdirSync(at(0, 'apart/directory'), { recursive: true });
    for (const name of CONFLICTS) fs.writeFileSync(at(0, 'apart', name), `${name}, the first version`);
    fs.writeFileSync(at(0, 'apart/directory/inside'), 'inside');
    await mesh.settle();
    await mesh.stopNode();
    await Promise.all(mesh.syncthings.map((syncthing) => syncthing.down()));
    for (const side of SIDES.keys()) changeApart(at(side, 'apart'), side);
    await Promise.all(mesh.syncthings.map((syncthing) => syncthing.up()));
    await mesh.startNode();
    await mesh.connected();
    const tree = await mesh.settle({ timeoutMs: 90_000 });
    assertConflicts(tree, (name) => fs.readFileSync(at(0, 'apart', name), 'utf8'));
  });

  test('I5 what one side ignores stays with it, and joins the others once it is no longer ignored', async () => {
    fs.writeFileSync(at(0, '.stignore'), '*.mine\n/secret\n');
    await Promise.all(mesh.syncthings.map((syncthing) => syncthing.setIgnores(FOLDER, ['*.theirs'])));
    for (const side of SIDES.keys()) {
      fs.mkdirSync(at(side, 'ignores'), { recursive: true });
      for (const kind of ['mine', 'theirs', 'ours'])
        fs.writeFileSync(at(side, 'ignores', `${side}.${kind}`), `${side} ${kind}`);
    }
    fs.mkdirSync(at(0, 'secret'));
    fs.writeFileSync(at(0, 'secret/deep.ours'), 'stays here');
    const except = (name: string): boolean => /\.(?:mine|theirs)$|^secret/.test(name);
    await mesh.settle({ except });
    // What lanfold ignores travels between the Syncthings all the same; what they ignore reaches nobody from them.
    const shown = [0, 1, 2].map((side) => fs.readdirSync(at(side, 'ignores')).filter(except).sort());
    assert.deepEqual(shown, [
      ['0.mine', '0.theirs'],
      ['1.mine', '1.theirs', '2.mine'],
      ['1.mine', '2.mine', '2.theirs'],
    ]);

    fs.rmSync(at(0, '.stignore'));
    await Promise.all(mesh.syncthings.map((syncthing) => syncthing.setIgnores(FOLDER, [])));
    const tree = await mesh.settle();
    assert.deepEqual(
      conflictCopies(tree).filter((name) => name.startsWith('ignores/')),
      [],
    );
    const kinds = ['mine', 'ours', 'theirs'];
    assert.deepEqual(
      namesBelow(tree, 'ignores'),
      [0, 1, 2].flatMap((side) => kinds.map((kind) => `${side}.${kind}`)),
    );
    assert.ok(tree.has('secret/deep.ours'));
  });

  test('I6 each restarts while the others go on', async () => {
    const write = (round: string, sides: readonly number[]): void => {
      for (const side of sides) fs.writeFileSync(at(side, `${round} by ${side}`), `${round} ${side}`);
    };
    await mesh.stopNode();
    write('without lanfold', [0, 1, 2]);
    await mesh.scan();
    await mesh.startNode();
    await mesh.connected();
    await mesh.settle();
    for (const [index, syncthing] of mesh.syncthings.entries()) {
      await syncthing.down();
      write(`without ${syncthing.version}`, [0, 1, 2]);
      fs.rmSync(at(index + 1, 'without lanfold by 1'), { force: true });
      await syncthing.up();
      await mesh.connected();
    }
    const tree = await mesh.settle();
    assert.equal([...tree.keys()].filter((name) => name.startsWith('without ')).length, 8);
    assert.deepEqual(
      conflictCopies(tree).filter((name) => name.startsWith('without ')),
      [],
    );
  });

  test('I7 at rest nobody moves: no sequence number, no block, for two seconds', async () => {
    await mesh.settle();
    const sequences = async (): Promise<number[]> =>
      await Promise.all(mesh.syncthings.map(async (syncthing) => (await syncthing.status(FOLDER)).sequence));
    const first = await sequences();
    const until2s = performance.now() + 2000;
    await until('two seconds have passed', () => (performance.now() > until2s ? true : undefined));
    assert.deepEqual(await sequences(), first);
  });
});

/** What each side has before all of them meet. */
function fillBefore(directory: string, side: number): void {
  makeTree(join(directory, `tree-${side}`), { seed: side, files: 60, filesPerSymlink: 6 });
  fs.mkdirSync(join(directory, 'same'));
  for (const name of ['equal.txt', 'equal too.txt']) fs.writeFileSync(join(directory, 'same', name), 'equal content');
  fs.utimesSync(join(directory, 'same', 'equal too.txt'), 1_600_000_000 + side, 1_600_000_000 + side);
  const times = `times-${side}`;
  fs.mkdirSync(join(directory, times));
  touch(join(directory, times, 'before 1970'), '1969-12-31T00:00:00.123456789Z');
  touch(join(directory, times, 'nanoseconds'), '2023-11-14T22:13:20.123456789Z');
}

/** Sets a file's time to the nanosecond, which Node cannot. */
function touch(path: string, time: string): void {
  fs.writeFileSync(path, `made ${time}`);
  assert.equal(spawnSync('touch', ['-d', time, path]).status, 0);
}

/** Something of each kind, to be changed by {@link change}. */
function prepare(root: string): void {
  fs.mkdirSync(join(root, 'directory/sub'), { recursive: true });
  fs.mkdirSync(join(root, 'empty directory'));
  fs.mkdirSync(join(root, 'gone directory/sub'), { recursive: true });
  for (const name of [
    'edit',
    'append',
    'truncate',
    'empty',
    'delete',
    'rename',
    'mode',
    'time',
    'to directory',
    'to symlink',
  ]) {
    fs.writeFileSync(join(root, name), `${name} `.repeat(100));
  }
  for (const name of ['directory/a', 'directory/sub/b', 'gone directory/c', 'gone directory/sub/d']) {
    fs.writeFileSync(join(root, name), name.repeat(50_000));
  }
  fs.symlinkSync('edit', join(root, 'link'));
  fs.symlinkSync('to nowhere', join(root, 'link to file'));
  fs.symlinkSync('../../outside', join(root, 'link that goes'));
}

function change(root: string): void {
  fs.writeFileSync(join(root, 'created'), 'created');
  fs.writeFileSync(join(root, 'created empty'), '');
  fs.mkdirSync(join(root, 'created directory'), { mode: 0o700 });
  fs.writeFileSync(join(root, 'edit'), 'edited');
  fs.appendFileSync(join(root, 'append'), 'more');
  fs.truncateSync(join(root, 'truncate'), 10);
  fs.truncateSync(join(root, 'empty'), 0);
  fs.rmSync(join(root, 'delete'));
  fs.renameSync(join(root, 'rename'), join(root, 'renamed'));
  fs.renameSync(join(root, 'directory'), join(root, 'renamed directory'));
  fs.rmSync(join(root, 'gone directory'), { recursive: true });
  fs.chmodSync(join(root, 'mode'), 0o755);
  touch(join(root, 'time'), '1901-02-03T04:05:06.789012345Z');
  fs.rmSync(join(root, 'to directory'));
  fs.mkdirSync(join(root, 'to directory'));
  fs.writeFileSync(join(root, 'to directory/inside'), 'inside');
  fs.rmSync(join(root, 'to symlink'));
  fs.symlinkSync('to directory', join(root, 'to symlink'));
  fs.rmSync(join(root, 'link'));
  fs.symlinkSync('renamed', join(root, 'link'));
  fs.rmSync(join(root, 'link to file'));
  fs.writeFileSync(join(root, 'link to file'), 'a file now');
  fs.rmSync(join(root, 'link that goes'));
  fs.chmodSync(join(root, 'empty directory'), 0o750);
}

const AFTER_CHANGE = [
  'append',
  'created',
  'created directory',
  'created empty',
  'edit',
  'empty',
  'empty directory',
  'link',
  'link to file',
  'mode',
  'renamed',
  'renamed directory',
  'renamed directory/a',
  'renamed directory/sub',
  'renamed directory/sub/b',
  'time',
  'to directory',
  'to directory/inside',
  'to symlink',
  'truncate',
];

const CONFLICTS = ['edited.txt', 'equal.txt', 'deleted here', 'deleted there', 'deleted by all', 'mode'];

/** What one side does to the folder `apart` while all are apart. Later sides write later. */
function changeApart(root: string, side: number): void {
  const laterS = Date.now() / 1000 + side;
  const write = (name: string, content: string): void => {
    fs.writeFileSync(join(root, name), content);
    fs.utimesSync(join(root, name), laterS, laterS);
  };
  write('edited.txt', `edited by ${side}`);
  write('created.txt', `created by ${side}`);
  write('equal.txt', 'the same edit by all');
  fs.rmSync(join(root, 'deleted by all'));
  if (side === 0) {
    fs.rmSync(join(root, 'deleted here'));
    write('deleted there', 'edited by 0');
    fs.rmSync(join(root, 'directory'), { recursive: true });
  } else {
    write('deleted here', 'edited by others');
    fs.rmSync(join(root, 'deleted there'));
    if (side === 1) write('directory/added', 'added to a directory that lanfold deletes');
  }
  fs.chmodSync(join(root, 'mode'), side === 2 ? 0o600 : 0o755);
}

function assertConflicts(tree: TreeSnapshot, read: (name: string) => string): void {
  const names = namesBelow(tree, 'apart');
  const copies = names.filter((name) => name.includes('.sync-conflict-'));
  assert.deepEqual(
    names.filter((name) => !copies.includes(name)),
    ['created.txt', 'deleted here', 'deleted there', 'directory', 'directory/added', 'edited.txt', 'equal.txt', 'mode'],
  );
  for (const verb of ['edited', 'created']) {
    assert.equal(read(`${verb}.txt`), `${verb} by 2`);
    const contents = copies.filter((name) => name.startsWith(`${verb}.`)).map(read);
    assert.deepEqual([...new Set(contents)].sort(), [`${verb} by 0`, `${verb} by 1`]);
  }
  assert.ok(
    copies.every((name) => /^(?:edited|created)\./.test(name)),
    copies.join(),
  );
  assert.deepEqual([read('deleted here'), read('deleted there')], ['edited by others', 'edited by 0']);
  assert.equal(read('directory/added'), 'added to a directory that lanfold deletes');
}

/** Names below a directory, relative to it, in order. */
function namesBelow(tree: TreeSnapshot, directory: string): string[] {
  return [...tree.keys()]
    .filter((name) => name.startsWith(`${directory}/`))
    .map((name) => name.slice(directory.length + 1))
    .sort();
}
