/** What the disk of one side refuses: to be read, to be written, to be watched. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FuseDisk, fuseMissing } from '../harness/fuse.ts';
import { skippedHere } from '../harness/missing.ts';
import { until } from '../harness/process.ts';
import { startBehind } from '../nodes/driven-node.ts';
import { arrives, FOLDER, Pair, stateIs } from '../nodes/pair.ts';
import { isListed, listsNothing, REST_MS, sharedPair } from './shared-pair.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const AS_NOBODY = ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'];

/** Why a tool of Linux cannot be used here. Under CI that is an error: nothing may be skipped there. */
function missing(...words: readonly string[]): string | undefined {
  const [program = '', ...rest] = words;
  const reason =
    process.platform !== 'linux' || !isRoot
      ? 'it needs root and Linux'
      : spawnSync(program, rest, { stdio: 'ignore' }).status === 0
        ? undefined
        : `"${words.join(' ')}" fails`;
  return skippedHere('test what a disk refuses', reason);
}

describe('a node that is not root', { skip: missing('setpriv', '--version') ?? false }, () => {
  let parent = '';
  const pairOf = sharedPair(() => {
    // Root reads and writes whatever the permissions say, so the second side is another user.
    parent = mkdtempSync(join(tmpdir(), 'lanfold-nobody-'));
    const folderB = join(parent, 'b');
    mkdirSync(folderB);
    for (const path of [parent, folderB]) chownSync(path, NOBODY, NOBODY);
    return { root: parent, folderB, start: { b: startBehind(...AS_NOBODY) } };
  });

  test('case B13: what lies in a directory that may not be read is not taken for deleted, and the directory is listed', async () => {
    const pair = pairOf();
    const { a, b } = pair;
    mkdirSync(pair.at(a, 'closed/below'), { recursive: true });
    writeFileSync(pair.at(a, 'closed/below/file'), 'kept');
    await arrives(b, 'closed/below/file', 'kept');
    await pair.converged();
    chmodSync(pair.at(b, 'closed'), 0);
    await b.node.ask('rescan', FOLDER);
    assert.equal(await isListed(b, 'closed'), 'unreadable');
    await b.node.restart();
    assert.equal(await isListed(b, 'closed'), 'unreadable');
    await delay(REST_MS);
    assert.equal(readFileSync(pair.at(a, 'closed/below/file'), 'utf8'), 'kept');
    writeFileSync(pair.at(a, 'beside'), 'goes on');
    await arrives(b, 'beside', 'goes on');
    chmodSync(pair.at(b, 'closed'), 0o755);
    await b.node.ask('rescan', FOLDER);
    await listsNothing(b);
    await pair.converged();
  });

  test('case C19: read-only files in a read-only directory are updated, made and deleted, and the permissions are back', async () => {
    const pair = pairOf();
    const { a, b } = pair;
    mkdirSync(pair.at(a, 'locked'));
    for (const name of ['edited', 'deleted']) {
      writeFileSync(pair.at(a, `locked/${name}`), 'first');
      chmodSync(pair.at(a, `locked/${name}`), 0o444);
    }
    chmodSync(pair.at(a, 'locked'), 0o555);
    await pair.converged();
    assert.equal(statSync(pair.at(b, 'locked')).mode & 0o777, 0o555);
    writeFileSync(pair.at(a, 'locked/edited'), 'second'); // root may
    writeFileSync(pair.at(a, 'locked/new'), 'new');
    rmSync(pair.at(a, 'locked/deleted'));
    const tree = await pair.converged(); // compares permissions, too
    assert.equal(tree.get('locked')?.mode, 0o555);
    assert.equal(tree.get('locked/edited')?.mode, 0o444);
    assert.equal(readFileSync(pair.at(b, 'locked/edited'), 'utf8'), 'second');
    assert.deepEqual([existsSync(pair.at(b, 'locked/new')), existsSync(pair.at(b, 'locked/deleted'))], [true, false]);
  });
});

for (const [id, what, flag] of [
  ['case C20', 'may not be changed', 'i'],
  ['case C21', 'may only be appended to', 'a'],
] as const) {
  test(
    `${id}: a file that ${what} is listed, holds up no other, and is replaced once that is over`,
    { skip: missing('which', 'chattr') ?? false },
    async (t) => {
      const pair = await Pair.open();
      const path = pair.at(pair.b, 'stubborn');
      t.after(async () => {
        spawnSync('chattr', [`-${flag}`, path]);
        await pair[Symbol.asyncDispose]();
      });
      writeFileSync(pair.at(pair.a, 'stubborn'), 'first');
      await arrives(pair.b, 'stubborn', 'first');
      execFileSync('chattr', [`+${flag}`, path]);
      writeFileSync(pair.at(pair.a, 'stubborn'), 'second');
      writeFileSync(pair.at(pair.a, 'other'), 'other');
      await arrives(pair.b, 'other', 'other');
      assert.equal(await isListed(pair.b, 'stubborn'), 'denied');
      assert.equal(readFileSync(path, 'utf8'), 'first');
      execFileSync('chattr', [`-${flag}`, path]);
      await arrives(pair.b, 'stubborn', 'second'); // it is tried again without being asked for
      await listsNothing(pair.b);
    },
  );
}

test(
  'case B14: what lies in a directory that the disk fails to list is not taken for deleted',
  { skip: missing('strace', '-V') ?? false },
  async () => {
    const folderA = mkdtempSync(join(tmpdir(), 'lanfold-listed-'));
    const bad = join(folderA, 'bad');
    mkdirSync(bad);
    for (let index = 0; index < 20; index += 1) writeFileSync(join(bad, `${index}`), `${index}`);
    try {
      await using pair = await Pair.open({ folderA });
      await pair.converged();
      await pair.a.node.end();
      // The same node again, with a disk that answers EIO whoever lists this one directory.
      const failing = [
        'strace',
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '--seccomp-bpf',
        '-e',
        'trace=getdents64',
        '-P',
        bad,
        '-e',
        'inject=getdents64:error=EIO',
      ];
      await pair.a.node.up(startBehind(...failing));
      assert.equal(await isListed(pair.a, 'bad'), 'unreadable');
      writeFileSync(pair.at(pair.a, 'good'), 'good');
      await arrives(pair.b, 'good', 'good');
      await pair.a.node.ask('rescan', FOLDER);
      await delay(REST_MS);
      for (let index = 0; index < 20; index += 1)
        assert.equal(readFileSync(pair.at(pair.b, `bad/${index}`), 'utf8'), `${index}`);
    } finally {
      rmSync(folderA, { recursive: true });
    }
  },
);

test(
  'case B15: a folder whose file system hangs up stops, deletes nothing, and says why',
  { skip: fuseMissing() ?? false },
  async () => {
    await using disk = await FuseDisk.open('ntfs');
    await using pair = await Pair.open({ folderB: disk.path });
    for (let index = 0; index < 20; index += 1) writeFileSync(pair.at(pair.a, `${index}`), `${index}`);
    await arrives(pair.b, '19', '19');
    await until('all is there', async () =>
      (await pair.b.node.ask('status', FOLDER)).need.items === 0 ? true : undefined,
    );
    await disk.hangUp();
    await pair.b.node.ask('rescan', FOLDER);
    await stateIs(pair.b, 'stopped');
    const { error } = await pair.b.node.ask('status', FOLDER);
    assert.match(error?.code ?? '', /^E_FOLDER_/);
    appendFileSync(pair.at(pair.a, '0'), 'edited');
    await delay(REST_MS);
    for (let index = 1; index < 20; index += 1)
      assert.equal(readFileSync(pair.at(pair.a, `${index}`), 'utf8'), `${index}`);
  },
);
