import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { record } from '../../../test/harness/records.ts';
import { ignoredRecord } from '../../core/scan/changes.ts';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { MemoryDisk } from '../../edges/memory/memory-disk.ts';
import { MemoryTree } from '../../edges/memory/memory-tree.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { SeededChance } from '../../edges/memory/seeded-chance.ts';
import { openRecordStore } from '../../edges/store/record-store.ts';
import { DamageList } from './damage-list.ts';
import { IgnoreKeeper } from './ignore-keeper.ts';
import { Mounts } from './mounts.ts';

const QUIET_MS = 1000;
/** A read is under way so long after the quiet is over. */
const READING_MS = QUIET_MS + 0.1;

/** A folder whose `*.mine` is ignored until the file is removed, with its removal just told. */
async function removed({ beforeNews = () => {} }: { beforeNews?: (keeper: IgnoreKeeper) => void } = {}) {
  const scheduler = new Scheduler();
  const life = new Life(scheduler);
  const clock = new MemoryClock(life);
  const disk = new MemoryDisk(() => clock.nowNs());
  disk.makeDirectory('root');
  disk.createFile('root/.stignore', 0o644, Buffer.from('*.mine\n'));
  const tree = new MemoryTree({ disk, root: 'root', life, clock, chance: new SeededChance('ignores'), stepMsMax: 10 });
  const store = openRecordStore(':memory:', { randomBytes: (length) => new Uint8Array(length).fill(7) });
  const records = store.folder('docs');
  let changes = 0;
  let failures = 0;
  const keeper = new IgnoreKeeper({
    tree,
    records,
    clock,
    mounts: new Mounts({ tree, records, onChange: () => {} }),
    damageList: new DamageList(records, () => new Uint8Array(32)),
    save: (saved) => void records.saveLocal(saved),
    forget: (names) => records.forgetLocal(names),
    onChange: () => (changes += 1),
    onFailure: () => (failures += 1),
  });
  await scheduler.runUntil(keeper.load());
  equal(keeper.rules.match('a.mine').ignored, true);
  disk.unlink('root/.stignore');
  beforeNews(keeper);
  keeper.touched(['.stignore']);
  return {
    scheduler,
    disk,
    records,
    keeper,
    changes: () => changes,
    failures: () => failures,
    [Symbol.dispose]: () => store.close(),
  };
}

test('I5 a change of the patterns is told once they have come to rest', async () => {
  using it = await removed();
  await it.scheduler.runFor(QUIET_MS - 1);
  equal(it.changes(), 0);
  equal(it.keeper.rules.match('a.mine').ignored, true, 'the stricter rules hold meanwhile');
  await it.scheduler.runFor(QUIET_MS);
  equal(it.changes(), 1);
  equal(it.keeper.rules.match('a.mine').ignored, false);
});

test('I5 it is told, too, when there is more news while they are being read', async () => {
  using it = await removed();
  await it.scheduler.runFor(READING_MS);
  it.keeper.touched(['.stignore']);
  await it.scheduler.runFor(3 * QUIET_MS);
  equal(it.changes(), 1);
  equal(it.keeper.rules.match('a.mine').ignored, false);
});

test('I5 it is told, too, when a walk of the folder reads them at the same moment', async () => {
  using it = await removed();
  await it.scheduler.runFor(READING_MS);
  void it.keeper.load();
  await it.scheduler.runFor(3 * QUIET_MS);
  equal(it.changes(), 1);
});

test('I5 what held while they were being written holds no longer once a broken file is mended and read', async () => {
  using it = await removed();
  await it.scheduler.runFor(QUIET_MS / 2);
  it.disk.createFile('root/.stignore', 0o644, Buffer.from('#include\n*.[\n'));
  await it.scheduler.runFor(QUIET_MS);
  equal(it.failures(), 1);
  it.disk.unlink('root/.stignore');
  await it.scheduler.runUntil(it.keeper.load());
  equal(it.keeper.rules.match('a.mine').ignored, false);
});

test('I5 what was recorded as ignored while they were being written is wanted afterwards, even if a walk read them first', async () => {
  using it = await removed({ beforeNews: (keeper) => void keeper.load() });
  await it.scheduler.runFor(QUIET_MS / 2);
  equal(it.keeper.rules.match('a.mine').ignored, true);
  it.records.saveLocal([{ record: ignoredRecord(record({ name: 'a.mine' })), look: undefined }]);
  await it.scheduler.runFor(QUIET_MS);
  equal(it.keeper.rules.match('a.mine').ignored, false);
  equal(it.records.local('a.mine'), undefined);
});
