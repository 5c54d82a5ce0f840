import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EDIT_WEIGHTS, editTree } from './edits.ts';
import { conflictCopies, diffTrees, snapshotTree } from './snapshot.ts';
import { HARD_NAMES, makeTree } from './tree.ts';

/** A folder that ends with its test. */
function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lanfold-tree-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const WITHOUT_TIMES = { mtimeToleranceNs: 1n << 62n };

test('H1 the same seed makes the same tree', (context) => {
  const [left, right] = [folder(context), folder(context)];
  const counts = makeTree(left, { seed: 7, files: 300 });
  assert.deepEqual(makeTree(right, { seed: 7, files: 300 }), counts);
  assert.deepEqual(diffTrees(snapshotTree(left), snapshotTree(right), WITHOUT_TIMES), []);
  assert.notDeepEqual(makeTree(join(left, 'other'), { seed: 8, files: 300 }), counts);
});

test('H2 a tree has what people have: links, modes, hard names, empty files, depth', (context) => {
  const root = folder(context);
  const counts = makeTree(root, { seed: 3, files: 400 });
  const tree = snapshotTree(root);
  const entries = [...tree.values()];
  assert.equal(entries.filter((entry) => entry.type === 'file').length, counts.files);
  assert.equal(entries.filter((entry) => entry.type === 'directory').length, counts.directories);
  assert.equal(entries.filter((entry) => entry.type === 'symlink').length, counts.symlinks);
  assert.equal(
    entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    counts.sizeBytes,
  );
  assert.ok(
    entries.some((entry) => entry.type === 'file' && entry.sizeBytes === 0),
    'an empty file',
  );
  assert.ok(
    entries.some((entry) => (entry.mode & 0o111) !== 0 && entry.type === 'file'),
    'an executable',
  );
  assert.ok(
    [...tree.keys()].some((name) => name.split('/').length > 30),
    'a deep path',
  );
  for (const name of HARD_NAMES) {
    assert.ok(tree.has(`hard names/${name}`), name);
    assert.ok(Buffer.byteLength(name) <= 255 && name.normalize('NFC') === name, name);
  }
});

test('H3 every difference of two trees is told, internal names are not', (context) => {
  const [left, right] = [folder(context), folder(context)];
  for (const name of ['same', 'size', 'bytes', 'mode', 'time', 'type', 'left-only'])
    writeFileSync(join(left, name), name);
  symlinkSync('here', join(left, 'link'));
  cpSync(left, right, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  for (const name of ['size', 'bytes', 'mode', 'time', 'type']) {
    for (const side of [left, right]) utimesSync(join(side, name), 1_700_000_000, 1_700_000_000);
  }
  for (const name of ['same', 'left-only'])
    for (const side of [left, right]) utimesSync(join(side, name), 1.6e9, 1.6e9);
  assert.deepEqual(diffTrees(snapshotTree(left), snapshotTree(right)), []);

  appendFileSync(join(right, 'size'), '!');
  writeFileSync(join(right, 'bytes'), 'BYTES');
  chmodSync(join(right, 'mode'), 0o755);
  for (const name of ['size', 'bytes', 'mode']) utimesSync(join(right, name), 1_700_000_000, 1_700_000_000);
  utimesSync(join(right, 'time'), 1_700_000_000, 1_700_000_000.001);
  rmSync(join(right, 'type'));
  mkdirSync(join(right, 'type'));
  rmSync(join(right, 'left-only'));
  rmSync(join(right, 'link'));
  symlinkSync('there', join(right, 'link'));
  mkdirSync(join(right, '.lanfold'));
  writeFileSync(join(right, '.lanfold', 'anything'), '');
  writeFileSync(join(right, 'right-only'), '');

  const names = (lines: string[]): string[] => lines.map((line) => line.slice(1, line.indexOf('":'))).sort();
  const differences = diffTrees(snapshotTree(left), snapshotTree(right));
  const allNames = ['bytes', 'left-only', 'link', 'mode', 'right-only', 'size', 'time', 'type'];
  assert.deepEqual(names(differences), allNames, differences.join('\n'));
  const tolerant = diffTrees(snapshotTree(left), snapshotTree(right), { mtimeToleranceNs: 2_000_000n, modes: false });
  assert.deepEqual(
    names(tolerant),
    allNames.filter((name) => name !== 'mode' && name !== 'time'),
  );
  assert.equal(diffTrees(snapshotTree(left), snapshotTree(right), { linesMax: 2 }).length, 3);
});

test('H4 the same seed makes the same edits, of every kind, and only inside the tree', (context) => {
  const [left, right] = [folder(context), folder(context)];
  const edits = [left, right].map((root) => {
    makeTree(root, { seed: 5, files: 300, hardNames: false });
    return editTree(root, { seed: 11, count: 400, label: 'a' });
  });
  assert.deepEqual(edits[0], edits[1]);
  assert.deepEqual(diffTrees(snapshotTree(left), snapshotTree(right), WITHOUT_TIMES), []);
  assert.deepEqual([...new Set(edits[0]?.map((edit) => edit.kind))].sort(), Object.keys(EDIT_WEIGHTS).sort());
});

test('H5 what an edit wrote is what it recorded', (context) => {
  const root = folder(context);
  makeTree(root, { seed: 9, files: 50, hardNames: false });
  const last = new Map<string, string | undefined>();
  for (const edit of editTree(root, {
    seed: 2,
    count: 200,
    kinds: ['create', 'overwrite', 'edit', 'append', 'truncate', 'delete'],
  }))
    last.set(edit.name, edit.content);
  const tree = snapshotTree(root);
  for (const [name, content] of last) assert.equal(tree.get(name)?.content, content, name);
});

test('H6 conflict copies are found by their name', (context) => {
  const root = folder(context);
  writeFileSync(join(root, 'plan.sync-conflict-20260102-030405-ABCDEFG.txt'), '');
  writeFileSync(join(root, 'plan.txt'), '');
  assert.deepEqual(conflictCopies(snapshotTree(root)), ['plan.sync-conflict-20260102-030405-ABCDEFG.txt']);
});
