/** Accidents and ordinary work on a folder of 5,000 files that three computers share: what is held, and what passes unasked. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runLanfold } from '../harness/lanfold.ts';
import { run, until } from '../harness/process.ts';
import { diffTrees, snapshotTree } from '../harness/snapshot.ts';
import { allHave, folderNow, sharing, type FolderNow, type Side } from './sharing.ts';

const FOLDER = 'work';
const FILES = 5000;

/** Three nodes that share a folder; `fill` makes its content on the first. */
async function three(context: TestContext, fill: (folder: string) => void): Promise<readonly [Side, Side, Side]> {
  const sides = await sharing(context, FOLDER, ['a', 'b', 'c']);
  fill(sides[0].folder);
  await Promise.all(sides.map(({ node }) => node.up()));
  return sides;
}

async function untilFolder(side: Side, what: string, isSo: (folder: FolderNow) => boolean): Promise<void> {
  let last: FolderNow | undefined;
  const ask = async (): Promise<true | undefined> => {
    last = await folderNow(side);
    return (last !== undefined && isSo(last)) || undefined;
  };
  await until(`${side.name}: ${what}`, ask, { everyMs: 100, timeoutMs: 120_000, detail: () => JSON.stringify(last) });
}

function fill(folder: string): void {
  mkdirSync(join(folder, 'src'));
  for (let index = 0; index < FILES; index += 1)
    writeFileSync(join(folder, 'src', `${index}.txt`), `content of ${index}`);
}

function git(folder: string, ...words: string[]): string {
  return execFileSync(
    'git',
    ['-c', 'gc.auto=0', '-c', 'user.name=maria', '-c', 'user.email=maria@example.org', ...words],
    {
      cwd: folder,
      stdio: 'pipe',
      encoding: 'utf8',
      // A status that is asked for must not write the index: that would be a change, and be synced.
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_OPTIONAL_LOCKS: '0' },
    },
  );
}

/** All states and problems that the nodes tell of until it is called again. */
function watch(sides: readonly Side[]): () => Promise<Set<string>> {
  const seen = new Set<string>();
  let isOver = false;
  const look = async (): Promise<void> => {
    while (!isOver) {
      for (const side of sides) {
        const folder = await folderNow(side);
        if (folder === undefined) continue;
        seen.add(folder.state);
        for (const { reason } of folder.problems) seen.add(reason);
      }
      await delay(100);
    }
  };
  const looking = look();
  return async () => {
    isOver = true;
    await looking;
    return seen;
  };
}

test(
  'U90 case E12: a git checkout that touches 5,000 files passes without a question, at all three',
  { timeout: 900_000 },
  async (context) => {
    const sides = await three(context, (folder) => {
      fill(folder);
      git(folder, 'init', '-q', '-b', 'main');
      git(folder, 'add', '.');
      git(folder, 'commit', '-q', '-m', 'main');
      git(folder, 'checkout', '-q', '-b', 'other');
      // Three fifths are other files there, two fifths are gone, one fifth is new.
      for (let index = 0; index < FILES; index += 1) {
        const path = join(folder, 'src', `${index}.txt`);
        if (index % 5 < 3) writeFileSync(path, `other content of ${index}`);
        else rmSync(path);
        if (index % 5 === 4) writeFileSync(join(folder, 'src', `new ${index}.txt`), `new content of ${index}`);
      }
      git(folder, 'add', '-A');
      git(folder, 'commit', '-q', '-m', 'other');
      git(folder, 'checkout', '-q', 'main');
      // One pack instead of ten thousand objects: then what the checkout replaces is nearly all that there is.
      git(folder, 'gc', '-q');
    });
    const [a, b] = sides;
    await allHave(sides, snapshotTree(a.folder).size);
    // At another computer than the one that made the files, or they would be what the same hand made just before.
    const seen = watch(sides);
    git(b.folder, 'checkout', '-q', 'other');
    const tree = snapshotTree(b.folder);
    assert.equal([...tree.keys()].filter((name) => name.startsWith('src/')).length, (FILES / 5) * 4);
    await allHave(sides, tree.size);
    assert.equal((await seen()).has('needs-you'), false);
    for (const { name, folder } of sides) {
      assert.deepEqual(diffTrees(tree, snapshotTree(folder)), [], name);
      git(folder, 'fsck', '--strict');
      assert.equal(git(folder, 'status', '--porcelain', '--untracked-files=no').trim(), '', name);
    }
  },
);

test(
  'U96 case D15: rm -rf of 5,000 files at one is held, is told at all three, and is undone or allowed with one command',
  { timeout: 900_000 },
  async (context) => {
    const sides = await three(context, fill);
    const [a, b, c] = sides;
    await allHave(sides, FILES + 1);
    const before = snapshotTree(b.folder);
    await run('rm', ['-rf', join(a.folder, 'src')]);
    await untilFolder(a, 'the deletes are held', ({ state }) => state === 'needs-you');
    const isTold = ({ problems }: FolderNow): boolean => problems.some(({ reason }) => reason === 'held-elsewhere');
    for (const other of [b, c]) await untilFolder(other, 'it says what a holds', isTold);
    // On a busy machine the removal falls into several acts: what is fewer than a fifth may have gone before it was too much.
    // That is in the history.
    const isLeft = ({ folder }: Side): boolean => snapshotTree(folder).size > FILES / 2;
    assert.deepEqual([b, c].map(isLeft), [true, true]);
    const { stdout } = await runLanfold(['status', '--home', b.node.home]);
    assert.match(stdout, /holds the deletes of \d+ files that are gone there/);

    const undone = await a.node.command(['approve', '--undo']);
    assert.match(undone.stdout, /^Undone: [45],\d{3} names come back from other computers$/m);
    const differ = (): number =>
      [b, c].flatMap(({ folder }) => diffTrees(snapshotTree(a.folder), snapshotTree(folder))).length;
    await until('all have again what is left', () => (isLeft(a) && differ() === 0) || undefined, {
      timeoutMs: 120_000,
    });
    context.diagnostic(`${before.size - snapshotTree(a.folder).size} of ${before.size} had gone before it was held`);

    await run('rm', ['-rf', join(a.folder, 'src')]);
    await untilFolder(a, 'the deletes are held again', ({ state }) => state === 'needs-you');
    await a.node.command(['approve']);
    for (const other of [b, c]) await untilFolder(other, 'it asks as well', ({ state }) => state === 'needs-you');
    assert.deepEqual(
      [b, c].map(({ folder }) => snapshotTree(folder).size > FILES / 4),
      [true, true],
    );
    await b.node.command(['approve']);
    await until('they are gone there', () => !existsSync(join(b.folder, 'src')) || undefined, { timeoutMs: 120_000 });
    const [version] = JSON.parse((await b.node.command(['history', 'src/7.txt', '-C', b.folder, '--json'])).stdout) as {
      bytes: number;
    }[];
    assert.equal(version?.bytes, 'content of 7'.length, 'the history has them');
    assert.ok(isLeft(c), 'who has not allowed it still has them');
  },
);
