/** What is kept of earlier answers against a view of the same tables that keeps nothing, after any history of changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blankFile, lookOf } from '../../../test/harness/records.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import { SqliteFolderRecords } from './folder-records.ts';
import { openDatabase } from './opening.ts';
import { addSource } from './sources.ts';

const NAMES = ['a', 'a/b', 'gaps'];
const PEERS = [1n, 2n];
type Change = (folder: SqliteFolderRecords) => void;

const anyName = fc.constantFrom(...NAMES);
const anyPeer = fc.constantFrom(...PEERS);
const anyRecord: fc.Arbitrary<FileRecord> = fc
  .record({ name: anyName, deleted: fc.boolean(), value: fc.bigInt({ min: 1n, max: 3n }), sequence: fc.nat(9) })
  .map(({ name, deleted, value, sequence }) => ({
    ...blankFile(name, { version: [{ device: 1n, value }] }),
    deleted,
    sequence,
  }));
const someRecords = fc.array(anyRecord, { maxLength: 2 });

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  someRecords.map((list): Change => (folder) => {
    const note = list.length === 2 ? { name: 'a', value: 'with them' } : undefined;
    folder.saveLocal(
      list.map((record) => ({ record, look: record.deleted ? undefined : lookOf(record) })),
      note,
    );
  }),
  fc.tuple(anyPeer, someRecords, fc.boolean()).map(
    ([peer, list, replace]): Change =>
      (folder) =>
        folder.saveRemote(peer, list, replace),
  ),
  fc.tuple(anyName, fc.bigInt({ min: 1n, max: 9n })).map(([name, inode]): Change => (folder) => {
    folder.saveLooks([{ name, look: lookOf(blankFile(name), { inode }) }]);
  }),
  anyName.map(
    (name): Change =>
      (folder) =>
        folder.forgetLocal([name]),
  ),
  fc.tuple(anyName, fc.option(fc.constantFrom('1', '2'), { nil: undefined })).map(
    ([name, value]): Change =>
      (folder) =>
        folder.setNote(name, value),
  ),
  fc.constantFrom('key', 'another').map(
    (key): Change =>
      (folder) =>
        folder.setFolderKey(key),
  ),
  fc.constant<Change>((folder) => void folder.renewIndexId()),
  fc.nat(9).map(
    (distance): Change =>
      (folder) =>
        folder.goOn(1 + distance),
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
  // Undone after its first half.
  fc.tuple(anyRecord, anyPeer).map(([record, peer]): Change => (folder) => {
    const impossible = { ...record, name: 'gaps', blocks: undefined as never };
    const both = [record, impossible].map((one) => ({ record: one, look: undefined }));
    assert.throws(() => folder.saveLocal(both, { name: 'a', value: 'undone' }));
    assert.throws(() => folder.saveRemote(peer, [record, impossible], true));
  }),
);

function answers(folder: SqliteFolderRecords): unknown {
  return {
    index: [folder.indexId(), folder.maxSequence(), folder.folderKey(), folder.gaps(), folder.counts()],
    peers: [folder.remotes(), PEERS.map((peer) => [folder.remoteIndex(peer), folder.completion(peer)])],
    names: NAMES.map((name) => [folder.note(name), folder.local(name), folder.versions(name), folder.newest(name)]),
  };
}

test('K20 what was asked before and is asked again after any change, also one that is undone, is what the tables have', () => {
  fc.assert(
    fc.property(fc.array(anyChange, { minLength: 1, maxLength: 8 }), (changes) => {
      const { database } = openDatabase(':memory:', () => 0, false);
      const folder = database.run('INSERT INTO folders (folder_id) VALUES (?)', 'f');
      const own = addSource(database, folder, undefined, 5n).id;
      let drawn = 0;
      const view = (): SqliteFolderRecords =>
        new SqliteFolderRecords('f', { folder, own }, database, () => new Uint8Array(8).fill((drawn += 1)));
      const records = view();
      answers(records);
      for (const change of changes) {
        change(records);
        assert.deepEqual(answers(records), answers(view()));
      }
      database.close();
    }),
    { numRuns: 300 },
  );
});
