import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { createWatcher } from '../../src/edges/disk/watcher.ts';
import { WatchedFolder } from './watched-folder.ts';
import { watcherContract } from './watcher.ts';

watcherContract({
  name: 'inotify',
  create: (root, options) => createWatcher(root, { backend: 'inotify', ...options }),
  hearsClosing: true,
  stall: { readDelayMs: 1_000 },
});

watcherContract({
  name: 'fs.watch per directory',
  create: (root, options) => createWatcher(root, { backend: 'fs-watch', ...options }),
  hearsClosing: false,
  stall: {}, // a test that does not await stalls it
});

test('L18 a back end that does not answer is dead: the watcher says lost and starts it anew', async () => {
  const before = inotifyInstances();
  await using folder = await WatchedFolder.open((root) =>
    createWatcher(root, { backend: 'inotify', readDelayMs: 60_000, checkEveryMs: 20, answerWithinMs: 100 }),
  );
  await folder.until('two restarts are told', () => folder.lostDirectories.length >= 2);
  await folder.close();
  assert.deepEqual(inotifyInstances(), before);
});

test('L19 a closed watcher leaves no descriptor, and so no inotify instance', async () => {
  const before = inotifyInstances();
  for (let round = 0; round < 5; round++) {
    await using folder = await WatchedFolder.open((root) => createWatcher(root, { backend: 'inotify' }));
    assert.equal(inotifyInstances().length, before.length + 1);
    await folder.close();
    assert.deepEqual(inotifyInstances(), before);
  }
});

test('L20 a process ends by itself when its watcher is closed, and when it is not', async () => {
  for (const backend of ['inotify', 'fs-watch']) {
    for (const end of ['await watcher.close()', 'process.exit()', '']) {
      const { code, afterMs } = await runWatching(`{ backend: '${backend}' }`, end);
      assert.equal(code, 0, `${backend}, ${end}`);
      assert.ok(afterMs < 2_000, `${backend}, ${end}: ${afterMs} ms`);
    }
  }
});

test('L21 without koffi it watches all the same', async () => {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) { if (name === 'koffi') throw new Error('absent'); return next(name, context); } });`;
  const { code } = await runWatching(
    '{}',
    `const { writeFileSync } = await import('node:fs');
     await new Promise((told) => { onNews = told; setTimeout(process.exit, 10_000, 1); writeFileSync(root + '/file', 'x'); });
     process.exit(degraded.length);`,
    [`--import=data:text/javascript,${encodeURIComponent(hook)}`],
  );
  assert.equal(code, 0);
  const forced = await runWatching(`{ backend: 'inotify' }`, 'process.exit(degraded.length)', [
    `--import=data:text/javascript,${encodeURIComponent(hook)}`,
  ]);
  assert.equal(forced.code, 1, 'the hook works');
});

test('L22 the recursive watch of the system hears of all depths, and not of our own directory', async () => {
  await using folder = await WatchedFolder.open(
    (root) => createWatcher(root, { backend: 'recursive', checkEveryMs: 20 }),
    (root) => {
      mkdirSync(`${root}/deep/deeper`, { recursive: true });
      writeFileSync(`${root}/deep/deeper/file`, 'x');
    },
  );
  appendFileSync(folder.path('deep/deeper/file'), 'y');
  await folder.until('the writing is told', () => folder.has('deep/deeper/file', 'written'));
  rmSync(folder.path('deep/deeper/file'));
  await folder.until('the end is told', () => folder.has('deep/deeper/file', 'vanished'));
  mkdirSync(folder.path('new'));
  await folder.until('the directory is told', () => folder.has('new', 'appeared-directory'));
  await folder.fence();
  assert.deepEqual(
    folder.news.filter((news) => news.name.startsWith('.lanfold')),
    [],
  );
  assert.deepEqual(folder.lostDirectories, []);
});

/** The inotify instances of this process; libuv keeps one of its own after the first `fs.watch`. */
function inotifyInstances(): string[] {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ''; // the one that lists
    }
  });
  return targets.filter((target) => target === 'anon_inode:inotify');
}

/** Runs a process that watches a new folder and then does `then`; it ends when it ends. */
async function runWatching(
  options: string,
  then: string,
  flags: readonly string[] = [],
): Promise<{ code: number; afterMs: number }> {
  const module = new URL('../../src/edges/disk/watcher.ts', import.meta.url);
  const script = `
    import { mkdtempSync, rmSync } from 'node:fs';
    import { createWatcher } from '${module.href}';
    const root = mkdtempSync('${tmpdir()}/lanfold-test-watcher-');
    process.on('exit', () => rmSync(root, { recursive: true }));
    const degraded = [];
    let onNews = () => {};
    const watcher = createWatcher(root, ${options});
    await watcher.start({ touched: (news) => onNews(news), lost() {}, degraded: (reason) => degraded.push(reason), restored() {} });
    console.log('watching');
    ${then}`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let watchingAtMs = 0;
  child.stdout.on('data', () => (watchingAtMs = performance.now()));
  const [code] = (await once(child, 'exit')) as [number];
  return { code, afterMs: performance.now() - watchingAtMs };
}
