import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { blankFile } from '../../../test/harness/records.ts';
import { sha256 } from '../../edges/memory/memory-folder.ts';
import { openRecordStore } from '../../edges/store/record-store.ts';
import { NO_BYTES, type FileRecord } from '../../core/model/file-record.ts';
import type { FolderRecords, RecordStore } from '../../ports/record-store.ts';
import { Brake } from './brake.ts';
import { GitIndexes } from './git-indexes.ts';

const PEER = 2n;
const gitIndexes = new GitIndexes({ look: () => Promise.resolve([]), read: () => Promise.resolve([]) });

function file(name: string, counters: readonly (readonly [device: bigint, value: bigint])[]): FileRecord {
  const version = counters.map(([device, value]) => ({ device, value }));
  return blankFile(name, { size: name.length, version, blocks: sha256(Buffer.from(name)) });
}

/** A folder with so many files, all in their first version. */
function folderOf(count: number): { store: RecordStore; records: FolderRecords; names: readonly string[] } {
  const store = openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(7) });
  const records = store.folder('docs');
  const names = Array.from({ length: count }, (_, index) => `file ${index}`);
  records.saveLocal(names.map((name) => ({ record: file(name, [[1n, 1n]]), look: undefined })));
  return { store, records, names };
}

const NONE_TAKEN = { respelling: () => undefined };

test('R12 deletes that a round leaves are not counted again in the next; those that are carried out are', () => {
  const { store, records, names } = folderOf(100);
  const brake = new Brake({
    records,
    gitIndexes,
    digest: sha256,
    isAllHeard: () => true,
    clock: { monotonicMs: () => 0, nowMs: () => 0 },
  });
  const removed = (name: string): FileRecord => ({
    ...file(name, [
      [1n, 1n],
      [PEER, 1n],
    ]),
    deleted: true,
    size: 0,
    blocks: NO_BYTES,
    blockSize: 0,
  });
  records.saveRemote(PEER, names.slice(0, 40).map(removed), true);
  deepEqual(
    [1, 2, 3].map(() => brake.mayPullDeletes(NONE_TAKEN)),
    [true, true, true],
  );
  records.saveLocal(names.slice(0, 30).map((name) => ({ record: removed(name), look: undefined })));
  brake.pulledDeletes(30);
  equal(brake.mayPullDeletes(NONE_TAKEN), true, '30 done, 10 left');
  records.saveRemote(PEER, names.slice(40, 80).map(removed), false);
  equal(brake.mayPullDeletes(NONE_TAKEN), false, '30 done, 50 to do');
  store.close();
});

test('R12 deletes that are no loss leave room for those that come soon after them', () => {
  const store = openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(7) });
  const records = store.folder('docs');
  const version = [[1n, 1n]] as const;
  const names = Array.from({ length: 1000 }, (_, index) => `file ${String(index).padStart(4, '0')}`);
  const moved = names.slice(0, 500).map((name) => ({ ...file(name, version), name: `moved ${name}` }));
  records.saveLocal(
    [...names.map((name) => file(name, version)), ...moved].map((record) => ({ record, look: undefined })),
  );
  const removed = (name: string): FileRecord => ({
    ...file(name, [...version, [PEER, 1n]]),
    deleted: true,
    size: 0,
    blocks: NO_BYTES,
    blockSize: 0,
  });
  const brake = new Brake({
    records,
    gitIndexes,
    digest: sha256,
    isAllHeard: () => true,
    clock: { monotonicMs: () => 0, nowMs: () => 0 },
  });
  records.saveRemote(PEER, names.slice(0, 540).map(removed), true); // all but 40 stay under another name
  equal(brake.mayPullDeletes(NONE_TAKEN), true);
  records.saveLocal(names.slice(0, 540).map((name) => ({ record: removed(name), look: undefined })));
  brake.pulledDeletes(540);
  records.saveRemote(PEER, names.slice(540, 560).map(removed), false);
  equal(brake.mayPullDeletes(NONE_TAKEN), true, '60 are gone of 1000');
  records.saveRemote(PEER, names.slice(560, 900).map(removed), false);
  equal(brake.mayPullDeletes(NONE_TAKEN), false, '400 would be');
  store.close();
});

test('R12 deletes that are found here in parts, one soon after the other, are one act', () => {
  const { store, records } = folderOf(100);
  let nowMs = 0;
  const brake = new Brake({
    records,
    gitIndexes,
    digest: sha256,
    isAllHeard: () => true,
    clock: { monotonicMs: () => nowMs, nowMs: () => nowMs },
  });
  equal(brake.mayAnnounceDeletes(30), true);
  nowMs += 5000;
  equal(brake.mayAnnounceDeletes(30), false, '60 of 100');
  nowMs += 60_000;
  equal(brake.mayAnnounceDeletes(30, [], { isOfHeld: false, others: [] }), true, 'another act');
  equal(brake.mayAnnounceDeletes(30), false, 'those that are held, as late as ever');
  equal(brake.mayAnnounceDeletes(10), true, 'most are back: with what had gone before they are few');
  store.close();
});

test('R12 a yes counts for what comes to it next, and for no accident of the same day', () => {
  const { store, records } = folderOf(300);
  let nowMs = 0;
  const brake = new Brake({
    records,
    gitIndexes,
    digest: sha256,
    isAllHeard: () => true,
    clock: { monotonicMs: () => nowMs, nowMs: () => nowMs },
  });
  const hourMs = 3_600_000;
  const isAllowedAfter = (waitMs: number): boolean => {
    nowMs += waitMs;
    return brake.mayAnnounceDeletes(100);
  };
  equal(isAllowedAfter(0), false);
  brake.approve();
  deepEqual(
    [isAllowedAfter(1000), isAllowedAfter(hourMs)],
    [true, false],
    'carried out at once, and another one later',
  );
  brake.approve();
  deepEqual([isAllowedAfter(hourMs), isAllowedAfter(hourMs)], [true, false], 'carried out late, and another one later');
  brake.approve();
  equal(isAllowedAfter(25 * hourMs), false, 'too late');
  store.close();
});
