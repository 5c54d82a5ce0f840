import { deepEqual, equal, ok } from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openFileTree } from '../../edges/disk/file-tree.ts';
import { GitIndexes } from './git-indexes.ts';

const skip = spawnSync('git', ['--version']).status === 0 ? false : 'git is not installed';
const NAMES = Array.from({ length: 200 }, (_, index) => `src/${index}.txt`);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lanfold-git-'));
  mkdirSync(join(root, 'project/src'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

function git(...words: string[]): string {
  const settings = { 'user.name': 'x', 'user.email': 'x@example.org', 'core.splitIndex': 'true', 'gc.auto': '0' };
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return execFileSync('git', ['-C', join(root, 'project'), ...given, ...words], { stdio: 'pipe' }).toString();
}

function write(names: readonly string[], text: string): void {
  for (const name of names) writeFileSync(join(root, 'project', name), `${text} ${name}`);
}

/** A checkout of a branch that edits, removes and adds files, with a split index. */
function checkOut(version: string): void {
  git('init', '-q', '-b', 'main');
  git('update-index', '--index-version', version);
  write(NAMES, 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'main');
  git('checkout', '-q', '-b', 'other');
  git('rm', '-q', ...NAMES.slice(0, 7));
  write([...NAMES.slice(90, 110), 'src/new.txt', 'src/größer.txt'], 'other');
  git('add', '.');
  git('commit', '-q', '-m', 'other');
  git('checkout', '-q', 'main');
  git('update-index', '--split-index');
  git('checkout', '-q', 'other');
}

function sharedIn(directory: string): string[] {
  return readdirSync(directory).filter((base) => base.startsWith('sharedindex.'));
}

for (const version of ['2', '4'])
  test(`U90 what a split index of git tracks, version ${version}`, { skip }, async () => {
    checkOut(version);
    ok(sharedIn(join(root, 'project/.git')).length > 0);
    const tree = openFileTree(root);
    try {
      const indexes = new GitIndexes(tree);
      await indexes.read('project');
      const all = [...NAMES, 'src/new.txt', 'src/größer.txt'];
      const tracked = all.filter((name) => indexes.tracks('project', `project/${name}`, false));
      deepEqual(tracked.sort(), git('ls-files', '-z').split('\0').slice(0, -1).sort());
      equal(tracked.length, NAMES.length - 7 + 2);
    } finally {
      await tree.close();
    }
  });

test('U90 a split index counts once the index that it shares is here', { skip }, async () => {
  checkOut('2');
  const directory = join(root, 'project/.git');
  const bases = sharedIn(directory);
  for (const base of bases) renameSync(join(directory, base), join(root, base));
  const tree = openFileTree(root);
  try {
    const indexes = new GitIndexes(tree);
    ok(indexes.notice('project/.git/index'));
    await indexes.read();
    equal(indexes.tracks('project', `project/${NAMES[50]}`, false), false);
    for (const base of bases) {
      renameSync(join(root, base), join(directory, base));
      ok(indexes.notice(`project/.git/${base}`));
    }
    await indexes.read();
    equal(indexes.tracks('project', `project/${NAMES[50]}`, false), true);
  } finally {
    await tree.close();
  }
});
