/** Both bugs of the seed, and its rows, with real processes on a real disk. */
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openNode } from '../../src/index.ts';
import { makeTree } from '../harness/tree.ts';
import { DrivenNode } from './driven-node.ts';
import { arrives, cursorOf, FOLDER, Pair } from './pair.ts';

const PAUSE_MS = 3000;
const QUIET_MS = 10_000;

/** Every content that was ever to be seen under a name, until stopped: that of the stop itself too. */
function watchContents(path: string): { stop(): Promise<string[]> } {
  const seen = new Set<string>();
  const look = (): void => {
    if (existsSync(path)) seen.add(readFileSync(path, 'utf8'));
  };
  let isOver = false;
  const watching = (async (): Promise<void> => {
    while (!isOver) {
      look();
      await delay(1);
    }
  })();
  return {
    async stop(): Promise<string[]> {
      isOver = true;
      await watching;
      look(); // what somebody else saw come may be younger than the last look
      return [...seen];
    },
  };
}

test('Done when 3 case A01, no echo: after convergence no sequence number moves and no block is asked for 10 s', async () => {
  await using pair = await Pair.open({ fill: (folder) => void makeTree(folder, { seed: 3, files: 300 }) });
  await pair.converged();
  const state = async (): Promise<unknown> =>
    await Promise.all(
      pair.sides.map(async (side) => [
        await cursorOf(side),
        await side.node.ask('logCount', 'a peer asked for a block'),
      ]),
    );
  const before = await state();
  await delay(QUIET_MS); // the rule is about this very time
  assert.deepEqual(await state(), before);
});

test('Done when 3, no 0-byte files: a writer that pauses in the middle never makes a peer see half a file', async () => {
  await using pair = await Pair.open();
  const [mine, theirs] = [pair.at(pair.a, 'slow.txt'), pair.at(pair.b, 'slow.txt')];
  const watched = watchContents(theirs);
  const file = openSync(mine, 'w');
  writeSync(file, 'the first half');
  await delay(PAUSE_MS);
  writeSync(file, ' and the second');
  closeSync(file);
  await arrives(pair.b, 'slow.txt', 'the first half and the second');
  assert.deepEqual(await watched.stop(), ['the first half and the second']);
});

test('Done when 3, no 0-byte files: a writer that truncates and rewrites goes from old to new', async () => {
  await using pair = await Pair.open();
  const [mine, theirs] = [pair.at(pair.a, 'again.txt'), pair.at(pair.b, 'again.txt')];
  writeFileSync(mine, 'the old text');
  await arrives(pair.b, 'again.txt', 'the old text');
  const watched = watchContents(theirs);
  const file = openSync(mine, 'r+');
  ftruncateSync(file, 0);
  await delay(PAUSE_MS);
  writeSync(file, 'the new text');
  closeSync(file);
  await arrives(pair.b, 'again.txt', 'the new text');
  // And once more by name: the file is closed, and empty, for a moment.
  writeFileSync(mine, '');
  await delay(500);
  writeFileSync(mine, 'the newest text');
  await arrives(pair.b, 'again.txt', 'the newest text');
  assert.deepEqual(await watched.stop(), ['the old text', 'the new text', 'the newest text']);
});

test('Seed: an atomic save is one change, and no delete', async () => {
  await using pair = await Pair.open();
  writeFileSync(pair.at(pair.a, 'note.txt'), 'one');
  await arrives(pair.b, 'note.txt', 'one');
  await pair.converged();
  const before = await cursorOf(pair.b);
  writeFileSync(pair.at(pair.a, '.note.swp'), 'two');
  renameSync(pair.at(pair.a, '.note.swp'), pair.at(pair.a, 'note.txt'));
  await arrives(pair.b, 'note.txt', 'two');
  await pair.converged();
  const heard = (await pair.b.node.ask('changes', FOLDER, before)).filter(({ path }) => path === 'note.txt');
  assert.deepEqual(
    heard.map(({ kind }) => kind),
    ['change'],
  );
});

test('Seed: peers, listen, send, receive with all bytes, records that survive a restart', async () => {
  await using pair = await Pair.open({ fill: (folder) => void makeTree(folder, { seed: 5, files: 200 }) });
  const tree = await pair.converged(); // compares all bytes
  const [peer] = await pair.a.node.ask('peers');
  assert.equal(peer?.id, pair.b.node.id);
  assert.equal(peer?.connected, true);
  assert.equal(peer?.kind, 'lanfold');
  const before = await pair.a.node.ask('status', FOLDER);
  await pair.a.node.restart();
  await pair.converged();
  const after = await pair.a.node.ask('status', FOLDER);
  assert.deepEqual([after.files, after.bytes], [before.files, before.bytes]);
  assert.equal(await pair.b.node.ask('logCount', 'a peer asked for a block'), 0, 'nothing was sent a second time');
  assert.ok(tree.size > 200);
});

test('Seed: checkForSelfUpdates finds what happened while the node was off', async () => {
  await using pair = await Pair.open({ fill: (folder) => writeFileSync(join(folder, 'kept.txt'), 'kept') });
  await pair.converged();
  await pair.a.node.end();
  writeFileSync(pair.at(pair.a, 'new.txt'), 'new');
  rmSync(pair.at(pair.a, 'kept.txt'));
  await pair.a.node.up();
  const tree = await pair.converged();
  assert.deepEqual(
    [...tree.keys()].filter((name) => name.endsWith('.txt')),
    ['new.txt'],
  );
});

test('Seed: a peer that starts later is found: it keeps looking', async () => {
  await using pair = await Pair.open();
  await pair.b.node.end();
  writeFileSync(pair.at(pair.a, 'early.txt'), 'early');
  await delay(8000); // longer than the first, quick looks
  await pair.b.node.up();
  await arrives(pair.b, 'early.txt', 'early');
});

test('Seed: port 1111 by default, and the next free one, said truly, when it is taken', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'lanfold-port-'));
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(1111, () => probe.close(() => resolve(true)));
  });
  if (!isFree) return t.skip('port 1111 is used by another program on this machine');
  const first = await openNode({ home: join(home, 'a'), discovery: 'off' });
  const second = await openNode({ home: join(home, 'b'), discovery: 'off' });
  try {
    assert.match(first.listening ?? '', /:1111$/);
    assert.match(second.listening ?? '', /:1113$/);
    await assert.rejects(openNode({ home: join(home, 'c'), listen: '127.0.0.1:1111', discovery: 'off' }), {
      code: 'E_PORT_IN_USE',
    });
    await assert.rejects(DrivenNode.open({ home: join(home, 'a'), listen: '127.0.0.1:0', discovery: 'off' }), {
      code: 'E_STATE_LOCKED',
    });
  } finally {
    await Promise.all([first.close(), second.close()]);
    rmSync(home, { recursive: true, force: true });
  }
  return undefined;
});
