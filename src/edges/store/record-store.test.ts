import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { MemoryDisk, mountsMissing } from '../../../test/harness/mounts.ts';
import { blankFile } from '../../../test/harness/records.ts';
import type { RecordStore } from '../../ports/record-store.ts';
import { openRecordStore, type RecordStoreOptions } from './record-store.ts';

const PEER = 3n;
let random = 0;
const OPTIONS: RecordStoreOptions = {
  randomBytes: (length) => new Uint8Array(length).fill((random += 1)),
  nowMs: () => 1234,
  onRebuilt: (reason) => assert.fail(`rebuilt: ${reason}`),
};

function place(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'lanfold-store-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'records.db');
}

function fill(store: RecordStore, count: number): void {
  const list = Array.from({ length: count }, (_, index) => blankFile(`some/directory/${index}`));
  store.folder('photos').saveLocal(list.map((record) => ({ record, look: undefined })));
}

/** As a kill would leave it: what is in the file without the store having been closed. */
function markUnclean(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('UPDATE run SET unclean = 1');
  database.close();
}

test('K10 everything is there again after closing and opening', (context) => {
  const path = place(context);
  const before = openRecordStore(path, OPTIONS);
  const folder = before.folder('photos');
  assert.equal(before.folder('photos'), folder);
  assert.equal(folder.folderKey(), undefined);
  folder.setFolderKey('key');
  folder.setNote('cursor', 'd/e');
  folder.setNote('flag', 'x');
  folder.setNote('flag', undefined);
  fill(before, 3);
  folder.saveRemote(PEER, [blankFile('theirs')], false);
  const indexId = folder.indexId();
  const counts = folder.counts();
  before.close();
  before.close();
  assert.throws(() => folder.counts(), { code: 'E_CLOSED' });
  assert.throws(() => before.folder('music'), { code: 'E_CLOSED' });

  const after = openRecordStore(path, OPTIONS);
  assert.equal(after.uncleanStop, false);
  assert.deepEqual(after.folderIds(), ['photos']);
  const again = after.folder('photos');
  assert.equal(again.indexId(), indexId);
  assert.equal(again.folderKey(), 'key');
  assert.equal(again.note('cursor'), 'd/e');
  assert.equal(again.note('flag'), undefined);
  assert.equal(again.maxSequence(), 3);
  assert.deepEqual(again.counts(), counts);
  assert.deepEqual(again.remote(PEER, 'theirs'), blankFile('theirs'));
  after.close();
});

test('K11 index IDs are random, never 0, and new after a doubt or for a folder that is added again', () => {
  const draws = [0, 1, 2, 3].map((byte) => new Uint8Array(8).fill(byte));
  const store = openRecordStore(':memory:', { randomBytes: () => draws.shift() ?? assert.fail('drawn too often') });
  const first = store.folder('photos').indexId();
  assert.equal(first, 0x0101_0101_0101_0101n);
  fill(store, 2);
  assert.equal(store.folder('photos').renewIndexId(), 0x0202_0202_0202_0202n);
  assert.equal(store.folder('photos').indexId(), 0x0202_0202_0202_0202n);
  assert.equal(store.folder('photos').maxSequence(), 2);
  store.dropFolder('photos');
  assert.equal(store.folder('photos').indexId(), 0x0303_0303_0303_0303n);
});

test('K12 a dropped folder is forgotten whole, its neighbour not at all', (context) => {
  const path = place(context);
  const store = openRecordStore(path, OPTIONS);
  const dropped = store.folder('photos');
  fill(store, 3);
  dropped.saveRemote(PEER, [blankFile('theirs')], false);
  const kept = store.folder('music');
  kept.saveLocal([{ record: blankFile('song'), look: undefined }]);
  store.dropFolder('photos');
  store.dropFolder('never');
  assert.throws(() => dropped.counts(), { code: 'E_FOLDER_UNKNOWN' });
  assert.deepEqual(store.folderIds(), ['music']);
  assert.equal(kept.blockPlaces(new Uint8Array(32).fill(7), 9).length, 3);
  store.dropFolder('music');
  store.close();
  const database = new DatabaseSync(path);
  for (const table of ['names', 'records', 'own', 'contents', 'places', 'need', 'tallies', 'sources', 'folders'])
    assert.equal(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'], 0, table);
  database.close();
});

test('K12 a list of blocks is kept once, and goes with the last record that has it', (context) => {
  const path = place(context);
  const kept = (work: (store: RecordStore) => void): number[] => {
    const store = openRecordStore(path, OPTIONS);
    work(store);
    store.close();
    const database = new DatabaseSync(path);
    const counts = ['contents', 'places'].map((table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get());
    database.close();
    return counts.map((row) => Number(row?.['n']));
  };
  const other = { ...blankFile('theirs'), blocks: new Uint8Array(64).fill(8) };
  assert.deepEqual(
    kept((store) => fill(store, 3)),
    [1, 3],
  );
  assert.deepEqual(
    kept((store) => store.folder('photos').saveRemote(PEER, [blankFile('theirs')], false)),
    [1, 3],
  );
  assert.deepEqual(
    kept((store) => store.dropFolder('photos')),
    [0, 0],
  );
  assert.deepEqual(
    kept((store) => store.folder('photos').saveRemote(PEER, [blankFile('theirs')], false)),
    [1, 0],
  );
  assert.deepEqual(
    kept((store) => store.folder('photos').saveRemote(PEER, [other], false)),
    [1, 0],
  );
  assert.deepEqual(
    kept((store) => store.folder('photos').saveRemote(PEER, [], true)),
    [0, 0],
  );
});

test('K13 an open store is locked at once for all others, in this process and in another', (context) => {
  const path = place(context);
  const store = openRecordStore(path, OPTIONS);
  const startedMs = performance.now();
  assert.throws(() => openRecordStore(path, OPTIONS), { code: 'E_STATE_LOCKED' });
  assert.ok(performance.now() - startedMs < 500);
  const script = `
    import { openRecordStore } from ${JSON.stringify(new URL('record-store.ts', import.meta.url).href)};
    try { openRecordStore(${JSON.stringify(path)}, { randomBytes: (n) => new Uint8Array(n) }); }
    catch (error) { process.stdout.write(error.code); }`;
  const other = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  assert.equal(other.stdout, 'E_STATE_LOCKED', other.stderr);
  store.folder('photos'); // the losers took nothing away
  store.close();
  openRecordStore(path, OPTIONS).close();
});

test('K13 nor is one set aside that turned out damaged, while who found it has it open', (context) => {
  const path = place(context);
  const store = openRecordStore(path, OPTIONS);
  writeFileSync(`${path}-damaged`, 'a page is torn');
  assert.throws(() => openRecordStore(path, OPTIONS), { code: 'E_STATE_LOCKED' });
  assert.ok(existsSync(path));
  store.close();
  const reasons: string[] = [];
  openRecordStore(path, { ...OPTIONS, onRebuilt: (reason) => void reasons.push(reason) }).close();
  assert.deepEqual(reasons, ['a page is torn']);
});

test('K14 a store of a newer lanfold is left as it is', (context) => {
  const path = place(context);
  openRecordStore(path, OPTIONS).close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 999');
  database.close();
  const before = readFileSync(path);
  assert.throws(() => openRecordStore(path, OPTIONS), { code: 'E_STATE_TOO_NEW' });
  assert.deepEqual(readFileSync(path), before);
});

test('K14 a database of another program is left as it is', (context) => {
  const path = place(context);
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE theirs (x)');
  database.close();
  assert.throws(() => openRecordStore(path, OPTIONS), { code: 'E_STATE_BROKEN' });
  assert.deepEqual(readdirSync(join(path, '..')), ['records.db']);
});

test('K14 a place that cannot be opened is told', (context) => {
  assert.throws(() => openRecordStore(join(place(context), 'x', 'y.db'), OPTIONS), { code: 'E_STATE_BROKEN' });
});

test('K14 on a disk that is read only it is told, and left as it is', { skip: mountsMissing() ?? false }, () => {
  using disk = new MemoryDisk(2);
  const path = join(disk.path, 'records.db');
  const before = openRecordStore(path, OPTIONS);
  fill(before, 10);
  before.close();
  execFileSync('mount', ['-o', 'remount,ro', disk.path]);
  assert.throws(() => openRecordStore(path, OPTIONS), { code: 'E_STATE_BROKEN', message: /Cannot read/u });
  execFileSync('mount', ['-o', 'remount,rw', disk.path]);
  const store = openRecordStore(path, OPTIONS); // and no reason to begin anew
  assert.equal(store.folder('photos').local('some/directory/9')?.record.name, 'some/directory/9');
  store.close();
  assert.deepEqual(readdirSync(disk.path), ['records.db']);
});

const damages: [what: string, damage: (path: string) => void][] = [
  ['a few words', (path) => writeFileSync(path, 'hello')],
  ['no database', (path) => writeFileSync(path, Buffer.alloc(100_000, 'x'))],
  [
    'a file cut short',
    (path) => {
      markUnclean(path);
      truncateSync(path, 20_000);
    },
  ],
  [
    'a head that says that only a later SQLite may write it',
    (path) => writeFileSync(path, readFileSync(path).fill(3, 18, 19)),
  ],
  [
    'pages overwritten',
    (path) => {
      markUnclean(path);
      overwrite(path);
    },
  ],
];

for (const [what, damage] of damages)
  test(`K15 case G02: a damaged file is set aside and the store begins anew: ${what}`, (context) => {
    const path = place(context);
    const before = openRecordStore(path, OPTIONS);
    fill(before, 2000);
    before.close();
    damage(path);
    const damaged = readFileSync(path);
    const reasons: string[] = [];
    const store = openRecordStore(path, { ...OPTIONS, onRebuilt: (reason) => reasons.push(reason) });
    assert.equal(reasons.length, 1);
    assert.notEqual(reasons[0], '');
    assert.equal(store.uncleanStop, true);
    assert.deepEqual(store.folderIds(), []);
    assert.equal(readFileSync(`${path}.damaged-1234`).length, damaged.length);
    fill(store, 10);
    store.close();
    openRecordStore(path, OPTIONS).close();
  });

test('K16 damage that shows later is an error, from then on at each call, and the next open begins anew', (context) => {
  const path = place(context);
  const before = openRecordStore(path, OPTIONS);
  fill(before, 2000);
  before.close();
  overwrite(path); // after a clean stop the pages are not looked over
  const store = openRecordStore(path, OPTIONS);
  const folder = store.folder('photos');
  assert.throws(() => folder.below('', '', 10_000), { code: 'E_STATE_BROKEN' });
  assert.throws(() => folder.counts(), { code: 'E_STATE_BROKEN' });
  assert.throws(() => folder.saveLocal([]), { code: 'E_STATE_BROKEN' });
  store.close();
  let rebuilt = 0;
  openRecordStore(path, { ...OPTIONS, onRebuilt: () => (rebuilt += 1) }).close();
  assert.equal(rebuilt, 1);
});

test('K16 a row that no table can hold is damage, and so is a table that lacks a column', (context) => {
  const harms = [
    `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'max_sequence INTEGER NOT NULL', 'max_sequence INTEGER') WHERE name = 'sources'; PRAGMA writable_schema = RESET; UPDATE sources SET max_sequence = NULL`,
    'ALTER TABLE own RENAME COLUMN changed_ns TO changed_nt',
  ];
  for (const harm of harms) {
    const path = place(context);
    const before = openRecordStore(path, OPTIONS);
    fill(before, 3);
    before.close();
    const database = new DatabaseSync(path, { defensive: false });
    database.exec(harm);
    database.close();
    const store = openRecordStore(path, OPTIONS);
    const use = (): unknown => [store.folder('photos').local('some/directory/1'), store.folder('photos').maxSequence()];
    assert.throws(use, { code: 'E_STATE_BROKEN' }, harm);
    assert.throws(use, { code: 'E_STATE_BROKEN' });
    store.close();
    let rebuilt = 0;
    openRecordStore(path, { ...OPTIONS, onRebuilt: () => (rebuilt += 1) }).close();
    assert.equal(rebuilt, 1, harm);
    openRecordStore(path, OPTIONS).close();
  }
});

test('K17 a change that fails half way leaves nothing behind', (context) => {
  const store = openRecordStore(place(context), OPTIONS);
  const folder = store.folder('photos');
  fill(store, 2);
  const counts = folder.counts();
  const bad = { ...blankFile('bad'), version: [{ device: -1n, value: 1n }] };
  assert.throws(
    () => folder.saveLocal([blankFile('good'), bad].map((record) => ({ record, look: undefined }))),
    RangeError,
  );
  assert.equal(folder.local('good'), undefined);
  assert.equal(folder.maxSequence(), 2);
  assert.deepEqual(folder.counts(), counts);
  store.close();
});

/** Zeroes in every page but the first ones: the header, the schema and the roots of the tables. */
function overwrite(path: string): void {
  const bytes = readFileSync(path);
  for (let page = 60; page < bytes.length / 4096; page += 1) bytes.fill(0, page * 4096, page * 4096 + 2000);
  writeFileSync(path, bytes);
}

test('K19 on a full disk it closes all the same, and opens again', { skip: mountsMissing() ?? false }, () => {
  using disk = new MemoryDisk(2);
  const path = join(disk.path, 'records.db');
  const store = openRecordStore(path, OPTIONS);
  assert.throws(
    () => {
      for (;;) fill(store, 1000);
    },
    { code: 'E_DISK_FULL' },
  );
  // What was undone is not remembered: the counts are those that the file has.
  const counts = store.folder('photos').counts();
  assert.throws(() => {
    for (;;) writeFileSync(join(disk.path, 'rest'), Buffer.alloc(4096), { flag: 'a' });
  }, /ENOSPC/);
  store.close();
  disk.resize(16);
  const again = openRecordStore(path, OPTIONS);
  assert.equal(again.folder('photos').maxSequence() > 0, true);
  assert.deepEqual(again.folder('photos').counts(), counts);
  again.close();
});

function modesBeside(path: string): number[] {
  return readdirSync(dirname(path)).map((name) => statSync(join(dirname(path), name)).mode & 0o777);
}

test(
  'K19 a note that a full disk refused leaves no clean stop behind, unless it was set later',
  { skip: mountsMissing() ?? false },
  () => {
    using disk = new MemoryDisk(2);
    const path = join(disk.path, 'records.db');
    for (const isSetLater of [false, true]) {
      const store = openRecordStore(path, OPTIONS);
      const folder = store.folder('photos');
      assert.throws(() => folder.setNote('in doubt', 'x'.repeat(4 * 1024 * 1024)), { code: 'E_DISK_FULL' });
      if (isSetLater) folder.setNote('in doubt', 'x');
      store.close();
      const again = openRecordStore(path, OPTIONS);
      assert.equal(again.uncleanStop, !isSetLater);
      again.close();
    }
  },
);

test('K21 case J17: the file is for its owner alone, also one that others could read before', (context) => {
  const path = place(context);
  const store = openRecordStore(path, OPTIONS);
  fill(store, 1);
  assert.deepEqual(modesBeside(path), [0o600, 0o600]);
  store.close();
  chmodSync(path, 0o644);
  openRecordStore(path, OPTIONS).close();
  assert.deepEqual(modesBeside(path), [0o600]);
});

test('K21 case J17: so is its log that a kill has left', (context) => {
  const [killed, path] = [place(context), place(context)];
  const store = openRecordStore(killed, OPTIONS);
  fill(store, 100);
  // As a lanfold that hid nothing has left them, when it was killed.
  for (const suffix of ['', '-wal']) writeFileSync(path + suffix, readFileSync(killed + suffix), { mode: 0o644 });
  store.close();
  const again = openRecordStore(path, OPTIONS);
  fill(again, 1);
  assert.deepEqual(modesBeside(path), [0o600, 0o600]);
  again.close();
});
