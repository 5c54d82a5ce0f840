/** The folder's own directory: not there, or a symlink. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { snapshotTree } from '../harness/snapshot.ts';
import { arrives, changedSince, cursorOf, FOLDER, Pair, stateIs } from '../nodes/pair.ts';
import { REST_MS } from './shared-pair.ts';

function fill(folder: string): void {
  for (let index = 0; index < 20; index += 1) writeFileSync(join(folder, `${index}`), `${index}`);
}

test('case B16: a root that is not there at the start is not made, deletes nothing, and is taken up when it is back', async () => {
  await using pair = await Pair.open({ fill });
  await pair.converged();
  const since = await cursorOf(pair.a);
  await pair.b.node.end();
  const away = `${pair.b.folder}.away`;
  renameSync(pair.b.folder, away);
  await pair.b.node.up();
  await stateIs(pair.b, 'stopped');
  const { error } = await pair.b.node.ask('status', FOLDER);
  assert.equal(error?.code, 'E_FOLDER_MISSING');
  writeFileSync(pair.at(pair.a, 'meanwhile'), 'meanwhile');
  await delay(REST_MS);
  assert.equal(existsSync(pair.b.folder), false);
  assert.equal(snapshotTree(pair.a.folder).size, 21);
  renameSync(away, pair.b.folder);
  await arrives(pair.b, 'meanwhile', 'meanwhile');
  await pair.converged();
  assert.deepEqual(await changedSince(pair.a, since), ['meanwhile']);
});

test('case B18: a root that is a symlink is followed; when it leads elsewhere, nothing is taken for deleted', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'lanfold-linked-'));
  t.after(() => rmSync(parent, { recursive: true }));
  for (const name of ['real', 'other']) mkdirSync(join(parent, name));
  const link = join(parent, 'link');
  symlinkSync('real', link);
  await using pair = await Pair.open({ fill, folderB: link });
  await pair.converged();
  assert.ok(existsSync(join(parent, 'real/19')));
  writeFileSync(join(parent, 'real/there'), 'written through the real name');
  await arrives(pair.a, 'there', 'written through the real name');
  rmSync(link);
  symlinkSync('other', link);
  // It goes on with the directory that it had, or stops: it must not take the other one for it.
  await pair.b.node.ask('rescan', FOLDER);
  writeFileSync(pair.at(pair.a, 'later'), 'later');
  await delay(2 * REST_MS);
  await pair.b.node.restart();
  await delay(2 * REST_MS);
  assert.deepEqual(readdirSync(join(parent, 'other')), []);
  assert.equal(snapshotTree(pair.a.folder).size, 22);
  rmSync(link);
  symlinkSync('real', link);
  await arrives(pair.b, 'later', 'later');
  await pair.converged();
});
