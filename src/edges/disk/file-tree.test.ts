/**
 * What only a real disk can show: strange entries, traps that others put in the way, threads.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { bytesJob, MODIFIED_NS, TO_HISTORY, troubleIn } from '../../../test/contract/file-tree/world.ts';
import { isTrouble, type Change, type FileTree } from '../../ports/file-tree.ts';
import { openFileTree } from './file-tree.ts';
import { createDiskPool } from './pool.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const onlyPosix = process.platform === 'win32' ? { skip: 'needs POSIX' } : {};

describe('file tree on a real disk', onlyPosix, () => {
  let base: string;
  let root: string;
  let tree: FileTree;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lanfold-disk-'));
    root = join(base, 'root');
    mkdirSync(root);
    tree = openFileTree(root);
  });

  afterEach(async () => {
    await tree.close();
    rmSync(base, { recursive: true });
  });

  function newFile(name: string, stage: string): Extract<Change, { change: 'file' }> {
    const attributes = { permissions: 0o644, modifiedNs: MODIFIED_NS };
    return { change: 'file', name, stage, ...attributes, expected: undefined, displace: TO_HISTORY };
  }

  async function put(name: string, text: string): Promise<string | undefined> {
    const [staged] = await tree.stage([bytesJob('s', text)]);
    if (isTrouble(staged)) return staged.trouble;
    return troubleIn((await tree.apply([newFile(name, 's')]))[0]);
  }

  test(
    'P42 names that are not UTF-8 are reported, and spoil no others',
    { skip: process.platform !== 'linux' },
    async () => {
      writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.of(0xff)]), 'x');
      writeFileSync(join(root, 'good'), 'x');
      const listing = await tree.list('');
      assert.ok(listing !== undefined && !isTrouble(listing));
      assert.deepEqual(listing.unusable, ['bad\u{fffd}']);
      assert.deepEqual(
        listing.entries.map((entry) => entry.base),
        ['good'],
      );
    },
  );

  test('P8 an entry that is found under its normal form as it is, is not renamed', async () => {
    // As on a disk that takes both forms for one name: what stands under the wanted one is this very file.
    writeFileSync(join(root, 'cafe\u0301'), 'one file');
    linkSync(join(root, 'cafe\u0301'), join(root, 'caf\u00e9'));
    assert.equal(await tree.normalize('', Buffer.from('cafe\u0301'), 'caf\u00e9'), true);
    assert.ok(existsSync(join(root, 'cafe\u0301')));
  });

  test('P43 a pipe blocks nobody', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const [seen] = await tree.look(['pipe']);
    assert.ok(seen !== undefined && !isTrouble(seen));
    assert.equal(seen.type, 'other');
    assert.deepEqual((await tree.hash([{ name: 'pipe', blockSizeBefore: 0 }])).map(troubleIn), ['not-a-file']);
    const read = await tree.read([{ name: 'pipe', offset: 0, bytes: 1, hash: undefined }]);
    assert.deepEqual(read.map(troubleIn), ['not-a-file']);
    assert.deepEqual(await tree.writers(['pipe']), ['unknown']);
    await tree.stage([bytesJob('s', 'file')]);
    const change: Change = { ...newFile('pipe', 's'), expected: seen };
    assert.deepEqual((await tree.apply([change])).map(troubleIn), [undefined]);
    assert.equal(readFileSync(join(root, 'pipe'), 'utf8'), 'file');
  });

  test('P44 a lost root is an error of every call, never an empty folder', async () => {
    await tree.mark('key');
    renameSync(root, join(base, 'gone'));
    assert.equal(await tree.check('key'), 'missing');
    await assert.rejects(tree.list(''), { code: 'ENOENT' });
    await assert.rejects(tree.look(['f']), { code: 'ENOENT' });
    await assert.rejects(tree.hash([{ name: 'f', blockSizeBefore: 0 }]), { code: 'ENOENT' });
    await assert.rejects(tree.apply([newFile('f', 's')]), { code: 'ENOENT' });
    await assert.rejects(tree.stage([bytesJob('s', 'x')]), { code: 'ENOENT' });
    assert.equal(existsSync(root), false);
    writeFileSync(root, 'a file');
    assert.equal(await tree.check('key'), 'not-a-directory');
  });

  test('P45 a parent swapped for a symlink between staging and applying leads nothing outside', async () => {
    mkdirSync(join(root, 'd'));
    mkdirSync(join(base, 'outside'));
    await tree.stage([bytesJob('s', 'secret')]);
    renameSync(join(root, 'd'), join(root, 'moved'));
    symlinkSync('../outside', join(root, 'd'));
    const [applied] = await tree.apply([newFile('d/f', 's')]);
    assert.equal(troubleIn(applied), 'parent');
    assert.deepEqual(readdirSync(join(base, 'outside')), []);
  });

  test('P46 what stands in the place of lanfold’s own directory leads no write outside', async () => {
    mkdirSync(join(base, 'outside'));
    symlinkSync('../outside', join(root, '.lanfold'));
    assert.equal(troubleIn((await tree.stage([bytesJob('s', 'x')]))[0]), 'parent');
    await assert.rejects(tree.mark('key'), { code: 'ENOTDIR' });
    assert.equal(await tree.check('key'), 'unmarked');
    assert.deepEqual(readdirSync(join(base, 'outside')), []);
  });

  test('P46 case F23: a staged file with a second name elsewhere is not written through', async () => {
    writeFileSync(join(base, 'precious'), 'mine!!');
    mkdirSync(join(root, '.lanfold/staging'), { recursive: true });
    linkSync(join(base, 'precious'), join(root, '.lanfold/staging/s'));
    assert.equal(troubleIn((await tree.stage([bytesJob('s', 'theirs')]))[0]), 'not-a-file');
    assert.equal(readFileSync(join(base, 'precious'), 'utf8'), 'mine!!');
  });

  test('P47 a full disk is said so, and harms nothing', async (t) => {
    const mounted = mountSmall(join(root, 'small'));
    if (mounted !== undefined) return t.skip(mounted);
    try {
      await using small = disposable(openFileTree(join(root, 'small')));
      writeFileSync(join(root, 'small/mine'), 'mine');
      const big = await small.tree.stage([bytesJob('big', new Uint8Array(1024 * 1024).fill(1))]);
      assert.deepEqual(big.map(troubleIn), ['disk-full']);
      await small.tree.unstage(['big']);
      assert.deepEqual(await small.tree.stage([bytesJob('s', 'fits')]), [true]);
      assert.equal(readFileSync(join(root, 'small/mine'), 'utf8'), 'mine');
    } finally {
      execFileSync('umount', [join(root, 'small')]);
    }
  });

  test('P47 a copy out of the history that has no room is not begun', async (t) => {
    const mounted = mountSmall(join(root, 'small'));
    if (mounted !== undefined) return t.skip(mounted);
    try {
      await using small = disposable(openFileTree(join(root, 'small')));
      writeFileSync(join(root, 'small/big'), Buffer.alloc(160 * 1024, 1));
      const [expected] = await small.tree.look(['big']);
      assert.ok(expected !== undefined && !isTrouble(expected));
      await small.tree.apply([{ change: 'delete', name: 'big', expected, displace: TO_HISTORY }]);
      const [entry] = await small.tree.history('big');
      assert.ok(entry !== undefined);
      const { freeBytes } = await small.tree.space();
      assert.equal(troubleIn(await small.tree.stageFromHistory(entry, 's')), 'disk-full');
      assert.equal((await small.tree.space()).freeBytes, freeBytes);
    } finally {
      execFileSync('umount', [join(root, 'small')]);
    }
  });

  test('P33 a sparse file counts with what it takes, and costs no other version its place', async () => {
    const remove = async (name: string): Promise<void> => {
      const [expected] = await tree.look([name]);
      assert.ok(expected !== undefined && !isTrouble(expected));
      const applied = await tree.apply([{ change: 'delete', name, expected, displace: TO_HISTORY }]);
      assert.deepEqual(applied.map(troubleIn), [undefined]);
    };
    for (const name of ['letter', 'disk image']) {
      writeFileSync(join(root, name), name);
      if (name !== 'letter') truncateSync(join(root, name), 6 * 1024 ** 3);
      await remove(name);
    }
    const left = await tree.pruneHistory({ old: { fromMs: 0, beforeMs: 0 }, bytesMax: 1024 ** 3 });
    assert.ok(left > 0 && left < 1024 ** 2, String(left));
    for (const name of ['letter', 'disk image']) assert.equal((await tree.history(name)).length, 1, name);
  });

  test('P48 case F16: a disk mounted inside the folder is written to, and its files go to the history', async (t) => {
    const mounted = mountSmall(join(root, 'other'));
    if (mounted !== undefined) return t.skip(mounted);
    try {
      assert.equal(await put('other/f', 'first'), undefined);
      const [expected] = await tree.look(['other/f']);
      assert.ok(expected !== undefined && !isTrouble(expected));
      assert.deepEqual([expected.modifiedNs / 1000n, expected.permissions], [MODIFIED_NS / 1000n, 0o644]);
      await tree.stage([bytesJob('s', 'second')]);
      await tree.apply([{ ...newFile('other/f', 's'), expected }]);
      assert.equal(readFileSync(join(root, 'other/f'), 'utf8'), 'second');
      assert.deepEqual(readdirSync(join(root, 'other')), ['f']);
      const [second] = await tree.look(['other/f']);
      assert.ok(!isTrouble(second));
      await tree.apply([{ change: 'delete', name: 'other/f', expected: second, displace: TO_HISTORY }]);
      assert.deepEqual(readdirSync(join(root, 'other')), []);
      assert.deepEqual(
        (await tree.history('other/f')).map(({ size }) => size),
        [6, 5],
      );
    } finally {
      execFileSync('umount', [join(root, 'other')]);
    }
  });

  test('P58 where another disk is mounted is told, and no longer when it is not', async (t) => {
    mkdirSync(join(root, 'plain'));
    const mounted = mountSmall(join(root, 'plain/disk'));
    if (mounted !== undefined) return t.skip(mounted);
    const names = ['plain', 'plain/disk', 'plain/disk/f', 'none', '.lanfold'];
    const isMount = async (): Promise<(true | undefined)[]> => {
      const listing = await tree.list('plain');
      assert.ok(listing !== undefined && !isTrouble(listing));
      return listing.entries.map((entry) => entry.isMount);
    };
    try {
      assert.equal(await put('plain/disk/f', 'on it'), undefined);
      assert.deepEqual(await tree.mounted(names), [false, true, false, false, false]);
      assert.deepEqual(await isMount(), [true]);
    } finally {
      execFileSync('umount', [join(root, 'plain/disk')]);
    }
    assert.deepEqual(await tree.mounted(names), [false, false, false, false, false]);
    assert.deepEqual(await isMount(), [undefined]);
  });

  test('P49 a read-only directory is written to by its owner, and stays read-only', async () => {
    mkdirSync(join(root, 'locked'));
    chmodSync(join(root, 'locked'), 0o555);
    await asNobody([base, root, join(root, 'locked')], tree, async () => {
      assert.equal(await put('locked/f', 'in'), undefined);
      const [expected] = await tree.look(['locked/f']);
      assert.ok(!isTrouble(expected));
      const gone: Change = { change: 'delete', name: 'locked/f', expected, displace: TO_HISTORY };
      assert.deepEqual((await tree.apply([gone])).map(troubleIn), [undefined]);
    });
    assert.equal(statSync(join(root, 'locked')).mode & 0o777, 0o555);
  });

  test('P49 a name in a read-only directory gets its normal form as well', async () => {
    mkdirSync(join(root, 'locked'));
    writeFileSync(join(root, 'locked/cafe\u0301'), 'x');
    chmodSync(join(root, 'locked'), 0o555);
    await asNobody([base, root, join(root, 'locked')], tree, async () => {
      assert.equal(await tree.normalize('locked', Buffer.from('cafe\u0301'), 'caf\u00e9'), true);
    });
    assert.equal(statSync(join(root, 'locked')).mode & 0o777, 0o555);
  });

  test('P50 what may not be read is trouble, not absence', async () => {
    mkdirSync(join(root, 'closed'));
    writeFileSync(join(root, 'closed/f'), 'x');
    writeFileSync(join(root, 'unreadable'), 'x');
    chmodSync(join(root, 'closed'), 0);
    chmodSync(join(root, 'unreadable'), 0o200);
    await asNobody([base, root, join(root, 'closed'), join(root, 'unreadable')], tree, async () => {
      assert.equal(troubleIn(await tree.list('closed')), 'denied');
      assert.deepEqual((await tree.look(['closed/f'])).map(troubleIn), ['denied']);
      const hashed = await tree.hash(['closed/f', 'unreadable'].map((name) => ({ name, blockSizeBefore: 0 })));
      assert.deepEqual(hashed.map(troubleIn), ['denied', 'denied']);
      const [expected] = await tree.look(['unreadable']);
      assert.ok(!isTrouble(expected));
      const change: Change = { change: 'attributes', name: 'unreadable', permissions: 0o600, modifiedNs: 5n, expected };
      assert.deepEqual((await tree.apply([change])).map(troubleIn), [undefined]);
    });
    chmodSync(join(root, 'closed'), 0o700);
  });

  test('P57 a staged file that has its final permissions already can still be used', async () => {
    writeFileSync(join(root, 'f'), 'in the way');
    await asNobody([base, root, join(root, 'f')], tree, async () => {
      await tree.stage([bytesJob('s', 'content')]);
      const locked = { ...newFile('f', 's'), permissions: 0o444 };
      assert.deepEqual((await tree.apply([locked])).map(troubleIn), ['changed']);
      assert.deepEqual(await tree.stage([bytesJob('s', 'CONTENT')]), [true]);
      const [expected] = await tree.look(['f']);
      assert.ok(!isTrouble(expected));
      assert.deepEqual((await tree.apply([{ ...locked, expected }])).map(troubleIn), [undefined]);
    });
    assert.equal(readFileSync(join(root, 'f'), 'utf8'), 'CONTENT');
    assert.equal(statSync(join(root, 'f')).mode & 0o777, 0o444);
  });

  test('P51 names at their limits are handled; one byte more is said to be too long', async () => {
    assert.equal(await put('x'.repeat(256), 'x'), 'name-not-allowed');
    const parts = Array.from({ length: 40 }, () => 'd'.repeat(120));
    const directories = parts.map((_, index): Change => {
      const name = parts.slice(0, index + 1).join('/');
      return { change: 'directory', name, permissions: 0o755, expected: undefined, displace: TO_HISTORY };
    });
    assert.deepEqual((await tree.apply(directories)).filter(isTrouble), []);
    assert.equal(await put(`${parts.join('/')}/${'f'.repeat(255)}`, 'deep'), undefined);
    const [hashed] = await tree.hash([{ name: `${parts.join('/')}/${'f'.repeat(255)}`, blockSizeBefore: 0 }]);
    assert.ok(hashed !== undefined && !isTrouble(hashed));
    assert.equal(hashed.after.size, 4);
  });

  test('P52 a shared pool outlives a folder, answers what it was asked, and then refuses', async () => {
    const pool = createDiskPool({ threads: 2 });
    const first = openFileTree(root, { pool });
    const second = openFileTree(root, { pool });
    await first.close();
    await assert.rejects(first.look(['x']));
    assert.deepEqual(await second.look(['x']), [undefined]);
    writeFileSync(join(root, 'big'), new Uint8Array(64 * 1024 * 1024));
    const asked = Array.from({ length: 8 }, () => second.hash([{ name: 'big', blockSizeBefore: 0 }]));
    const staged = second.stage([bytesJob('s', 'in time')]);
    const answers = Promise.allSettled(asked);
    await pool.close();
    assert.deepEqual(await staged, [true]);
    await answers; // each has one: none hangs
    await assert.rejects(second.look(['x']));
  });

  test('P53 idle threads keep no process alive', () => {
    const script = `
      const { openFileTree } = await import(${JSON.stringify(new URL('file-tree.ts', import.meta.url).href)});
      const tree = openFileTree(${JSON.stringify(root)});
      await tree.look(['x']);
      await tree.unstage([]);`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
    assert.deepEqual([ended.status, ended.stderr.toString()], [0, '']);
  });
});

/** Runs as another user than root, who may do anything; whoever is not root stays who they are. */
async function asNobody(owned: readonly string[], tree: FileTree, run: () => Promise<void>): Promise<void> {
  if (!isRoot) return run();
  await tree.unstage([]); // the threads start and load what they need
  await tree.apply([]);
  for (const path of owned) chownSync(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
  }
}

/** Mounts a disk of 256 KiB; says why not if it cannot. */
function mountSmall(path: string): string | undefined {
  mkdirSync(path);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'lanfold-test', path]);
  return mount.status === 0 ? undefined : 'mounting a small disk needs root';
}

function disposable(tree: FileTree) {
  return { tree, [Symbol.asyncDispose]: () => tree.close() };
}
