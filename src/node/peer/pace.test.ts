import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { clusterDevice, clusterFolder } from '../../../test/harness/cluster-config.ts';
import { IndexUpdate } from '../../core/wire/messages.ts';
import { costOfConfig, costOfIndex, newPaces, Pace } from './pace.ts';

const DEVICE = 1n;

test('R19 what comes too fast waits for its time, what comes after a rest does not, and nobody waits longer than the whole', () => {
  const pace = new Pace({ atOnce: 10, perSecond: 2 });
  equal(pace.waitMs(DEVICE, 10, 0), 0);
  equal(pace.waitMs(2n, 10, 0), 0, 'another device has its own');
  equal(pace.waitMs(DEVICE, 1, 0), 500);
  equal(pace.waitMs(DEVICE, 1, 500), 500);
  equal(pace.waitMs(DEVICE, 1, 2000), 0);
  equal(pace.waitMs(DEVICE, 1000, 60_000), 5000);
  equal(pace.waitMs(DEVICE, 10, 70_000), 0, 'nor is anything held against it for ever');
});

test('R19 of the index of a hundred thousand files, however fast it comes, nothing waits; of three of a million blocks the last does', () => {
  const { indexes } = newPaces();
  const version = { counters: [{ device: 1n, value: 1n }] };
  const files = Array.from({ length: 1000 }, () => ({ name: 'n', version, blocks: [{ size: 1 }] }));
  const part = costOfIndex(IndexUpdate.decode(IndexUpdate.encode({ files })));
  equal(part, 3000);
  for (let parts = 0; parts < 100; parts += 1) equal(indexes.waitMs(DEVICE, part, 0), 0);
  const file = 1_048_576;
  for (const waitMs of [0, 0]) equal(indexes.waitMs(2n, file, 0), waitMs);
  equal(indexes.waitMs(2n, file, 0) > 3000, true);
});

test('R19 thirty cluster configs may come at once, of large ones fewer, and any number that a connection begins with', () => {
  const { configs } = newPaces();
  const devices = Array.from({ length: 50 }, () => clusterDevice(new Uint8Array(32), { addresses: ['dynamic'] }));
  const large = { folders: Array.from({ length: 200 }, () => clusterFolder('f', { devices })), secondary: false };
  const empty = { folders: [], secondary: false };
  deepEqual([costOfConfig(empty, true), costOfConfig(empty, false), costOfConfig(large, false)], [0, 1, 3.02]);
  for (let times = 0; times < 30; times += 1) equal(configs.waitMs(DEVICE, 1, 0), 0);
  equal(configs.waitMs(DEVICE, 1, 0), 1000 / 3);
});
