/**
 * The database of records: its file as a bad disk or a power cut leaves it, its log, and rows that nobody of ours wrote.
 * @module
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { LanfoldError } from '../../../src/core/errors.ts';
import type { FileRecord, LocalRecord } from '../../../src/core/model/file-record.ts';
import { fromRecord, toRecord } from '../../../src/edges/store/encode.ts';
import { openRecordStore } from '../../../src/edges/store/record-store.ts';
import type { RecordStore } from '../../../src/ports/record-store.ts';
import { blankFile, lookOf } from '../../harness/records.ts';
import { scratch } from '../engine/scratch.ts';
import { hold, holdSame, utf8, type Target } from '../engine/target.ts';

const PEER = 3n;
const path = (): string => join(scratch(), 'records.db');

function local(record: FileRecord, inode: bigint): LocalRecord {
  return { record, look: lookOf(record, { changedNs: 6n, inode }) };
}

function open(): RecordStore {
  let random = 0;
  return openRecordStore(path(), {
    randomBytes: (length) => new Uint8Array(length).fill((random += 1)),
    nowMs: () => 1234,
  });
}

function remove(): void {
  for (const name of readdirSync(scratch())) if (name.startsWith('records.db')) rmSync(join(scratch(), name));
}

/** Everything that a run asks of the store, and some of what it writes. */
function use(store: RecordStore): void {
  for (const id of [...store.folderIds(), 'photos']) {
    const folder = store.folder(id);
    folder.counts();
    folder.folderKey();
    folder.note('cursor');
    folder.maxSequence();
    for (const { record: one } of folder.below('', '', 1_000)) {
      folder.versions(one.name);
      folder.newest(one.name);
      if (one.blocks.length > 0) folder.filesWithBlocks(one.blocks, one.blockSize, 5);
    }
    folder.children('d');
    folder.changesSince(0, 1_000);
    folder.need(undefined, 1_000);
    folder.blockPlaces(new Uint8Array(32).fill(7), 10);
    for (const peer of folder.remotes()) {
      folder.completion(peer);
      folder.remoteIndex(peer);
    }
    folder.saveLocal([local(blankFile('d/new'), 9n)]);
    folder.saveRemote(PEER, [blankFile('d/new', { sequence: 99, version: [{ device: 3n, value: 9n }] })], false);
    folder.forgetLocal(['d/new']);
  }
}

let whole: Uint8Array | undefined;
let withLog: { readonly file: Uint8Array; readonly log: Uint8Array } | undefined;

/** A store with a bit of everything, as a run that was closed leaves it. */
function closedFile(): Uint8Array {
  if (whole !== undefined) return whole;
  remove();
  const store = open();
  fill(store);
  store.close();
  whole = Uint8Array.from(readFileSync(path()));
  return whole;
}

/** The same while it is open: most of it stands in the log. */
function openFiles(): { readonly file: Uint8Array; readonly log: Uint8Array } {
  if (withLog !== undefined) return withLog;
  remove();
  const store = open();
  fill(store);
  withLog = { file: Uint8Array.from(readFileSync(path())), log: Uint8Array.from(readFileSync(`${path()}-wal`)) };
  store.close();
  return withLog;
}

function fill(store: RecordStore): void {
  const folder = store.folder('photos');
  folder.setFolderKey('key');
  folder.setNote('cursor', 'd/e');
  const own = ['d', 'd/a', 'd/b', 'd/c', 'é', 'gone'].map((name, index) =>
    blankFile(name, {
      sequence: index + 1,
      deleted: name === 'gone',
      ...(name === 'd/b' ? { blocks: new Uint8Array(32).fill(8), size: 9 } : {}),
    }),
  );
  folder.saveLocal(own.map((record, index) => local(record, BigInt(index))));
  folder.saveRemote(
    PEER,
    [blankFile('d/a', { version: [{ device: 3n, value: 2n }] }), blankFile('theirs', { sequence: 2 })],
    false,
  );
}

/** Page, offset in it, and what becomes of some bytes there: 0 flips, 1 zeroes, 2 random, 3 ends the file. */
const DAMAGE_BYTES = 6;
const PAGE = 4096;

/** Every input is a list of damages, done to a good file. So an input stays small, and each hits a place that matters. */
function damaged(good: Uint8Array, damages: Uint8Array): Uint8Array {
  let file = Uint8Array.from(good);
  for (let at = 0; at + DAMAGE_BYTES <= damages.length; at += DAMAGE_BYTES) {
    const [page = 0, high = 0, low = 0, kind = 0, value = 0, length = 0] = damages.subarray(at, at + DAMAGE_BYTES);
    const place = (page * PAGE + (((high << 8) | low) % PAGE)) % Math.max(1, file.length);
    if (kind % 4 === 0) file[place] = (file[place] ?? 0) ^ (1 << (value & 7));
    else if (kind % 4 === 1) file.fill(0, place, place + (value << 4) + length);
    else if (kind % 4 === 2) file.fill(value, place, place + length);
    else file = file.slice(0, place);
  }
  return file;
}

const damages = fc
  .array(fc.uint8Array({ minLength: DAMAGE_BYTES, maxLength: DAMAGE_BYTES }), { minLength: 1, maxLength: 4 })
  .map((all) => Uint8Array.from(Buffer.concat(all)));

/** Two runs at most may meet the damage: one that finds it, and one that begins anew. */
function checkOpens(): void {
  for (let time = 1; time <= 3; time += 1) {
    let store: RecordStore | undefined;
    try {
      store = open();
      use(store);
      store.close();
      return;
    } catch (error) {
      hold(error instanceof LanfoldError, `damage is told in our words, not as ${String(error)}`);
      if (error.code === 'E_STATE_TOO_NEW' || isForeign(error)) return; // a flipped number in the head: a person has to look
      hold(error.code === 'E_STATE_BROKEN' && time < 3, `the next start begins anew, not with ${error.message}`);
    } finally {
      store?.close();
    }
  }
}

function isForeign(error: LanfoldError): boolean {
  return error.message.includes('another program');
}

/** Each input opens a database on the disk, some of them several times. */
const ON_DISK = { rooms: ['/src/edges/store/'], inputs: 1_000, slowMs: 8_000, notTimed: true } as const;

const databaseFile: Target = {
  name: 'record-store-file',
  title:
    'K14 K15 K16 case G02: whatever became of the file of records, it is found out, set aside and begun anew, at the latest with the next start',
  run(bytes) {
    remove();
    writeFileSync(path(), damaged(closedFile(), bytes));
    checkOpens();
  },
  seeds: () =>
    ['\0\0\0\0\0\0', '\x05\x00\x00\x01\xff\x00', '\x03\x00\x10\x03\x00\x00', '\x07\x01\x00\x02\xff\x40'].map((one) =>
      Uint8Array.from(Buffer.from(one, 'latin1')),
    ),
  shaped: damages,
  bytesMax: 10 * DAMAGE_BYTES,
  ...ON_DISK,
};

const databaseLog: Target = {
  name: 'record-store-log',
  title: 'K15 K18 case G02: whatever became of the log of records, the store opens, or is begun anew',
  run(bytes) {
    remove();
    const { file, log } = openFiles();
    writeFileSync(path(), file);
    writeFileSync(`${path()}-wal`, damaged(log, bytes));
    checkOpens();
  },
  seeds: () => [new Uint8Array(6), Uint8Array.of(0, 0, 40, 0, 1, 0), Uint8Array.of(3, 2, 0, 3, 0, 0)],
  shaped: damages,
  bytesMax: 10 * DAMAGE_BYTES,
  ...ON_DISK,
};

/** A file that is all other bytes: another program's, or none at all. */
const anyFile: Target = {
  name: 'record-store-any',
  title: 'K14 K15 case G02: whatever file lies where the records should be, it is set aside or left as it is, and told',
  run(bytes) {
    remove();
    writeFileSync(path(), bytes);
    checkOpens();
    const kept = readdirSync(scratch()).some((name) => name === 'records.db' || name.startsWith('records.db.damaged-'));
    hold(kept, 'nothing is deleted');
  },
  seeds: () => [utf8('SQLite format 3\0'), closedFile().slice(0, PAGE), utf8('hello')],
  bytesMax: 2 * PAGE,
  ...ON_DISK,
};

const signed = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const blob = fc.option(fc.uint8Array({ maxLength: 70 }), { nil: null });
const rows = fc.record({
  name: fc.string({ unit: 'binary', maxLength: 20 }),
  source: signed,
  sequence: signed,
  type: signed,
  flags: signed,
  permissions: signed,
  modified_ns: signed,
  modified_by: signed,
  version: fc.uint8Array({ maxLength: 70 }),
  size: signed,
  block_size: signed,
  blocks: blob,
  symlink_target: blob,
  previous_hash: blob,
});

/** Any row that the tables can hold is a record; what it was made from, if it is one of ours, comes back. */
const row: Target = {
  name: 'record-row',
  title: 'K1 whatever a row holds, a record is read of it, and is kept as it was read',
  run(bytes) {
    const [one] = fc.sample(rows, { numRuns: 1, seed: seedOf(bytes) });
    if (one === undefined) return;
    const read = toRecord(one);
    hold(['file', 'directory', 'symlink'].includes(read.type), 'it is one of three kinds');
    const [sequence, type, flags, permissions, modifiedNs, modifiedBy, version, size, blockSize] = fromRecord(read);
    if (!Number.isSafeInteger(read.sequence) || !Number.isSafeInteger(read.size)) return;
    const again = toRecord({
      ...one,
      ...asIntegers({
        sequence,
        type,
        flags,
        permissions,
        modified_ns: modifiedNs,
        modified_by: modifiedBy,
        size,
        block_size: blockSize,
      }),
      version: Uint8Array.from(version as Uint8Array),
    });
    holdSame(again, read, 'what was kept is read as it was meant');
  },
  seeds: () => [utf8('1'), utf8('2')],
  shaped: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  rooms: ['/src/edges/store/encode.ts'],
  bytesMax: 8,
  inputs: 1_500,
  notTimed: true,
};

function seedOf(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);
}

function asIntegers(values: Readonly<Record<string, unknown>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, BigInt(value as number)]));
}

export const STORE_TARGETS: readonly Target[] = [databaseFile, databaseLog, anyFile, row];
