/**
 * Measures lanfold as syncthing.ts measures Syncthing: two nodes in processes of their own on loopback, from the built
 * command line, durable as always. Its transfer counts from the start of B's process, Syncthing's only from the moment they
 * are connected: the difference is lanfold's own start, some tenths of a second, to its disadvantage.
 * @module
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Lanfold } from '../test/harness/lanfold.ts';
import { until } from '../test/harness/process.ts';
import type { Sample } from './report.ts';
import { firstSyncSamples, memorySamples, type FirstSync } from './samples.ts';
import { allThere, assertEqual, flushDisk, measureLatency, withTwoFolders, type Workload } from './workload.ts';

export const LANFOLD = 'lanfold';
const FOLDER = 'bench';
const MAIN = join(import.meta.dirname, '..', 'bin', 'lanfold.cjs');

type Status = {
  readonly folders: readonly {
    readonly state: string;
    readonly files: number;
    readonly peers: readonly { readonly connected: boolean; readonly completion: number }[];
  }[];
};

export async function measureLanfoldFirstSync(workload: Workload): Promise<Sample[]> {
  return await withPair(async (pair) => {
    return firstSyncSamples(LANFOLD, workload, await syncFirst(pair, workload));
  });
}

export async function measureLanfoldLatency(count: number): Promise<Sample[]> {
  return await withPair(async ({ first, second, from, to }) => {
    await first.up();
    await second.up();
    await first.waitForStatus('connected', (status) => isConnected(status));
    const samples: Sample[] = [];
    for (let at = 0; at < count; at++) {
      const value = await measureLatency(from, to, `latency ${at}`);
      samples.push({ contender: LANFOLD, measure: 'latency of 1 KiB, by watcher', unit: 'ms', value });
      await delay(100 + ((at * 137) % 400));
    }
    return samples;
  });
}

/** Resident memory of each node: at most during a first sync, and idle after a restart of both. */
export async function measureLanfoldMemory(workload: Workload): Promise<Sample[]> {
  return await withPair(async (pair) => {
    await syncFirst(pair, workload);
    return await memorySamples(LANFOLD, workload, pair, () =>
      pair.second.waitForStatus('in sync again', (status) => hasAll(status, workload.files) && isConnected(status)),
    );
  });
}

type Pair = { readonly first: Lanfold; readonly second: Lanfold; readonly from: string; readonly to: string };

async function syncFirst({ first, second, from, to }: Pair, workload: Workload): Promise<FirstSync> {
  const names = workload.fill(from);
  const startMs = performance.now();
  await first.up();
  await until('A has scanned', async () => hasAll(await first.statusBySocket(), workload.files) || undefined);
  const scannedMs = performance.now();
  flushDisk();
  const secondMs = performance.now();
  const arrival = allThere(to, names);
  await second.up();
  const doneMs = await arrival;
  await second.waitForStatus('B says so', (status) => hasAll(status, workload.files));
  assertEqual(from, to);
  return { scanMs: scannedMs - startMs, transferMs: doneMs - secondMs };
}

function hasAll(status: unknown, files: number): boolean {
  const [folder] = (status as Status | undefined)?.folders ?? [];
  return folder?.state === 'in-sync' && folder.files === files;
}

function isConnected(status: unknown): boolean {
  return (status as Status).folders[0]?.peers[0]?.connected === true;
}

async function withPair<Value>(measure: (pair: Pair) => Promise<Value>): Promise<Value> {
  return await withTwoFolders(async (from, to) => {
    const first = await Lanfold.create({ main: MAIN });
    const second = await Lanfold.create({ main: MAIN });
    try {
      await first.trust({ deviceId: second.deviceId, address: second.address, folders: [FOLDER] });
      await second.trust({ deviceId: first.deviceId, address: first.address, folders: [FOLDER] });
      await first.addFolder(FOLDER, from, [second.deviceId]);
      await second.addFolder(FOLDER, to, [first.deviceId]);
      return await measure({ first, second, from, to });
    } finally {
      await first.stop();
      await second.stop();
    }
  });
}
