import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { NO_BYTES, type FileRecord, type LocalRecord, type Look } from '../../core/model/file-record.ts';
import type { FolderRecords, NeedCursor } from '../../ports/record-store.ts';
import { openRecordStore } from './record-store.ts';

const SELF = 0xfedc_ba98_7654_3210n; // above 2^63: the signed integers in the tables must give it back
const ALICE = 0xffff_ffff_ffff_ffffn;
const BOB = 7n;
const BLOCK_SIZE = 128 * 1024;

function blockOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

function listOf(...texts: string[]): Uint8Array {
  return new Uint8Array(Buffer.concat(texts.map(blockOf)));
}

function record(name: string, change: Partial<FileRecord> = {}): FileRecord {
  const type = change.type ?? 'file';
  const isFile = type === 'file' && change.deleted !== true;
  return {
    name,
    type,
    size: isFile ? 5 : 0,
    permissions: 0o644,
    noPermissions: false,
    modifiedNs: 1_700_000_000_123_456_789n,
    modifiedBy: SELF,
    deleted: false,
    invalid: false,
    version: [{ device: SELF, value: 1n }],
    sequence: 0,
    blockSize: type === 'file' ? BLOCK_SIZE : 0,
    blocks: isFile ? blockOf(name) : NO_BYTES,
    symlinkTarget: type === 'symlink' ? new Uint8Array([0xff, 0x2f]) : NO_BYTES,
    previousBlocksHash: NO_BYTES,
    ...change,
  };
}

function look(change: Partial<Look> = {}): Look {
  return {
    type: 'file',
    size: 5,
    permissions: 0o644,
    modifiedNs: 1_700_000_000_123_456_789n,
    changedNs: 1_700_000_001_000_000_001n,
    inode: 0xffff_ffff_ffff_fffen,
    symlinkTarget: NO_BYTES,
    ...change,
  };
}

function local(name: string, change: Partial<FileRecord> = {}): LocalRecord {
  const made = record(name, change);
  return { record: made, look: made.deleted || made.invalid ? undefined : look({ type: made.type }) };
}

function newer(name: string, change: Partial<FileRecord> = {}): FileRecord {
  return record(name, { version: [{ device: SELF, value: 2n }], sequence: 1, ...change });
}

function open(): FolderRecords {
  return openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(9) }).folder('photos');
}

function names(records: readonly { name: string }[]): string[] {
  return records.map(({ name }) => name);
}

function localNames(records: readonly LocalRecord[]): string[] {
  return records.map(({ record: { name } }) => name);
}

describe('own records', () => {
  test('K1 a record and its look come back bit for bit', () => {
    const folder = open();
    const full = record('a\n/ü😀', {
      size: 300_000,
      blocks: listOf('1', '2', '3'),
      permissions: 0o777,
      noPermissions: true,
      modifiedNs: -1n,
      modifiedBy: ALICE,
      version: [
        { device: 1n, value: ALICE },
        { device: ALICE, value: 1n },
      ],
      previousBlocksHash: blockOf('before'),
    });
    const all: LocalRecord[] = [
      { record: full, look: look({ modifiedNs: -5n }) },
      local('link', { type: 'symlink', noPermissions: true }),
      local('directory', { type: 'directory' }),
      local('gone', { deleted: true }),
      local('ignored', { invalid: true }),
      { record: record('pipe'), look: look({ type: 'other' }) },
    ];
    const saved = folder.saveLocal(all);
    all.forEach(({ record: { name }, look: seen }, index) => {
      assert.deepEqual(folder.local(name), { record: saved[index], look: seen });
      assert.deepEqual(saved[index], { ...all[index]?.record, sequence: index + 1 });
    });
    assert.equal(folder.local('never'), undefined);
  });

  test('K1 a time that 64 bits cannot hold becomes the nearest that they can, in what is returned too', () => {
    const folder = open();
    const [saved] = folder.saveLocal([local('a', { modifiedNs: 1n << 80n })]);
    assert.equal(saved?.modifiedNs, (1n << 63n) - 1n);
    assert.deepEqual(folder.local('a')?.record, saved);
  });

  test('K2 sequence numbers rise in the order given and are never used again', () => {
    const folder = open();
    folder.saveLocal([local('b'), local('a')]);
    folder.saveLocal([local('b')]);
    assert.deepEqual(
      folder.changesSince(0, 10).map(({ name, sequence }) => [name, sequence]),
      [
        ['a', 2],
        ['b', 3],
      ],
    );
    folder.forgetLocal(['b', 'a', 'never']);
    assert.equal(folder.local('b'), undefined);
    assert.equal(folder.maxSequence(), 3);
    assert.deepEqual(
      folder.saveLocal([local('c')]).map(({ sequence }) => sequence),
      [4],
    );
    assert.deepEqual(names(folder.changesSince(0, 10)), ['c']);
  });

  test('K2 changes come in pages by sequence', () => {
    const folder = open();
    folder.saveLocal(['e', 'd', 'c', 'b', 'a'].map((name) => local(name)));
    assert.deepEqual(names(folder.changesSince(0, 2)), ['e', 'd']);
    assert.deepEqual(names(folder.changesSince(2, 2)), ['c', 'b']);
    assert.deepEqual(names(folder.changesSince(4, 2)), ['a']);
    assert.deepEqual(folder.changesSince(5, 2), []);
  });

  test('K3 a new look moves no sequence number', () => {
    const folder = open();
    folder.saveLocal([local('a')]);
    folder.saveLooks([
      { name: 'a', look: look({ inode: 5n }) },
      { name: 'never', look: look() },
    ]);
    assert.equal(folder.local('a')?.look?.inode, 5n);
    assert.equal(folder.maxSequence(), 1);
    folder.saveLooks([{ name: 'a', look: undefined }]);
    assert.equal(folder.local('a')?.look, undefined);
    assert.equal(folder.local('never'), undefined);
  });

  test('K4 children are what exists one level below', () => {
    const folder = open();
    folder.saveLocal([
      local('d', { type: 'directory' }),
      local('d/b'),
      local('d/a', { type: 'directory' }),
      local('d/a/deep'),
      local('d/gone', { deleted: true }),
      local('d/ignored', { invalid: true }),
      local('d0'),
      local('d-'),
    ]);
    folder.saveRemote(ALICE, [newer('d/theirs')], false);
    assert.deepEqual(localNames(folder.children('d')), ['d/a', 'd/b']);
    assert.deepEqual(localNames(folder.children('')), ['d', 'd-', 'd0']);
    assert.deepEqual(folder.children('d/b'), []);
    folder.saveLocal([local('d/b', { deleted: true })]);
    assert.deepEqual(localNames(folder.children('d')), ['d/a']);
  });

  test('K5 what is below a directory comes in pages, without its neighbours', () => {
    const folder = open();
    folder.saveLocal(
      ['d', 'd/z', 'd/a/x', 'd/a', 'd!', 'd0', 'd/\u{10000}', 'd/\uffee', 'e'].map((name) => local(name)),
    );
    folder.saveLocal([local('d/gone', { deleted: true }), local('d/ignored', { invalid: true })]);
    const seen: string[] = [];
    for (let after = ''; ;) {
      const page = folder.below('d', after, 2);
      seen.push(...localNames(page));
      if (page.length < 2) break;
      after = seen.at(-1) ?? '';
    }
    // By UTF-8 bytes: U+FFEE comes before U+10000, whose UTF-16 begins with a smaller unit.
    assert.deepEqual(seen, ['d/a', 'd/a/x', 'd/ignored', 'd/z', 'd/\uffee', 'd/\u{10000}']);
    assert.equal(folder.below('', '', 100).length, 10);
  });

  test('K6 files are found by their blocks, short lists and long ones', () => {
    const folder = open();
    const long = listOf('1', '2');
    folder.saveLocal([
      local('short', { blocks: blockOf('x') }),
      local('short copy', { blocks: blockOf('x') }),
      local('short, cut otherwise', { blocks: blockOf('x'), blockSize: 2 * BLOCK_SIZE }),
      local('long', { blocks: long, size: 200_000 }),
      local('long, cut otherwise', { blocks: long, size: 200_000, blockSize: 2 * BLOCK_SIZE }),
      local('long, ignored', { blocks: long, size: 200_000, invalid: true }),
    ]);
    folder.saveRemote(ALICE, [newer('theirs', { blocks: long })], false);
    assert.deepEqual(localNames(folder.filesWithBlocks(blockOf('x'), BLOCK_SIZE, 9)).sort(), ['short', 'short copy']);
    assert.equal(folder.filesWithBlocks(blockOf('x'), BLOCK_SIZE, 1).length, 1);
    assert.deepEqual(localNames(folder.filesWithBlocks(long, BLOCK_SIZE, 9)), ['long']);
    assert.deepEqual(folder.filesWithBlocks(listOf('2', '1'), BLOCK_SIZE, 9), []);
    assert.deepEqual(folder.filesWithBlocks(NO_BYTES, BLOCK_SIZE, 9), []);
  });

  test('K7 blocks are found in own files for as long as these have them', () => {
    const folder = open();
    const blocks = listOf('1', '2', '3');
    const size = 2 * BLOCK_SIZE + 100;
    folder.saveRemote(ALICE, [newer('theirs', { blocks, size })], false);
    assert.deepEqual(folder.blockPlaces(blockOf('3'), 9), []);
    folder.saveLocal([local('a', { blocks, size })]);
    assert.deepEqual(folder.blockPlaces(blockOf('2'), 9), [{ name: 'a', offset: BLOCK_SIZE, bytes: BLOCK_SIZE }]);
    folder.saveLocal([local('a', { deleted: true }), local('b', { blocks, size })]);
    assert.deepEqual(folder.blockPlaces(blockOf('3'), 9), [{ name: 'b', offset: 2 * BLOCK_SIZE, bytes: 100 }]);
    folder.dropRemote(ALICE);
    assert.deepEqual(names(folder.blockPlaces(blockOf('1'), 9)), ['b']);
    folder.forgetLocal(['b']);
    assert.deepEqual(folder.blockPlaces(blockOf('1'), 9), []);
  });
});

describe('what peers said', () => {
  test('K8 an update adds, a replacement drops what was said before', () => {
    const folder = open();
    folder.setRemoteIndex(ALICE, 0xffff_ffff_0000_0001n);
    folder.saveRemote(ALICE, [newer('a', { sequence: 4 }), newer('b', { sequence: 9 })], false);
    folder.saveRemote(ALICE, [newer('c', { sequence: 7 })], false);
    assert.deepEqual(folder.remoteIndex(ALICE), { indexId: 0xffff_ffff_0000_0001n, maxSequence: 9 });
    assert.deepEqual(folder.remote(ALICE, 'a'), newer('a', { sequence: 4 }));
    assert.equal(folder.remote(BOB, 'a'), undefined);
    folder.saveRemote(ALICE, [newer('d', { sequence: 2 })], true);
    assert.equal(folder.remote(ALICE, 'a'), undefined);
    assert.deepEqual(folder.remoteIndex(ALICE), { indexId: 0xffff_ffff_0000_0001n, maxSequence: 2 });
    assert.deepEqual(names(folder.need(undefined, 9)), ['d']);
  });

  test('K8 another index ID means that all has to be said again; the same one changes nothing', () => {
    const folder = open();
    folder.setRemoteIndex(ALICE, 1n);
    folder.saveRemote(ALICE, [newer('a', { sequence: 4 })], false);
    folder.setRemoteIndex(ALICE, 1n);
    assert.deepEqual(folder.remoteIndex(ALICE), { indexId: 1n, maxSequence: 4 });
    folder.setRemoteIndex(ALICE, 2n);
    assert.deepEqual(folder.remoteIndex(ALICE), { indexId: 2n, maxSequence: 0 });
    assert.equal(folder.remote(ALICE, 'a'), undefined);
    assert.deepEqual(folder.remotes(), [ALICE]);
    folder.dropRemote(ALICE);
    assert.deepEqual(folder.remoteIndex(ALICE), { indexId: 0n, maxSequence: 0 });
    assert.deepEqual(folder.remotes(), []);
  });

  test('K9 versions, newest and holders of a name', () => {
    const folder = open();
    folder.saveLocal([local('a')]);
    folder.saveRemote(BOB, [newer('a')], false);
    folder.saveRemote(ALICE, [newer('a', { invalid: true })], false);
    const versions = folder.versions('a');
    assert.equal(versions.local?.look?.size, 5);
    assert.deepEqual(versions.remotes, [
      { peer: BOB, record: newer('a') },
      { peer: ALICE, record: newer('a', { invalid: true }) },
    ]);
    assert.deepEqual(folder.newest('a'), newer('a'));
    assert.deepEqual(folder.holders(newer('a')), [BOB]);
    assert.deepEqual(folder.versions('never'), { local: undefined, remotes: [] });
    assert.equal(folder.newest('never'), undefined);
    assert.deepEqual(folder.holders(newer('never')), []);
  });

  test('X2 what a peer has deleted and is not so here is found, a page of its records after the other', () => {
    const folder = open();
    folder.saveLocal([local('kept'), local('gone', { deleted: true }), local('ignored', { invalid: true })]);
    const names = ['kept', 'alive', 'gone', 'unknown', 'ignored'];
    folder.saveRemote(
      ALICE,
      names.map((name, index) => record(name, { sequence: index + 1, deleted: name !== 'alive' })),
      true,
    );
    assert.deepEqual(folder.deletedAt(ALICE, 0, 2), { names: ['kept'], end: 2 });
    assert.deepEqual(folder.deletedAt(ALICE, 2, 9), { names: ['unknown'], end: 5 });
    assert.equal(folder.deletedAt(ALICE, 5, 9), undefined);
    assert.equal(folder.deletedAt(BOB, 0, 9), undefined);
  });
});

describe('need', () => {
  test('X3 comes in pulling order, in pages, and from any phase on', () => {
    const folder = open();
    folder.saveLocal([local('old/x/y', { type: 'directory' }), local('old', { type: 'directory' }), local('old/f')]);
    folder.saveRemote(
      ALICE,
      [
        newer('z/f', { size: 11 }),
        newer('z', { type: 'directory' }),
        newer('old', { type: 'directory', deleted: true }),
        newer('old/f', { deleted: true }),
        newer('old/x/y', { type: 'directory', deleted: true }),
        newer('link', { type: 'symlink' }),
        newer('never had', { deleted: true }),
      ],
      false,
    );
    const expected = [
      { name: 'z', phase: 'directory', bytes: 0 },
      { name: 'link', phase: 'file', bytes: 0 },
      { name: 'z/f', phase: 'file', bytes: 11 },
      { name: 'old/f', phase: 'delete-file', bytes: 0 },
      { name: 'old/x/y', phase: 'delete-directory', bytes: 0 },
      { name: 'old', phase: 'delete-directory', bytes: 0 },
    ];
    assert.deepEqual(folder.need(undefined, 99), expected);
    const paged: unknown[] = [];
    for (let after: NeedCursor | undefined; ;) {
      const [next] = folder.need(after, 1);
      if (next === undefined) break;
      paged.push(next);
      after = next;
    }
    assert.deepEqual(paged, expected);
    assert.deepEqual(names(folder.need({ phase: 'delete-directory', name: undefined }, 9)), ['old/x/y', 'old']);
    assert.deepEqual(names(folder.need({ phase: 'file', name: undefined }, 1)), ['link']);
  });

  test('X3 of equal versions the same one counts, in whatever order the peers spoke', () => {
    const folder = open();
    folder.setRemoteIndex(ALICE, 1n);
    folder.setRemoteIndex(BOB, 1n);
    folder.saveLocal([local('a')]);
    folder.saveRemote(BOB, [newer('a', { type: 'directory', deleted: true })], false);
    folder.saveRemote(ALICE, [newer('a', { deleted: true })], false);
    assert.deepEqual(folder.need(undefined, 9), [{ name: 'a', phase: 'delete-file', bytes: 0 }]);
    folder.forgetLocal(['a']);
    assert.deepEqual(folder.need(undefined, 9), []);
  });

  test('X4 completion counts names that a peer never mentioned, and is 100 only at the end', () => {
    const folder = open();
    assert.equal(folder.completion(ALICE).percent, 100);
    folder.saveLocal([local('big', { size: 997 }), local('small', { size: 3 }), local('empty', { size: 0 })]);
    assert.deepEqual(folder.completion(ALICE), { needItems: 3, needDeletes: 0, needBytes: 1000, percent: 0 });
    folder.saveRemote(ALICE, [record('big', { size: 997, sequence: 1 })], false);
    assert.deepEqual(folder.completion(ALICE), { needItems: 2, needDeletes: 0, needBytes: 3, percent: 99 });
    folder.saveRemote(ALICE, [record('small', { size: 3, sequence: 2 })], false);
    assert.equal(folder.completion(ALICE).percent, 99);
    folder.saveRemote(ALICE, [record('empty', { size: 0, sequence: 3 })], false);
    assert.equal(folder.completion(ALICE).percent, 100);
    folder.saveLocal([local('small', { deleted: true, version: [{ device: SELF, value: 2n }] })]);
    assert.deepEqual(folder.completion(ALICE), { needItems: 0, needDeletes: 1, needBytes: 0, percent: 99 });
  });

  test('X4 sizes that no disk could hold leave the counts exact when they are gone', () => {
    const folder = open();
    const huge = Array.from({ length: 3000 }, (_, i) => newer(`f${i}`, { size: Number.MAX_SAFE_INTEGER - i }));
    folder.saveRemote(ALICE, huge, false);
    folder.saveLocal([local('mine', { size: 5 })]);
    folder.dropRemote(ALICE);
    assert.equal(folder.counts().global.bytes, 5);
    assert.deepEqual(folder.counts().need, { items: 0, deletes: 0, bytes: 0 });
  });
});
