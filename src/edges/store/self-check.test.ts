import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { blankFile, lookOf } from '../../../test/harness/records.ts';
import { NO_BYTES, type FileRecord, type LocalRecord } from '../../core/model/file-record.ts';
import type { RecordStore } from '../../ports/record-store.ts';
import { openRecordStore } from './record-store.ts';

const PEER = 7n;
const noPause = (): Promise<void> => Promise.resolve();

function file(name: string, blocks: number, counter = 1n, device = 1n): FileRecord {
  return blankFile(name, {
    size: blocks === 0 ? 0 : (blocks - 1) * 131_072 + 1,
    modifiedBy: device,
    version: [{ device, value: counter }],
    blocks: new Uint8Array(32 * Math.max(1, blocks)).fill(name.length + blocks),
  });
}

function local(record: FileRecord): LocalRecord {
  return { record, look: lookOf(record, { changedNs: 6n }) };
}

/** A store that has been through something, at a path that ends with its test. */
function used(context: TestContext): {
  path: string;
  open: (options?: { visit: boolean }) => RecordStore;
  rebuilt: string[];
} {
  const directory = mkdtempSync(join(tmpdir(), 'lanfold-check-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'records.sqlite');
  const rebuilt: string[] = [];
  const open = (options = { visit: false }): RecordStore => {
    const onRebuilt = (reason: string): void => void rebuilt.push(reason);
    return openRecordStore(path, { randomBytes: (length) => new Uint8Array(length).fill(3), onRebuilt, ...options });
  };
  const store = open();
  for (const id of ['photos', 'notes']) {
    const folder = store.folder(id);
    const names = Array.from({ length: 500 }, (_, index) => `file ${index}`);
    folder.saveLocal(names.map((name, index) => local(file(name, index % 4))));
    folder.saveRemote(PEER, [file('file 1', 3, 9n, PEER), file('theirs', 2, 1n, PEER)], true);
    folder.saveLocal([
      local(file('file 2', 3, 4n)),
      { record: { ...file('file 3', 0), deleted: true, blocks: NO_BYTES }, look: undefined },
    ]);
    folder.forgetLocal(['file 4']);
  }
  store.dropFolder('notes');
  store.close();
  return { path, open, rebuilt };
}

test('U97 a good store is found good, whatever was done to it, also while it is written to', async (context) => {
  const { open, rebuilt } = used(context);
  const store = open();
  deepEqual(await store.check(noPause), []);
  let saves = 0;
  const faults = await store.check(() => {
    saves += 1;
    store.folder('photos').saveLocal([local(file(`more ${saves % 5}`, saves % 3, BigInt(saves)))]);
    return Promise.resolve();
  });
  deepEqual(faults, []);
  ok(saves > 5);
  store.close();
  open().close();
  deepEqual(rebuilt, []);
});

const SABOTAGE: [what: string, sql: string, said: RegExp][] = [
  [
    'a sequence number that comes twice',
    'UPDATE records SET sequence = 50 WHERE sequence = 51',
    /two records have one/,
  ],
  [
    'a sequence number that was never given',
    'UPDATE sources SET max_sequence = 10 WHERE peer IS NULL',
    /above the last/,
  ],
  ['counts that are not those of the records', 'UPDATE tallies SET files = files + 1 WHERE subject = -1', /the counts/],
  [
    'a record that is gone',
    "DELETE FROM records WHERE name = (SELECT id FROM names WHERE name = 'file 9')",
    /file 9|the counts/,
  ],
  [
    'a look without a record',
    "DELETE FROM own WHERE name = (SELECT id FROM names WHERE name = 'file 8')",
    /"file 8" is known by half/,
  ],
  ['a need that is not there', "DELETE FROM need WHERE name = 'theirs'", /that "theirs" is needed is not kept/],
  ['a need of nobody', "INSERT INTO need VALUES (1, 1, 0, 'ghost', 1)", /needed that nobody knows/],
  [
    'a list of blocks that is gone',
    'DELETE FROM contents WHERE id = (SELECT min(id) FROM contents)',
    /not as many blocks/,
  ],
  [
    'a row that no table of ours can hold',
    `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'size INTEGER NOT NULL', 'size INTEGER') WHERE name = 'records'; PRAGMA writable_schema = RESET; UPDATE records SET size = NULL WHERE sequence = 41`,
    /for a number/,
  ],
  ['a size that its blocks do not have', 'UPDATE records SET size = 9999999 WHERE sequence = 41', /not as many blocks/],
];
for (const [what, sql, said] of SABOTAGE)
  test(`U97 case G02: ${what} is found; U98 the store goes on, and the next open begins anew`, async (context) => {
    const { path, open, rebuilt } = used(context);
    const database = new DatabaseSync(path, { defensive: false });
    database.exec(sql);
    database.close();
    const store = open();
    const [fault] = await store.check(noPause);
    match(fault ?? 'no fault', said);
    store.folder('photos').saveLocal([local(file('goes on', 1))]);
    equal(store.folder('photos').local('goes on')?.record.name, 'goes on');
    store.close();
    open({ visit: true }).close();
    deepEqual(rebuilt, [], 'a visit leaves it as it is');
    const anew = open();
    equal(rebuilt.length, 1);
    match(rebuilt[0] ?? '', said);
    equal(anew.uncleanStop, true);
    deepEqual(anew.folderIds(), []);
    deepEqual(await anew.check(noPause), []);
    anew.close();
    ok(
      readdirSync(join(path, '..')).some((name) => name.includes('.damaged-')),
      'the old one is there to be looked at',
    );
  });

test('U99 case G02: after an unclean stop sequence numbers are looked at by each open, after a clean one not', (context) => {
  const { path, open, rebuilt } = used(context);
  for (const [unclean, times] of [
    [0, 0],
    [1, 1],
  ]) {
    const database = new DatabaseSync(path);
    database.exec(`UPDATE records SET sequence = 50 WHERE sequence = 51; UPDATE run SET unclean = ${unclean}`);
    database.close();
    open().close();
    equal(rebuilt.length, times);
  }
  match(rebuilt[0] ?? '', /two records have one sequence number/);
});

test('U97 it ends when it is told to', async (context) => {
  const { open } = used(context);
  const store = open();
  const reason = new Error('enough');
  await rejects(
    store.check(() => Promise.reject(reason)),
    reason,
  );
  store.close();
});
