/** What a node keeps of itself is lost, half written, or belongs to something else: real processes, real homes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { deviceIdText } from '../../src/core/model/device-id.ts';
import { fakeClockMissing, withClock } from '../harness/clock.ts';
import { mountsMissing } from '../harness/mounts.ts';
import { until } from '../harness/process.ts';
import { Random } from '../harness/random.ts';
import { conflictCopies, snapshotTree } from '../harness/snapshot.ts';
import { startBehind } from '../nodes/driven-node.ts';
import { arrives, FOLDER, Pair, type Side } from '../nodes/pair.ts';

/** Long enough for deletes to be told, if anybody wanted to. */
const DELETES_MS = 1500;

function fill(folder: string): void {
  mkdirSync(join(folder, 'directory'));
  for (let index = 0; index < 20; index += 1) writeFileSync(join(folder, 'directory', `${index}.txt`), `text ${index}`);
}

/** The folder of b stops with this, and nobody deletes anything. */
async function stopsWith(pair: Pair, code: string): Promise<void> {
  const before = snapshotTree(pair.a.folder);
  await until(`the folder stops with ${code}`, async () => {
    const { state, error } = await pair.b.node.ask('status', FOLDER);
    return state === 'stopped' && error?.code === code ? true : undefined;
  });
  await delay(DELETES_MS);
  assert.deepEqual(snapshotTree(pair.a.folder), before);
}

function changeConfiguration({ node }: Side, change: (text: string) => string): void {
  const path = join(node.options.home, 'config.json');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

test('case G08: records of one folder that are led to another one stop it, and touch nothing there', async () => {
  await using pair = await Pair.open({ fill });
  const { b } = pair;
  await pair.converged();
  const other = join(pair.root, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'mine'), 'mine');
  await b.node.ask('share', other, 'other', []);
  await b.node.end();
  changeConfiguration(b, (text) => text.replace(JSON.stringify(b.folder), JSON.stringify(`${other}.moved`)));
  renameSync(other, `${other}.moved`);
  await b.node.up();
  await stopsWith(pair, 'E_FOLDER_SWAPPED');
  assert.deepEqual([...snapshotTree(`${other}.moved`).keys()], ['mine']);
});

test('case G10: killed while the configuration is written, again and again, it has the last one or the one before', async () => {
  const random = new Random(1);
  await using pair = await Pair.open();
  const { node } = pair.b;
  const confirmed = new Set<string>();
  for (let round = 0; round < 5; round += 1) {
    const ids = Array.from({ length: 30 }, () => deviceIdText(randomBytes(32)));
    const writing = ids.map((id) =>
      node.ask('trust', id, []).then(
        () => confirmed.add(id),
        () => {},
      ),
    );
    await delay(random.below(40));
    await node.kill();
    await Promise.all(writing);
    await node.up(); // does not open with half a configuration
    const known = new Set((await node.ask('configuration')).peers.map(({ id }) => id));
    assert.deepEqual(
      [...confirmed].filter((id) => !known.has(id)),
      [],
      `round ${round}`,
    );
  }
  assert.ok(confirmed.size > 0);
  writeFileSync(pair.at(pair.a, 'after'), 'after');
  await arrives(pair.b, 'after', 'after');
});

test('case G11: a marker that is deleted, or made again empty, stops the folder until a person adds it anew, without deletes', async () => {
  await using pair = await Pair.open({ fill });
  const { a, b } = pair;
  const before = await pair.converged();
  rmSync(join(b.folder, '.lanfold'), { recursive: true });
  await b.node.ask('rescan', FOLDER);
  await stopsWith(pair, 'E_FOLDER_SWAPPED');
  mkdirSync(join(b.folder, '.lanfold'));
  rmSync(pair.at(b, 'directory/0.txt')); // by whoever cleaned up there
  await delay(6000); // longer than it takes to look at a stopped root again
  await stopsWith(pair, 'E_FOLDER_SWAPPED');
  await b.node.restart();
  await stopsWith(pair, 'E_FOLDER_SWAPPED');
  await b.node.ask('removeFolder', FOLDER);
  await b.node.ask('share', b.folder, FOLDER, [a.node.id]);
  assert.deepEqual([...(await pair.converged()).keys()], [...before.keys()]);
});

test(
  'case G12: an empty disk mounted over the folder deletes nothing anywhere',
  { skip: mountsMissing() ?? false },
  async () => {
    await using pair = await Pair.open({ fill });
    const before = await pair.converged();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', pair.b.folder]);
    try {
      await pair.b.node.ask('rescan', FOLDER);
      await stopsWith(pair, 'E_FOLDER_SWAPPED');
      assert.deepEqual(readdirSync(pair.b.folder), []);
    } finally {
      execFileSync('umount', ['-l', pair.b.folder]);
    }
    assert.deepEqual(await pair.converged(), before);
  },
);

test('case G19: a device that is removed and added again, a folder that is removed and shared again: no deletes, nothing back', async () => {
  await using pair = await Pair.open({ fill });
  const { a, b } = pair;
  for (const name of ['deleted before', 'edited']) writeFileSync(pair.at(a, name), `${name} 1`);
  await pair.converged();
  rmSync(pair.at(a, 'deleted before'));
  writeFileSync(pair.at(a, 'edited'), 'edited 2');
  await pair.converged();
  await a.node.ask('forget', b.node.id);
  await b.node.ask('removeFolder', FOLDER);
  writeFileSync(pair.at(a, 'edited'), 'edited 3');
  writeFileSync(pair.at(a, 'new'), 'new');
  await until('a knows it', async () => ((await a.node.ask('status', FOLDER)).files === 22 ? true : undefined));
  await a.node.ask('trust', b.node.id, [b.node.listening]);
  await b.node.ask('trust', a.node.id, [a.node.listening]);
  // In this order, as the error of whoever is removed says: the other way round b may hear first that it is removed.
  await a.node.ask('share', a.folder, FOLDER, [b.node.id]);
  await b.node.ask('share', b.folder, FOLDER, [a.node.id]);
  const tree = await pair.converged();
  assert.equal(tree.size, 23, [...tree.keys()].join());
  assert.deepEqual([conflictCopies(tree), tree.has('deleted before')], [[], false]);
  assert.equal(readFileSync(pair.at(a, 'edited'), 'utf8'), 'edited 3');
});

test('case G21: a lost identity is another device: nobody lets it in before it is added, the old one is shown as gone', async () => {
  await using pair = await Pair.open({ fill });
  const { a, b } = pair;
  const before = await pair.converged();
  const old = b.node.id;
  await b.node.end();
  rmSync(join(b.node.options.home, 'identity.pem'));
  await b.node.up();
  assert.notEqual(b.node.id, old);
  writeFileSync(pair.at(a, 'secret'), 'secret');
  await delay(3000);
  assert.ok(!snapshotTree(b.folder).has('secret'));
  const shown = await a.node.ask('peers');
  assert.deepEqual(
    shown.map(({ id, connected }) => [id, connected]),
    [[old, false]],
  );
  await a.node.ask('forget', old);
  await a.node.ask('trust', b.node.id, [b.node.listening]);
  await a.node.ask('share', a.folder, FOLDER, [b.node.id]);
  const tree = await pair.converged();
  assert.deepEqual([...tree.keys()].sort(), [...before.keys(), 'secret'].sort());
});

test(
  'case G22: thirty years on, when all certificates have expired, a device is still known by its ID',
  { skip: fakeClockMissing() ?? false },
  async () => {
    await using later = await Pair.open({ start: { b: startBehind(...withClock('+30y')) } });
    writeFileSync(later.at(later.a, 'by a'), 'by a');
    writeFileSync(later.at(later.b, 'by b'), 'by b');
    await arrives(later.b, 'by a', 'by a');
    await arrives(later.a, 'by b', 'by b');
    await later.converged();
    const [line = ''] = await later.b.node.ask('log');
    assert.ok(Number(line.slice(0, 4)) >= new Date().getFullYear() + 29, line);
  },
);
