import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import type { FolderStatus } from '../index.ts';
import { isAtRest, progressText, WorkMeter } from './progress.ts';

const MB = 1_000_000;

function status(part: Partial<FolderStatus> = {}): FolderStatus {
  return {
    id: 'photos',
    path: '/home/maria/Photos',
    state: 'syncing',
    files: 0,
    directories: 0,
    symlinks: 0,
    bytes: 0,
    global: { files: 0, bytes: 0 },
    need: { items: 0, deletes: 0, bytes: 0 },
    problems: [],
    peers: [],
    ...part,
  };
}

const needing = (items: number, bytes: number): FolderStatus => status({ need: { items, deletes: 0, bytes } });

function peer(completion: number, needBytes: number): FolderStatus['peers'][number] {
  return { id: 'P', connected: true, completion, needItems: 1, needDeletes: 0, needBytes };
}

test('U50 progress is a story: total known at once, rate and time left after three seconds', () => {
  const meter = new WorkMeter(0);
  equal(
    progressText('/x/Photos', meter.take(needing(1000, 100 * MB), 0)),
    'Photos  receiving 0/1,000  0 B of 100 MB  0 %',
  );
  const soon = meter.take(needing(900, 90 * MB), 1000);
  deepEqual([soon.percent, soon.bytesPerSecond, soon.secondsLeft], [10, 10 * MB, undefined]);
  equal(
    progressText('/x/Photos', meter.take(needing(600, 60 * MB), 4000)),
    'Photos  receiving 400/1,000  40 MB of 100 MB  40 %  10 MB/s  6 s left',
  );
});

test('U51 progress never goes back, also when more is found, and is 100 only at the end', () => {
  const meter = new WorkMeter(0);
  meter.take(needing(10, 10 * MB), 0);
  equal(meter.take(needing(5, 5 * MB), 100).percent, 50);
  const grown = meter.take(needing(105, 105 * MB), 200);
  deepEqual([grown.percent, grown.items], [50, { done: 5, total: 110 }]);
  ok(meter.take(needing(1, 0), 300).percent < 100);
});

test('U52 the rate is that of the last seconds', () => {
  const meter = new WorkMeter(0);
  for (let second = 0; second <= 10; second += 1) meter.take(needing(1, (1000 - 10 * second) * MB), second * 1000);
  let rate = 0;
  for (let second = 11; second <= 20; second += 1) {
    rate = meter.take(needing(1, (900 - (second - 10)) * MB), second * 1000).bytesPerSecond;
  }
  equal(rate, MB);
});

test('U53 what is missing here is told before what a peer misses', () => {
  const behind = [peer(50, 5 * MB), peer(90, MB)];
  const meter = new WorkMeter(0);
  const receiving = meter.take(status({ need: { items: 1, deletes: 1, bytes: MB }, peers: behind }), 0);
  deepEqual([receiving.activity, receiving.items.total], ['receiving', 2]);
  const sending = meter.take(status({ state: 'in-sync', peers: behind }), 100);
  deepEqual([sending.activity, sending.bytes.total, sending.percent], ['sending', 5 * MB, 0]);
  equal(meter.take(status({ state: 'scanning' }), 200).activity, 'scanning');
});

test('U54 a folder is at rest when nothing is left for it or a connected peer, or when only a person can help', () => {
  equal(isAtRest(status({ state: 'in-sync', peers: [peer(100, 0)] })), true);
  equal(isAtRest(status({ state: 'in-sync', peers: [peer(99, 1)] })), false);
  equal(isAtRest(status({ state: 'in-sync', peers: [{ ...peer(99, 1), connected: false }] })), true);
  equal(isAtRest(status({ state: 'scanning' })), false);
  equal(isAtRest(status({ state: 'needs-you', need: { items: 1, deletes: 0, bytes: 1 } })), true);
});
