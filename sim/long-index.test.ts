/** A long index is kept in parts, and meanwhile the folder is shared with its sender no longer, on memory edges. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { FileInfoDraft } from '../src/core/wire/messages.ts';
import { FOLDER, type Machine } from './desk.ts';
import { two } from './desks.ts';
import { HandPeer } from './hand-peer.ts';

const OTHER = 'other';
const ids = [FOLDER, OTHER];

/** Deletes, for they need nobody to ask for blocks. */
function deletes(by: Machine, count: number): FileInfoDraft[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `file ${index}`,
    deleted: true,
    sequence: index + 1,
    version: { counters: [{ device: by.short, value: 2n ** 33n }] },
  }));
}

/** B speaks by hand, and has told a the first part of a long index. */
async function toldInPart(indexId: bigint) {
  const { desk, a, b } = two(ids);
  await desk.start(a);
  const peer = await HandPeer.connect(desk, b, a);
  const position = { indexId, maxSequence: 3000 };
  peer.say('ClusterConfig', { folders: ids.map((id) => peer.folder(position, {}, id)) });
  peer.say('Index', { folder: FOLDER, files: deletes(b, 3000), lastSequence: 3000 });
  ok(await desk.until(() => a.folder().records.remoteIndex(b.short).maxSequence > 0));
  equal(a.folder().records.remoteIndex(b.short).maxSequence, 1000);
  return { desk, a, b, peer };
}

const share = (a: Machine, ...peers: readonly Machine[]): unknown =>
  a.engine.addFolder({ id: FOLDER, root: FOLDER, peers: peers.map(({ device }) => device) });

test('Y18 of what is removed from one folder nothing more is kept there, however long the index that it is telling', async () => {
  for (const indexId of [0n, 7n]) {
    const { desk, a, b, peer } = await toldInPart(indexId);
    using _ = desk;
    void share(a);
    await desk.runFor(1000);
    deepEqual(a.folder().records.remotes(), []);
    equal(a.folder().records.remote(b.short, 'file 2999'), undefined);
    equal(peer.closed, undefined);
  }
});

test('R14 of an index that is forgotten while it is kept in parts the rest is not taken for the whole', async () => {
  for (const indexId of [0n, 7n]) {
    const { desk, a, b } = await toldInPart(indexId);
    using _ = desk;
    void share(a);
    void share(a, b);
    await desk.runFor(1000);
    equal(a.folder().records.remoteIndex(b.short).maxSequence, 0);
  }
});
