/** A disk that fails single calls of a real node: reads, writes, flushes, closes, renames; and calls that do less than asked. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mountsMissing } from '../harness/mounts.ts';
import { until } from '../harness/process.ts';
import { snapshotTree } from '../harness/snapshot.ts';
import { stagePath } from '../harness/staged-files.ts';
import { Injection, straceMissing, type Fault } from '../harness/strace.ts';
import { arrives, FOLDER, Pair, type Side } from '../nodes/pair.ts';

const noStrace = straceMissing() ?? false;
const noMounts = mountsMissing() ?? false;
const RENAMES = ['rename', 'renameat', 'renameat2'];
const WRITES = ['pwrite64', 'write'];

describe('a disk that fails', { skip: noStrace }, () => {
  let pair: Pair;
  before(async () => {
    pair = await Pair.open();
    await pair.converged();
  });
  after(async () => {
    await pair?.[Symbol.asyncDispose]();
  });

  /** Waits until a side lists the name, and gives the reason. */
  async function listed({ node }: Side, name: string): Promise<string> {
    let last: unknown;
    const ask = async (): Promise<string | undefined> => {
      const status = await node.ask('status', FOLDER);
      last = status;
      return status.problems.find((problem) => problem.name === name)?.reason;
    };
    return await until(`"${name}" is listed`, ask, { timeoutMs: 30_000, detail: () => JSON.stringify(last) });
  }

  async function isStillThere({ node }: Side): Promise<void> {
    assert.ok(node.isAlive);
    const { state, peers } = await node.ask('status', FOLDER);
    assert.notEqual(state, 'in-sync');
    assert.ok(peers.every(({ connected }) => connected));
  }

  test('case F14: a file that cannot be read is listed; peers keep what they have of it', async () => {
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'unread'), 'old content');
    await pair.converged();
    await using fault = await Injection.into(a.node.pid, {
      calls: ['pread64', 'read', 'preadv'],
      is: 'error=EIO',
      paths: [pair.at(a, 'unread')],
    });
    writeFileSync(pair.at(a, 'unread'), 'new content');
    assert.equal(await listed(a, 'unread'), 'unreadable');
    await a.node.ask('rescan', FOLDER);
    writeFileSync(pair.at(a, 'beside'), 'goes on');
    await arrives(b, 'beside', 'goes on');
    assert.equal(readFileSync(pair.at(b, 'unread'), 'utf8'), 'old content');
    assert.ok(fault.hits > 0);
    await fault.end();
    await a.node.ask('rescan', FOLDER);
    await arrives(b, 'unread', 'new content');
    await pair.converged();
  });

  const failures: readonly (Omit<Fault, 'paths'> & { readonly what: string })[] = [
    { what: 'written', calls: WRITES, is: 'error=EIO' },
    { what: 'flushed', calls: ['fsync', 'fdatasync'], is: 'error=EIO' },
    { what: 'closed', calls: ['close'], is: 'error=EIO' },
  ];
  for (const { what, ...fault } of failures)
    test(`case F15: content that cannot be ${what} has no name, is not called synced, and comes when the disk is well`, async () => {
      const { a, b } = pair;
      const [name, content] = [`not ${what}`, `content that cannot be ${what}`];
      const stage = stagePath(b.folder, name, content);
      await using failing = await Injection.into(b.node.pid, { ...fault, paths: [stage] });
      writeFileSync(pair.at(a, name), content);
      await until('it was tried', () => (failing.hits > 0 ? true : undefined));
      await until('a second time too', () => (failing.hits > 1 ? true : undefined));
      await isStillThere(b);
      assert.equal(existsSync(pair.at(b, name)), false);
      await failing.end();
      await arrives(b, name, content);
      await pair.converged();
    });

  test('case F16: what cannot be renamed into its place leaves the old content there, and nothing lost', async () => {
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'renamed'), 'old content');
    await pair.converged();
    await using failing = await Injection.into(b.node.pid, { calls: RENAMES, is: 'error=EIO' });
    writeFileSync(pair.at(a, 'renamed'), 'new content');
    assert.equal(await listed(b, 'renamed'), 'io');
    await isStillThere(b);
    assert.equal(readFileSync(pair.at(b, 'renamed'), 'utf8'), 'old content');
    assert.ok(failing.hits > 0);
    await failing.end();
    await arrives(b, 'renamed', 'new content');
    await pair.converged();
    assert.equal((await b.node.ask('history', FOLDER, 'renamed')).length, 1);
  });

  const shorts: readonly (Omit<Fault, 'paths'> & { readonly what: string })[] = [
    { what: 'a write is broken off by a signal', calls: WRITES, is: 'error=EINTR:when=1..3' },
    { what: 'a write may be tried again', calls: WRITES, is: 'error=EAGAIN:when=1..3' },
    { what: 'a write takes nothing', calls: WRITES, is: 'retval=0:when=1..3' },
    { what: 'a flush is broken off by a signal', calls: ['fsync'], is: 'error=EINTR:when=1..2' },
  ];
  for (const { what, ...fault } of shorts)
    test(`case F21: ${what}: the content arrives whole`, async () => {
      const { a, b } = pair;
      const content = `content while ${what}`;
      const paths = [stagePath(b.folder, what, content)];
      await using failing = await Injection.into(b.node.pid, { ...fault, paths });
      writeFileSync(pair.at(a, what), content);
      await arrives(b, what, content);
      assert.ok(failing.hits > 0);
      await pair.converged();
    });

  test('case F21: reads that give less than asked, or nothing, make no half file anywhere', async () => {
    const { a, b } = pair;
    for (const is of ['error=EINTR:when=1..2', 'error=EAGAIN:when=1..2', 'retval=0:when=1', 'retval=0:when=2']) {
      const name = `read ${is}`;
      const content = Buffer.alloc(300_000, `content of ${is}`);
      await using failing = await Injection.into(a.node.pid, { calls: ['pread64'], is, paths: [pair.at(a, name)] });
      writeFileSync(pair.at(a, name), content);
      // What could not be read is read again when everything is looked at.
      const ask = async (): Promise<true | undefined> => {
        await a.node.ask('rescan', FOLDER);
        return existsSync(pair.at(b, name)) ? true : undefined;
      };
      await until(`${name} arrives`, ask, { everyMs: 500 });
      assert.ok(failing.hits > 0);
      const { content: hash } = snapshotTree(b.folder).get(name) ?? {};
      assert.equal(hash, createHash('sha256').update(content).digest('hex'), name);
      assert.ok(content.equals(readFileSync(pair.at(a, name))), 'what is here is as it was');
      await failing.end();
      await pair.converged();
    }
  });

  test('case F23: a link that stands where content is to be staged is not written through, nor its target taken', async () => {
    const { a, b } = pair;
    const outside = join(pair.root, 'outside');
    mkdirSync(outside);
    for (const [kind, make] of [
      ['symlink', symlinkSync],
      ['hard link', linkSync],
    ] as const) {
      const [name, content] = [`behind a ${kind}`, `content behind a ${kind}`];
      const target = join(outside, kind);
      writeFileSync(target, 'precious');
      const stage = stagePath(b.folder, name, content);
      mkdirSync(join(stage, '..'), { recursive: true });
      make(target, stage);
      const { ino, mtimeMs } = statSync(target);
      writeFileSync(pair.at(a, name), content);
      // It is listed while the link is there; or what is no staged file of ours was cleaned away before.
      await until(`"${name}" is listed or there`, async () => {
        const { problems } = await b.node.ask('status', FOLDER);
        return existsSync(pair.at(b, name)) || problems.some((problem) => problem.name === name) ? true : undefined;
      });
      const now = statSync(target);
      assert.deepEqual([readFileSync(target, 'utf8'), now.ino, now.mtimeMs], ['precious', ino, mtimeMs]);
      rmSync(stage, { force: true });
      await arrives(b, name, content);
      assert.equal(readFileSync(target, 'utf8'), 'precious');
    }
    // Left by a run that was cut off, with bytes that are no part of the file.
    const [name, content] = ['behind an old one', 'content behind an old one'];
    writeFileSync(stagePath(b.folder, name, content), 'CONTENT behind an old one and more');
    writeFileSync(pair.at(a, name), content);
    await arrives(b, name, content);
    await pair.converged();
  });
});

test(
  'case F16: on another disk inside the folder a file is copied, flushed, and then renamed',
  { skip: noMounts || noStrace },
  async () => {
    await using pair = await Pair.open();
    const { a, b } = pair;
    mkdirSync(pair.at(a, 'inner'));
    await pair.converged();
    const inner = pair.at(b, 'inner');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=755', 'tmpfs', inner]);
    try {
      await b.node.ask('rescan', FOLDER);
      writeFileSync(pair.at(a, 'inner/file'), 'first content');
      await arrives(b, 'inner/file', 'first content');
      await using slow = await Injection.into(b.node.pid, { calls: ['fsync'], is: 'delay_enter=1000' });
      writeFileSync(pair.at(a, 'inner/file'), 'second content');
      await arrives(b, 'inner/file', 'second content');
      const flushed = slow.lines.filter((line) => line.includes(`<${inner}/`));
      assert.ok(flushed.length > 0, slow.lines.join('\n'));
      await slow.end();
      const tree = await pair.converged();
      assert.deepEqual(
        [...tree.keys()].filter((name) => name.startsWith('inner/')),
        ['inner/file'],
      );
      const history = await b.node.ask('history', FOLDER, 'inner/file');
      assert.deepEqual(
        history.map(({ size }) => size),
        ['first content'.length],
      );
    } finally {
      execFileSync('umount', ['-l', inner]);
    }
  },
);
