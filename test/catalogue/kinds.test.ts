/** What is no plain file, or has more to it than content. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import { conflictCopies, snapshotTree } from '../harness/snapshot.ts';
import { arrives, FOLDER } from '../nodes/pair.ts';
import { assertNoEcho, isListed, REST_MS, sharedPair } from './shared-pair.ts';

const pairOf = sharedPair();

test('case C12: symlinks of every kind arrive as links, and nobody goes where they lead', async (t) => {
  const pair = pairOf();
  const { a, b } = pair;
  const outside = mkdtempSync(join(tmpdir(), 'lanfold-outside-'));
  t.after(() => rmSync(outside, { recursive: true }));
  writeFileSync(join(outside, 'secret'), 'secret');
  mkdirSync(pair.at(a, 'links'));
  writeFileSync(pair.at(a, 'links/file'), 'file');
  const links: Readonly<Record<string, string>> = {
    relative: 'file',
    absolute: outside,
    dangling: 'nowhere/at all',
    loop: 'loop',
    up: '../..',
    root: '/',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, pair.at(a, `links/${name}`));
  const tree = await pair.converged();
  for (const [name, target] of Object.entries(links)) assert.equal(readlinkSync(pair.at(b, `links/${name}`)), target);
  assert.deepEqual(
    [...tree.keys()].filter((name) => name.includes('secret')),
    [],
  );
  // A change behind a link is nobody's business, and a link that is replaced leaves alone what it led to.
  writeFileSync(join(outside, 'secret'), 'changed');
  await assertNoEcho(pair);
  for (const name of ['absolute', 'relative']) {
    rmSync(pair.at(a, `links/${name}`));
    writeFileSync(pair.at(a, `links/${name}`), 'a file now');
  }
  await pair.converged();
  assert.deepEqual(readdirSync(outside), ['secret']);
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'changed');
  assert.equal(readFileSync(pair.at(b, 'links/file'), 'utf8'), 'file');
});

test('case C13: the longest target of a link, and one that is not UTF-8, arrive byte for byte', async () => {
  const pair = pairOf();
  const targets: Readonly<Record<string, Buffer>> = {
    longest: Buffer.from('t'.repeat(4095)),
    'not UTF-8': Buffer.from([0x66, 0xff, 0xfe, 0x2f, 0x80]),
  };
  for (const [name, target] of Object.entries(targets)) symlinkSync(target, pair.at(pair.a, name));
  await until('they arrive', () =>
    Object.keys(targets).every((name) => lstatSync(pair.at(pair.b, name), { throwIfNoEntry: false }) !== undefined)
      ? true
      : undefined,
  );
  for (const [name, target] of Object.entries(targets))
    assert.deepEqual(readlinkSync(pair.at(pair.b, name), { encoding: 'buffer' }), target);
  await assertNoEcho(pair);
});

test('case C14: of a file with two names both are right after an edit of one, on either side, and that is all', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  writeFileSync(pair.at(a, 'one name'), 'first');
  linkSync(pair.at(a, 'one name'), pair.at(a, 'another name'));
  await pair.converged();
  appendFileSync(pair.at(a, 'one name'), ' and second');
  await arrives(b, 'one name', 'first and second');
  await a.node.ask('rescan', FOLDER); // no system tells of a write under the other names of a file
  await arrives(b, 'another name', 'first and second');
  await pair.converged();
  appendFileSync(pair.at(b, 'another name'), ' and third');
  await arrives(a, 'another name', 'first and second and third');
  const tree = await pair.converged();
  assert.deepEqual(conflictCopies(tree), []);
  assert.equal(readFileSync(pair.at(b, 'one name'), 'utf8'), 'first and second', 'there it is a file of its own');
  await assertNoEcho(pair);
});

test('case C15: pipes, sockets and devices are not opened, not sent and not deleted, and hold up nothing', async (t) => {
  const pair = pairOf();
  const { a, b } = pair;
  mkdirSync(pair.at(a, 'strange'));
  writeFileSync(pair.at(a, 'strange/plain'), 'plain');
  await pair.converged();
  execFileSync('mkfifo', [pair.at(a, 'strange/pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(pair.at(a, 'strange/socket'), resolve));
  t.after(() => server.close());
  const strange = ['pipe', 'socket'];
  if (process.getuid?.() === 0) {
    execFileSync('mknod', [pair.at(a, 'strange/device'), 'c', '1', '3']);
    strange.push('device');
  }
  writeFileSync(pair.at(a, 'strange/plain'), 'edited');
  await arrives(b, 'strange/plain', 'edited');
  await a.node.ask('rescan', FOLDER);
  for (const name of strange) assert.equal(await isListed(a, `strange/${name}`), 'not-a-file');
  // The other side deletes the directory: what is in it here stays.
  rmSync(pair.at(b, 'strange'), { recursive: true });
  await until('the plain file goes', () => (existsSync(pair.at(a, 'strange/plain')) ? undefined : true));
  await delay(REST_MS);
  assert.deepEqual(readdirSync(pair.at(a, 'strange')).sort(), strange.toSorted());
  for (const name of readdirSync(pair.at(a, 'strange'))) rmSync(pair.at(a, `strange/${name}`));
  rmSync(pair.at(a, 'strange'), { recursive: true, force: true });
  await pair.converged();
});

test('case C16: a name that is a file and a pipe in turns, faster than anybody looks, holds up nobody', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  const [file, pipe, name] = [pair.at(pair.a, '.one'), pair.at(pair.a, '.two'), pair.at(pair.a, 'swapped')];
  writeFileSync(file, 'a file');
  execFileSync('mkfifo', [pipe]);
  const endMs = performance.now() + 2000;
  while (performance.now() < endMs) {
    for (let round = 0; round < 50; round += 1) {
      for (const kind of [file, pipe]) {
        renameSync(kind, name);
        renameSync(name, kind);
      }
    }
    renameSync(file, name);
    void a.node.ask('rescan', FOLDER);
    await delay(5); // it is found as a file, and is a pipe when it is opened
    renameSync(name, file);
    renameSync(pipe, name);
    await delay(5);
    renameSync(name, pipe);
  }
  rmSync(pipe);
  renameSync(file, name);
  writeFileSync(pair.at(a, 'after the pipe'), 'goes on');
  await arrives(b, 'after the pipe', 'goes on');
  await arrives(b, 'swapped', 'a file');
  await pair.converged();
});

test('case C17: one name is a file, a directory, a link and a file again: each comes, and what it displaced is kept', async () => {
  const pair = pairOf();
  const { a, b } = pair;
  const at = pair.at(a, 'changing');
  const steps: readonly (() => void)[] = [
    () => writeFileSync(at, 'a file'),
    () => {
      rmSync(at);
      mkdirSync(at);
      writeFileSync(join(at, 'inside'), 'inside');
    },
    () => {
      rmSync(at, { recursive: true });
      symlinkSync('somewhere', at);
    },
    () => {
      rmSync(at);
      writeFileSync(at, 'a file again');
    },
  ];
  const types: (string | undefined)[] = [];
  for (const step of steps) {
    step();
    types.push((await pair.converged()).get('changing')?.type);
  }
  assert.deepEqual(types, ['file', 'directory', 'symlink', 'file']);
  const kept = async (name: string): Promise<string[]> =>
    (await b.node.ask('history', FOLDER, name)).map(({ type, size }) => `${type} ${size}`);
  assert.deepEqual((await kept('changing')).sort(), ['file 6', 'symlink 0']);
  assert.deepEqual(await kept('changing/inside'), ['file 6']);
  // And all at once: only the last counts.
  for (const step of steps.slice(1)) step();
  const tree = await pair.converged();
  assert.equal(tree.get('changing')?.type, 'file');
  assert.deepEqual(conflictCopies(tree), []);
  assert.deepEqual(
    [...snapshotTree(b.folder).keys()].filter((name) => name.startsWith('changing')),
    ['changing'],
  );
});

test('case C18: permissions arrive, the bits that make a program run as another user never do', async () => {
  const pair = pairOf();
  const modes: Readonly<Record<string, number>> = {
    private: 0o600,
    program: 0o755,
    setuid: 0o4755,
    setgid: 0o2755,
    sticky: 0o1644,
  };
  for (const [name, mode] of Object.entries(modes)) {
    writeFileSync(pair.at(pair.a, `mode ${name}`), name);
    chmodSync(pair.at(pair.a, `mode ${name}`), mode);
  }
  for (const name of Object.keys(modes)) await arrives(pair.b, `mode ${name}`, name);
  for (const [name, mode] of Object.entries(modes))
    assert.equal(statSync(pair.at(pair.b, `mode ${name}`)).mode & 0o7777, mode & 0o777, name);
  chmodSync(pair.at(pair.a, 'mode program'), 0o644);
  await until('a bit that is taken away goes', () =>
    (statSync(pair.at(pair.b, 'mode program')).mode & 0o777) === 0o644 ? true : undefined,
  );
  await assertNoEcho(pair);
  assert.equal(statSync(pair.at(pair.a, 'mode setuid')).mode & 0o7777, 0o4755, 'here it is the user who decides');
});
