/** Real disks without room: for bytes, for names, for the records, for the history, and by quota. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryDisk, mountsMissing } from '../harness/mounts.ts';
import { until } from '../harness/process.ts';
import { snapshotTree } from '../harness/snapshot.ts';
import { stagedIn, stagePath } from '../harness/staged-files.ts';
import { Injection, straceMissing } from '../harness/strace.ts';
import { arrives, FOLDER, Pair, type Side } from '../nodes/pair.ts';

const noMounts = mountsMissing() ?? false;
const noStrace = straceMissing() ?? false;
const MIB = 1 << 20;
const AGAIN = { timeoutMs: 90_000 };

async function reasonsOf({ node }: Side): Promise<Record<string, string>> {
  const { problems } = await node.ask('status', FOLDER);
  return Object.fromEntries(problems.map(({ name, reason }) => [name, reason]));
}

/** Waits until a side lists a name as one that the disk has no room for. */
async function isListedFull(side: Side, name: string): Promise<void> {
  let last: unknown;
  const ask = async (): Promise<true | undefined> => {
    const reasons = await reasonsOf(side);
    last = reasons;
    return reasons[name] === 'disk-full' ? true : undefined;
  };
  await until(`"${name}" waits for room`, ask, { ...AGAIN, detail: () => JSON.stringify(last) });
}

test(
  'case F09: a disk that fills up in the middle of a pull gets its room back, and the pull is done later',
  {
    skip: noMounts,
  },
  async () => {
    using disk = new MemoryDisk(96);
    await using pair = await Pair.open({ folderB: disk.path });
    const { a, b } = pair;
    const big = Buffer.alloc(64 * MIB);
    for (let at = 0; at < big.length; at += 4096) big.writeUInt32LE(at, at);
    writeFileSync(pair.at(a, 'big'), big);
    // Another program takes the rest of the disk while the file is half way.
    await until('it is on its way', () => (stagedIn(b.folder).length > 0 ? true : undefined), {
      everyMs: 1,
      timeoutMs: 60_000,
    });
    process.kill(b.node.pid, 'SIGSTOP');
    let filler: string;
    try {
      filler = disk.fill();
      const [stage = ''] = stagedIn(b.folder);
      assert.ok(statSync(join(b.folder, '.lanfold', 'staging', stage)).blocks * 512 < big.length, 'it was half way');
    } finally {
      process.kill(b.node.pid, 'SIGCONT');
    }
    await isListedFull(b, 'big');
    await until('what was staged is gone', () => (stagedIn(b.folder).length === 0 ? true : undefined));
    assert.equal(existsSync(pair.at(b, 'big')), false);
    truncateSync(filler, statSync(filler).size - 20 * MIB);
    writeFileSync(pair.at(a, 'small'), 'small');
    await arrives(b, 'small', 'small');
    assert.equal(existsSync(pair.at(b, 'big')), false);
    assert.notEqual((await b.node.ask('status', FOLDER)).state, 'in-sync');
    rmSync(filler);
    await until('it is there', () => (existsSync(pair.at(b, 'big')) ? true : undefined), AGAIN);
    await pair.converged(90_000);
    assert.deepEqual(await reasonsOf(b), {});
  },
);

test(
  'case F10: a disk that holds no more names is a full one, and the rest comes when it does',
  {
    skip: noMounts,
  },
  async () => {
    using disk = new MemoryDisk(32, 64);
    await using pair = await Pair.open({ folderB: disk.path });
    const { a, b } = pair;
    const names = Array.from({ length: 100 }, (_, index) => `file ${index}`);
    for (const name of names) writeFileSync(pair.at(a, name), `content of ${name}`);
    await until('some wait for room', async () =>
      Object.values(await reasonsOf(b)).includes('disk-full') ? true : undefined,
    );
    await until('nothing is left half way', () => (stagedIn(b.folder).length === 0 ? true : undefined), AGAIN);
    const there = snapshotTree(b.folder);
    assert.ok(there.size < names.length);
    for (const [name, { content }] of there)
      assert.equal(content, createHash('sha256').update(`content of ${name}`).digest('hex'), name);
    assert.equal(snapshotTree(a.folder).size, names.length, 'nothing is taken for deleted');
    disk.resize(32, 1000);
    await pair.converged(90_000);
    assert.deepEqual(await reasonsOf(b), {});
  },
);

test(
  'case F11: no room for the records: the folder stops and says so, what was told is served, and nothing is broken',
  {
    skip: noMounts,
  },
  async () => {
    using disk = new MemoryDisk(8);
    await using pair = await Pair.open({ homeB: join(disk.path, 'home') });
    const { a, b } = pair;
    writeFileSync(pair.at(b, 'one'), 'by b');
    await pair.converged();
    // What b tells while a does not listen yet is asked for when b can write no more.
    process.kill(a.node.pid, 'SIGSTOP');
    let filler: string;
    try {
      writeFileSync(pair.at(b, 'told'), Buffer.alloc(MIB, 'told '));
      await until('b knows it', async () => ((await b.node.ask('status', FOLDER)).files === 2 ? true : undefined));
      filler = disk.fill();
      for (let index = 0; index < 300; index += 1)
        writeFileSync(pair.at(b, `new ${index} ${'x'.repeat(200)}`), 'not told');
      await until('the folder stops', async () =>
        (await b.node.ask('status', FOLDER)).error?.code === 'E_DISK_FULL' ? true : undefined,
      );
    } finally {
      process.kill(a.node.pid, 'SIGCONT');
    }
    await until('what was told is served', () => (existsSync(pair.at(a, 'told')) ? true : undefined));
    writeFileSync(pair.at(a, 'by a'), 'by a');
    await b.node.kill(); // on the full disk
    rmSync(filler);
    await b.node.up();
    const tree = await pair.converged(90_000);
    assert.equal(tree.size, 303);
    assert.deepEqual(
      b.node.warnings.filter(({ code, message }) => code === 'E_STATE_BROKEN' && message.includes('records')),
      [],
      'the records are whole',
    );
  },
);

test(
  'case F12: where the history has no room for what a peer replaces or deletes, it stays',
  {
    skip: noMounts,
  },
  async () => {
    using disk = new MemoryDisk(32, 200);
    await using pair = await Pair.open({ folderB: disk.path });
    const { a, b } = pair;
    const deep = 'one/two/three/four';
    for (const name of ['replaced', 'deleted']) {
      mkdirSync(pair.at(a, `${deep}/${name}`), { recursive: true });
      writeFileSync(pair.at(a, `${deep}/${name}/file`), `${name}, precious`);
    }
    await pair.converged();
    // Room for a staged file, none for the directories of the history.
    const { ffree } = statfsSync(disk.path);
    mkdirSync(join(disk.path, '.lanfold', 'filler'));
    for (let made = 0; made < ffree - 3; made += 1)
      writeFileSync(join(disk.path, '.lanfold', 'filler', String(made)), '');
    writeFileSync(pair.at(a, `${deep}/replaced/file`), 'by a');
    rmSync(pair.at(a, `${deep}/deleted/file`));
    await isListedFull(b, `${deep}/replaced/file`);
    assert.equal(readFileSync(pair.at(b, `${deep}/replaced/file`), 'utf8'), 'replaced, precious');
    const kept = [...snapshotTree(join(disk.path, '.lanfold')).entries(), ...snapshotTree(disk.path).entries()];
    const precious = createHash('sha256').update('deleted, precious').digest('hex');
    assert.ok(
      kept.some(([, { content }]) => content === precious),
      'in its place or in the history',
    );
    rmSync(join(disk.path, '.lanfold', 'filler'), { recursive: true });
    await pair.converged(90_000);
    for (const name of ['replaced', 'deleted'])
      assert.equal((await b.node.ask('history', FOLDER, `${deep}/${name}/file`)).length, 1, name);
  },
);

test('case F13 F21: a file larger than the process may write, cut in mid-write, is one for which there is no room', async () => {
  await using pair = await Pair.open();
  const { a, b } = pair;
  await pair.converged();
  const limit = (bytes: string): Buffer => execFileSync('prlimit', ['--pid', String(b.node.pid), `--fsize=${bytes}`]);
  limit(`${3 * MIB + 1234}:unlimited`);
  writeFileSync(pair.at(a, 'big'), Buffer.alloc(8 * MIB, 'big '));
  await isListedFull(b, 'big');
  writeFileSync(pair.at(a, 'small'), 'small');
  await arrives(b, 'small', 'small');
  assert.ok(b.node.isAlive);
  await until('what was staged is gone', () => (stagedIn(b.folder).length === 0 ? true : undefined));
  assert.equal(existsSync(pair.at(b, 'big')), false);
  limit('unlimited:unlimited');
  await until('it is there', () => (existsSync(pair.at(b, 'big')) ? true : undefined), AGAIN);
  await pair.converged();
});

test('case F13: a quota that is used up is a full disk', { skip: noStrace }, async () => {
  await using pair = await Pair.open();
  const { a, b } = pair;
  await pair.converged();
  const content = 'over the quota';
  await using quota = await Injection.into(b.node.pid, {
    calls: ['pwrite64'],
    is: 'error=EDQUOT',
    paths: [stagePath(b.folder, 'big', content)],
  });
  writeFileSync(pair.at(a, 'big'), content);
  await isListedFull(b, 'big');
  writeFileSync(pair.at(a, 'small'), 'small');
  await arrives(b, 'small', 'small');
  assert.ok(quota.hits > 0);
  await until('what was staged is gone', () => (stagedIn(b.folder).length === 0 ? true : undefined));
  assert.equal(existsSync(pair.at(b, 'big')), false);
  await quota.end();
  await arrives(b, 'big', 'over the quota');
  await pair.converged();
});
