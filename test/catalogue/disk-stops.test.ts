/** A disk that becomes read-only, hangs, or a system that has no handles or memory left for a real node. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { mountsMissing, openExt4Disk } from '../harness/mounts.ts';
import { run, until } from '../harness/process.ts';
import { conflictCopies, snapshotTree } from '../harness/snapshot.ts';
import { startBehind } from '../nodes/driven-node.ts';
import { arrives, changedSince, cursorOf, FOLDER, Pair, type Side } from '../nodes/pair.ts';

const noMounts = mountsMissing() ?? false;
const CGROUPS = '/sys/fs/cgroup/memory';

async function isListed({ node }: Side, name: string, reason: string): Promise<void> {
  let last: unknown;
  const ask = async (): Promise<true | undefined> => {
    const status = await node.ask('status', FOLDER);
    last = status;
    return status.problems.some((problem) => problem.name === name && problem.reason === reason) ? true : undefined;
  };
  await until(`"${name}" is listed`, ask, { timeoutMs: 60_000, detail: () => JSON.stringify(last) });
}

async function assertConnected({ node }: Side): Promise<void> {
  assert.ok(node.isAlive);
  for (const { connected } of await node.ask('peers')) assert.ok(connected);
}

test(
  'case F17: a disk that becomes read-only under way is said to be, and is written to again by itself',
  { skip: noMounts },
  async (t) => {
    using disk = openExt4Disk(32);
    if (disk === undefined) return t.skip('no ext4 can be made and mounted here');
    const folder = join(disk.path, 'folder');
    await using pair = await Pair.open({ folderB: folder });
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'changed'), 'first');
    writeFileSync(pair.at(a, 'kept'), 'kept');
    await pair.converged();
    execFileSync('mount', ['-o', 'remount,ro', disk.path]);
    try {
      writeFileSync(pair.at(a, 'changed'), 'second');
      writeFileSync(pair.at(a, 'new'), 'new');
      for (const name of ['changed', 'new']) await isListed(b, name, 'read-only');
      await assertConnected(b);
      assert.deepEqual(
        [...snapshotTree(folder).values()].map(({ sizeBytes }) => sizeBytes),
        ['first'.length, 'kept'.length],
      );
      assert.equal(snapshotTree(a.folder).size, 3, 'nothing is taken for deleted');
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', disk.path]);
    }
    await arrives(b, 'changed', 'second');
    await pair.converged();
    assert.deepEqual((await b.node.ask('status', FOLDER)).problems, []);
    return undefined;
  },
);

test(
  'case F18: while the disk hangs the node answers and its peers stay; then it goes on where it was',
  { skip: noMounts },
  async (t) => {
    using disk = openExt4Disk(32);
    if (disk === undefined) return t.skip('no ext4 can be made and mounted here');
    await using pair = await Pair.open({ folderB: join(disk.path, 'folder') });
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'before'), 'before');
    await pair.converged();
    const ended = (): Promise<number[]> =>
      Promise.all(pair.sides.map(({ node }) => node.ask('logCount', 'conversation ended')));
    const endedBefore = await ended();
    // Whoever writes there now waits in the kernel: the thaw comes from another process, whatever becomes of this one.
    const thaw = spawn('sh', ['-c', `sleep 8; fsfreeze --unfreeze '${disk.path}'`], { stdio: 'ignore' });
    const thawed = new Promise((resolve) => thaw.once('exit', resolve));
    execFileSync('fsfreeze', ['--freeze', disk.path]);
    for (let index = 0; index < 20; index += 1) writeFileSync(pair.at(a, `file ${index}`), `content ${index}`);
    await delay(1000); // by now it hangs in a write
    const startedMs = performance.now();
    let slowestMs = 0;
    while (performance.now() - startedMs < 5000) {
      const askedMs = performance.now();
      await b.node.ask('status', FOLDER);
      await assertConnected(b);
      await assertConnected(a);
      slowestMs = Math.max(slowestMs, performance.now() - askedMs);
      await delay(100);
    }
    assert.ok(!existsSync(pair.at(b, 'file 0')), 'the disk hung');
    assert.ok(slowestMs < 2000, `it took ${slowestMs.toFixed(0)} ms to answer`);
    await thawed;
    await pair.converged();
    assert.deepEqual(await ended(), endedBefore);
    return undefined;
  },
);

test('case F19: without a free handle nothing crashes and nothing is taken for deleted; it goes on when there are some', async () => {
  await using pair = await Pair.open({
    fill: (folder) => {
      // So few that no brake would hold their deletes.
      for (let index = 0; index < 20; index += 1) {
        mkdirSync(join(folder, `directory ${index}`));
        writeFileSync(join(folder, `directory ${index}`, 'file'), `content ${index}`);
      }
    },
  });
  const { a, b } = pair;
  const before = await pair.converged();
  const since = await Promise.all(pair.sides.map(cursorOf));
  const limits = pair.sides.map(({ node }) => {
    const pid = String(node.pid);
    const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
    let free = 0;
    while (used.has(free)) free += 1;
    const [, before = ''] = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
    execFileSync('prlimit', ['--pid', pid, `--nofile=${free + 1}:`]);
    return (): void => void execFileSync('prlimit', ['--pid', pid, `--nofile=${before}:`]);
  });
  writeFileSync(pair.at(a, 'new'), 'new');
  mkdirSync(pair.at(b, 'directory by b'));
  writeFileSync(pair.at(b, 'directory by b/file'), 'by b');
  for (const { node } of pair.sides) await node.ask('rescan', FOLDER);
  await delay(3000); // long enough for deletes to be told, if anybody wanted to
  assert.equal(existsSync(pair.at(b, 'new')), false, 'there were too few');
  for (const side of pair.sides) {
    assert.ok(side.node.isAlive);
    const tree = snapshotTree(side.folder);
    for (const name of before.keys()) assert.ok(tree.has(name), `${name} is gone at ${side.node.options.name}`);
  }
  for (const lift of limits) lift();
  for (const { node } of pair.sides) await node.ask('rescan', FOLDER);
  const tree = await pair.converged(90_000);
  assert.equal(tree.size, before.size + 3);
  for (const [index, side] of pair.sides.entries())
    assert.deepEqual(await changedSince(side, since[index] ?? 0), ['directory by b', 'directory by b/file', 'new']);
});

test(
  'case F20: killed by the system for want of memory in the middle of a pull, it goes on after a restart',
  {
    skip:
      process.getuid?.() !== 0 || !existsSync(`${CGROUPS}/memory.limit_in_bytes`) ? 'no cgroup of memory here' : false,
  },
  async (t) => {
    const group = join(CGROUPS, `lanfold-${process.pid}`);
    mkdirSync(group);
    t.after(async () => {
      const isEmpty = (): true | undefined => {
        try {
          rmdirSync(group);
          return true;
        } catch {
          return undefined;
        }
      };
      await until('the group of processes is empty', isEmpty);
    });
    const inGroup = (script: string): string[] => ['sh', '-c', `echo $$ > ${group}/cgroup.procs; ${script}`, 'sh'];
    // It is the one that the system takes first.
    const killable = startBehind(...inGroup('echo 1000 > /proc/self/oom_score_adj; exec "$@"'));
    await using pair = await Pair.open({ start: { b: killable } });
    const { a, b } = pair;
    for (let index = 0; index < 40; index += 1)
      writeFileSync(pair.at(a, `file ${index}`), Buffer.alloc(1 << 20, `content ${index} `));
    await until('it is under way', () => (snapshotTree(b.folder).size > 0 ? true : undefined), { everyMs: 5 });
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(400 << 20));
    await run('sh', inGroup('head -c 500000000 /dev/zero | tail').slice(1)); // another program wants it all
    await until('it is killed', () => (b.node.isAlive ? undefined : true));
    writeFileSync(join(group, 'memory.limit_in_bytes'), '-1');
    for (const [name, { sizeBytes }] of snapshotTree(b.folder)) assert.equal(sizeBytes, 1 << 20, name);
    await b.node.up();
    const tree = await pair.converged();
    assert.deepEqual([tree.size, conflictCopies(tree)], [40, []]);
  },
);
