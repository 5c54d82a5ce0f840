import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from './process.ts';
import { diffTrees, snapshotTree } from './snapshot.ts';
import { SYNCTHING_VERSIONS } from './syncthing-types.ts';
import { Syncthing } from './syncthing.ts';
import { makeTree } from './tree.ts';

for (const version of SYNCTHING_VERSIONS) {
  const skip = Syncthing.availability(version);
  test(`H7 two Syncthing ${version} keep a made tree the same, across a restart`, { skip }, async (context) => {
    const root = mkdtempSync(join(tmpdir(), 'lanfold-harness-'));
    context.after(() => rmSync(root, { recursive: true, force: true }));
    const [left, right] = [join(root, 'left'), join(root, 'right')];
    const counts = makeTree(left, { seed: 1, files: 60, filesPerSymlink: 10 });

    const first = await Syncthing.start({ version });
    context.after(() => first.stop());
    const second = await Syncthing.start({
      version,
      peers: [first.asPeer],
      folders: [{ id: 'f', path: right, peers: [first.deviceId] }],
    });
    context.after(() => second.stop());
    await first.addPeer(second.asPeer);
    await first.shareFolder({ id: 'f', path: left, peers: [second.deviceId] });

    await second.waitInSync('f', { files: counts.files });
    await first.waitInSync('f', { files: counts.files, peers: [second.deviceId] });
    assert.deepEqual(diffTrees(snapshotTree(left), snapshotTree(right)), []);

    await first.down();
    writeFileSync(join(right, 'while away'), 'written while the other was down');
    await second.scan('f');
    await first.up();
    await first.waitConnected(second.deviceId);
    await first.waitInSync('f', { files: counts.files + 1 });
    assert.deepEqual(diffTrees(snapshotTree(left), snapshotTree(right)), []);

    await first.setIgnores('f', ['*.tmp']);
    writeFileSync(join(left, 'a.tmp'), 'not for others');
    writeFileSync(join(left, 'a.txt'), 'for others');
    await first.scan('f');
    await until('the other file came', () => snapshotTree(right).get('a.txt')?.content);
    assert.equal(snapshotTree(right).has('a.tmp'), false);
    assert.deepEqual([await first.errors('f'), await second.errors('f'), await second.systemErrors()], [[], [], []]);
    assert.ok(first.memory().residentBytes > 1 << 20);
  });
}
