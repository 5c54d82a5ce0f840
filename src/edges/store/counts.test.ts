/** The kept need, counts and completions against a plain recomputation, after any history of changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blankFile } from '../../../test/harness/records.ts';
import { lacks, newestOf } from '../../core/index/newest.ts';
import { NO_BYTES, type FileRecord } from '../../core/model/file-record.ts';
import type { Completion, FolderCounts, FolderRecords, PeerKey } from '../../ports/record-store.ts';
import { openRecordStore } from './record-store.ts';

const NAMES = ['a', 'a/b', 'a/b/c', 'd', 'é'];
const PEERS: readonly PeerKey[] = [1n, 2n, 0xffff_ffff_ffff_ffffn];

/** Few values for each field, so that versions meet: equal, older, concurrent, equal with other content. */
const anyRecord: fc.Arbitrary<FileRecord> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    type: fc.constantFrom('file' as const, 'directory' as const, 'symlink' as const),
    deleted: fc.boolean(),
    invalid: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    counters: fc.tuple(fc.bigInt({ min: 0n, max: 2n }), fc.bigInt({ min: 0n, max: 2n })),
    modifiedNs: fc.constantFrom(0n, 5n, 1n << 70n, (1n << 70n) + 1n),
    content: fc.integer({ min: 0, max: 2 }),
    blockCount: fc.integer({ min: 1, max: 3 }),
    sequence: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ counters, content, blockCount, ...rest }) => {
    const isFile = rest.type === 'file' && !rest.deleted;
    return {
      ...rest,
      size: isFile ? content * 1000 + blockCount : 0,
      permissions: 0o644,
      noPermissions: false,
      modifiedBy: 1n,
      version: counters.flatMap((value, index) => (value === 0n ? [] : [{ device: BigInt(index + 1), value }])),
      blockSize: rest.type === 'file' ? 131_072 : 0,
      blocks: isFile ? new Uint8Array(32 * blockCount).fill(content) : NO_BYTES,
      symlinkTarget: rest.type === 'symlink' ? new Uint8Array([content]) : NO_BYTES,
      previousBlocksHash: NO_BYTES,
    };
  });

/** In another folder, with a content that occurs in the first: nothing may leak over. */
const OTHER = blankFile('a', { size: 1003, blocks: new Uint8Array(96).fill(1) });

const anyPeer = fc.constantFrom(...PEERS);
const someRecords = fc.array(anyRecord, { maxLength: 4 });
type Change = (folder: FolderRecords) => void;
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: someRecords.map((list): Change => (folder) => {
      folder.saveLocal(list.map((record) => ({ record, look: undefined })));
    }),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(anyPeer, someRecords, fc.integer({ min: 0, max: 3 })).map(
      ([peer, list, replace]): Change =>
        (folder) =>
          folder.saveRemote(peer, list, replace === 0),
    ),
  },
  fc.subarray(NAMES).map(
    (names): Change =>
      (folder) =>
        folder.forgetLocal(names),
  ),
  anyPeer.map(
    (peer): Change =>
      (folder) =>
        folder.dropRemote(peer),
  ),
  fc.tuple(anyPeer, fc.bigInt({ min: 1n, max: 2n })).map(
    ([peer, indexId]): Change =>
      (folder) =>
        folder.setRemoteIndex(peer, indexId),
  ),
  // Undone after its first half: nothing of it may stay, neither in the file nor in what is remembered of it.
  fc.tuple(anyRecord, anyPeer).map(([record, peer]): Change => (folder) => {
    const impossible = { ...record, name: 'd', blocks: undefined as never };
    assert.throws(() => folder.saveLocal([record, impossible].map((one) => ({ record: one, look: undefined }))));
    assert.throws(() => folder.saveRemote(peer, [record, impossible], false));
  }),
);

test('X3 X4 need, counts and completions equal a recomputation after each of any changes', () => {
  fc.assert(
    fc.property(fc.array(anyChange, { minLength: 1, maxLength: 12 }), (changes) => {
      const store = openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(1) });
      const folder = store.folder('f');
      const other = store.folder('g');
      other.saveLocal([{ record: OTHER, look: undefined }]);
      const otherCounts = other.counts();
      for (const change of changes) {
        change(folder);
        check(folder);
      }
      assert.deepEqual(other.counts(), otherCounts);
      assert.equal(other.blockPlaces(new Uint8Array(32).fill(1), 9).length, 3);
      for (const peer of PEERS) folder.dropRemote(peer);
      folder.forgetLocal(NAMES);
      assert.deepEqual(folder.counts(), NO_COUNTS);
      assert.deepEqual(folder.need(undefined, 9), []);
      for (const fill of [0, 1, 2]) assert.deepEqual(folder.blockPlaces(new Uint8Array(32).fill(fill), 9), []);
      store.close();
    }),
    { numRuns: 300 },
  );
});

function check(folder: FolderRecords): void {
  const counts = structuredClone(NO_COUNTS) as Writable<FolderCounts>;
  const completions = PEERS.map(() => ({ needItems: 0, needDeletes: 0, needBytes: 0 }));
  const need = new Map<string, number>();
  for (const name of NAMES) {
    const versions = folder.versions(name);
    const own = versions.local?.record;
    const asked = PEERS.map((peer) => ({ peer, record: folder.remote(peer, name) }));
    const told = asked.filter(({ record }) => record !== undefined).sort(byPeer);
    assert.deepEqual([...versions.remotes].sort(byPeer), told, 'what is remembered of a name is what is kept');
    const newest = newestOf([...(own === undefined ? [] : [own]), ...versions.remotes.map(({ record }) => record)]);
    if (own?.deleted === true) counts.local.deleted += 1;
    else if (own?.invalid === false) addTo(counts.local, own);
    if (newest === undefined) continue;
    if (!newest.deleted) addTo(counts.global, newest);
    if (lacks(own, newest)) {
      need.set(name, newest.size);
      counts.need[newest.deleted ? 'deletes' : 'items'] += 1;
      counts.need.bytes += newest.size;
    }
    PEERS.forEach((peer, index) => {
      const completion = completions[index];
      if (completion === undefined || !lacks(folder.remote(peer, name), newest)) return;
      completion[newest.deleted ? 'needDeletes' : 'needItems'] += 1;
      completion.needBytes += newest.size;
    });
  }
  assert.deepEqual(folder.counts(), counts);
  const listed = folder.need(undefined, 100).map(({ name, bytes }) => [name, bytes] as const);
  assert.equal(listed.length, need.size, 'a name stands twice in the need');
  assert.deepEqual(new Map(listed), need);
  PEERS.forEach((peer, index) => {
    const { percent, ...rest }: Completion = folder.completion(peer);
    assert.deepEqual(rest, completions[index]);
    assert.equal(percent === 100, rest.needItems + rest.needDeletes === 0);
  });
}

function byPeer(a: { readonly peer: PeerKey }, b: { readonly peer: PeerKey }): number {
  return a.peer < b.peer ? -1 : 1;
}

const NO_COUNTS: FolderCounts = {
  local: { files: 0, directories: 0, symlinks: 0, bytes: 0, deleted: 0 },
  global: { files: 0, directories: 0, symlinks: 0, bytes: 0 },
  need: { items: 0, deletes: 0, bytes: 0 },
};

type Writable<T> = { -readonly [K in keyof T]: T[K] extends object ? Writable<T[K]> : T[K] };

function addTo(totals: Writable<FolderCounts['global']>, record: FileRecord): void {
  totals[record.type === 'file' ? 'files' : record.type === 'directory' ? 'directories' : 'symlinks'] += 1;
  totals.bytes += record.size;
}
