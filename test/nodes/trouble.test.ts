/** Bad input and bad luck: the disk goes away, fills up, holds what cannot be synced; most files of a folder are deleted. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryDisk, mountsMissing, Removable } from '../harness/mounts.ts';
import { until } from '../harness/process.ts';
import { snapshotTree } from '../harness/snapshot.ts';
import { changedSince, cursorOf, FOLDER, Pair, stateIs, type Side } from './pair.ts';

const noMounts = mountsMissing() ?? false;
/** Long enough for deletes to be announced, if anybody wanted to. */
const DELETES_MS = 1500;

function fill(folder: string): void {
  mkdirSync(join(folder, 'directory'));
  for (let index = 0; index < 20; index += 1) writeFileSync(join(folder, 'directory', `${index}.txt`), `text ${index}`);
}

async function problemsOf(side: Side): Promise<readonly { name: string; reason: string; text: string }[]> {
  return (await side.node.ask('status', FOLDER)).problems;
}

/** The folder stops with this code, the other side keeps all it has, and all goes on when the disk is `back`. */
async function goesAndComesBack(pair: Pair, code: string, back: () => void): Promise<void> {
  const { a, b } = pair;
  const before = snapshotTree(a.folder);
  const since = await cursorOf(a);
  // What takes a directory's place comes a moment after it is gone: the node may well say that first.
  await until(`the folder stops with ${code}`, async () => {
    const { state, error } = await b.node.ask('status', FOLDER);
    return state === 'stopped' && error?.code === code ? true : undefined;
  });
  await delay(DELETES_MS);
  assert.deepEqual(snapshotTree(a.folder), before);
  writeFileSync(pair.at(a, 'meanwhile.txt'), 'written while the other was gone');
  back();
  const tree = await pair.converged();
  assert.deepEqual([...tree.keys()], [...before.keys(), 'meanwhile.txt']);
  assert.deepEqual(await changedSince(a, since), ['meanwhile.txt'], 'nothing was gone for a while either');
  writeFileSync(pair.at(b, 'afterwards.txt'), 'written when it was back');
  await until('what is written afterwards is noticed at once', () =>
    snapshotTree(a.folder).has('afterwards.txt') ? true : undefined,
  );
}

test('F2 case B18: a root that is gone stops the folder and deletes nothing; it goes on by itself', async () => {
  await using pair = await Pair.open({ fill });
  await pair.converged();
  const away = `${pair.b.folder}.away`;
  renameSync(pair.b.folder, away);
  await goesAndComesBack(pair, 'E_FOLDER_MISSING', () => renameSync(away, pair.b.folder));
});

test('F2 a root that is not there at the start is waited for also when the records are lost', async () => {
  await using pair = await Pair.open({ fill });
  const { b } = pair;
  await pair.converged();
  const away = `${b.folder}.away`;
  await b.node.end();
  renameSync(b.folder, away);
  const { home } = b.node.options;
  for (const file of readdirSync(home)) if (file.startsWith('records.')) rmSync(join(home, file));
  await b.node.up();
  await goesAndComesBack(pair, 'E_FOLDER_MISSING', () => renameSync(away, b.folder));
});

test('F2 case B17: a root that became another directory stops the folder and is left as it is', async () => {
  await using pair = await Pair.open({ fill });
  await pair.converged();
  const away = `${pair.b.folder}.away`;
  renameSync(pair.b.folder, away);
  mkdirSync(pair.b.folder);
  await goesAndComesBack(pair, 'E_FOLDER_SWAPPED', () => {
    assert.deepEqual(readdirSync(pair.b.folder), []);
    rmSync(pair.b.folder, { recursive: true });
    renameSync(away, pair.b.folder);
  });
});

test('F2 case B17: an unplugged disk stops the folder and deletes nothing', { skip: noMounts }, async () => {
  using removable = new Removable();
  await using pair = await Pair.open({ fill, folderB: removable.path });
  await pair.converged();
  removable.unplug();
  await goesAndComesBack(pair, 'E_FOLDER_SWAPPED', () => removable.plug());
});

test('F2 case B16: a disk that is not there at the start is waited for', { skip: noMounts }, async () => {
  using removable = new Removable();
  await using pair = await Pair.open({ fill, folderB: removable.path });
  await pair.converged();
  await pair.b.node.end();
  removable.unplug();
  await pair.b.node.up();
  await goesAndComesBack(pair, 'E_FOLDER_SWAPPED', () => removable.plug());
});

test('R12 most files of a folder deleted at once wait for a person, on both sides; all else goes on', async () => {
  const names = Array.from({ length: 150 }, (_, index) => (index < 50 ? `file ${index}` : `many/file ${index}`));
  await using pair = await Pair.open({
    fill: (folder) => {
      mkdirSync(join(folder, 'many'));
      for (const name of names) writeFileSync(join(folder, name), `content of ${name}`);
    },
  });
  const { a, b } = pair;
  await pair.converged();
  const kept = names.slice(0, 50);
  // All at the same instant; of deletes that come one by one, the first fifty would be free.
  renameSync(pair.at(a, 'many'), join(pair.root, 'taken out'));
  await stateIs(a, 'needs-you');
  assert.deepEqual(
    (await problemsOf(a)).map(({ reason }) => reason),
    ['held-deletes-here'],
  );
  writeFileSync(pair.at(a, 'new.txt'), 'new');
  await until('the rest goes on', () => (snapshotTree(b.folder).has('new.txt') ? true : undefined));
  assert.equal(snapshotTree(b.folder).size, names.length + 2, 'nothing was deleted');

  await a.node.ask('approve', FOLDER);
  await stateIs(b, 'needs-you');
  assert.deepEqual(
    (await problemsOf(b)).map(({ reason }) => reason),
    ['held-deletes-by-peers'],
  );
  await b.node.ask('approve', FOLDER);
  const tree = await pair.converged();
  assert.deepEqual([...tree.keys()].sort(), [...kept, 'new.txt'].sort());
});

test('One bad file is listed by status and stops no other: a name that is not UTF-8', async () => {
  await using pair = await Pair.open();
  const { a, b } = pair;
  const bad = Buffer.concat([Buffer.from(`${a.folder}/bad `), Buffer.from([0xff, 0xfe])]);
  writeFileSync(bad, 'cannot be sent');
  writeFileSync(pair.at(a, 'good.txt'), 'good');
  await until('the good one arrives', () => (snapshotTree(b.folder).has('good.txt') ? true : undefined));
  await a.node.ask('rescan', FOLDER);
  const [problem] = await until('the bad one is listed', async () => {
    const problems = await problemsOf(a);
    return problems.length > 0 ? problems : undefined;
  });
  assert.equal(problem?.reason, 'name-not-allowed');
  assert.match(problem.name, /^bad /);
  rmSync(bad);
  await a.node.ask('rescan', FOLDER);
  await until('the list is empty again', async () => ((await problemsOf(a)).length === 0 ? true : undefined));
});

test(
  'A full disk is said so, stops no smaller file, and is gone on with when there is room',
  { skip: noMounts },
  async () => {
    using disk = new MemoryDisk(4);
    await using pair = await Pair.open({ folderB: disk.path });
    const { a, b } = pair;
    writeFileSync(pair.at(a, 'big'), Buffer.alloc(8 << 20, 'big '));
    writeFileSync(pair.at(a, 'small'), 'small');
    await until('the small one arrives', () => (snapshotTree(b.folder).has('small') ? true : undefined));
    const [problem] = await until('the full disk is listed', async () => {
      const problems = await problemsOf(b);
      return problems.length > 0 ? problems : undefined;
    });
    assert.equal(problem?.name, 'big');
    assert.equal(problem.reason, 'disk-full');
    assert.equal(snapshotTree(b.folder).has('big'), false);
    disk.resize(64);
    await pair.converged(90_000);
    assert.deepEqual(await problemsOf(b), []);
  },
);
