/**
 * Pairs of a real Syncthing on loopback, at its defaults and at its fastest.
 *
 * "Tuned" is what Syncthing's own guide (users/tuning, "Tuning for High Performance") recommends, as far as 1.19.2 has
 * it and one folder on one disk with two devices can use it. Its last advice, to switch fsync off, is a variant of its
 * own: it trades the safety of data for speed, so it is no measure for a program that keeps it on.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../test/harness/process.ts';
import { Syncthing } from '../test/harness/syncthing.ts';
import type { Sample } from './report.ts';
import { firstSyncSamples, memorySamples, type FirstSync } from './samples.ts';
import { allThere, assertEqual, flushDisk, measureLatency, withTwoFolders, type Workload } from './workload.ts';

/** One way to set up both nodes. */
export type SyncthingVariant = {
  readonly contender: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly folder: Readonly<Record<string, unknown>>;
  readonly compression: 'metadata' | 'never';
};

const FOLDER = 'bench';
const VERSION = '1.19.2';

/** As installed. The harness's own settings, which make tests quick, are set back. */
export const DEFAULTS: SyncthingVariant = {
  contender: `syncthing ${VERSION}, defaults`,
  options: { reconnectionIntervalS: 60, setLowPriority: true },
  folder: { fsWatcherDelayS: 10, pullerPauseS: 0, minDiskFree: { value: 1, unit: '%' } },
  compression: 'metadata',
};

export const TUNED: SyncthingVariant = {
  contender: `syncthing ${VERSION}, tuned`,
  options: {
    progressUpdateIntervalS: -1,
    setLowPriority: false,
    databaseTuning: 'large',
    maxConcurrentIncomingRequestKiB: 1024 * 1024,
  },
  folder: {
    fsWatcherDelayS: 1, // the least that 1.19.2 takes
    copiers: 4,
    hashers: 2,
    pullerMaxPendingKiB: 128 * 1024,
    scanProgressIntervalS: -1,
    weakHashThresholdPct: 101,
    maxConcurrentWrites: 16,
    blockPullOrder: 'inOrder',
    caseSensitiveFS: true,
  },
  compression: 'never',
};

export const TUNED_NO_FSYNC: SyncthingVariant = {
  ...TUNED,
  contender: `${TUNED.contender}, no fsync`,
  folder: { ...TUNED.folder, disableFsync: true },
};

/**
 * One first sync: A has looked at all its files, B is empty and starts. Three samples: A's first scan (from its start,
 * which takes about a second by itself), the transfer (from the moment they are connected until B's disk has all), and
 * the sum of both.
 */
export async function measureFirstSync(variant: SyncthingVariant, workload: Workload): Promise<Sample[]> {
  return await withTwoFolders(async (from, to) => {
    await using pair = await startPair(variant, from, to);
    return firstSyncSamples(variant.contender, workload, await syncFirst(pair, workload, from, to));
  });
}

/** The time from a write at A until B has the file, for `count` files one after the other, between idle nodes. */
export async function measureSyncthingLatency(
  variant: SyncthingVariant,
  count: number,
  /** Ask A to look at the file at once, instead of waiting for its watcher: what the rest of Syncthing takes. */
  how: 'by watcher' | 'by scan request' = 'by watcher',
): Promise<Sample[]> {
  return await withTwoFolders(async (from, to) => {
    await using pair = await startPair(variant, from, to);
    const { first, second } = pair;
    await first.waitConnected(second.deviceId);
    const samples: Sample[] = [];
    const written = how === 'by watcher' ? undefined : (name: string) => void first.scan(FOLDER, name);
    for (let at = 0; at < count; at++) {
      const value = await measureLatency(from, to, `latency ${at}`, written);
      samples.push({ contender: variant.contender, measure: `latency of 1 KiB, ${how}`, unit: 'ms', value });
      await second.waitInSync(FOLDER, { files: at + 1 });
      // Not in step with the watcher's own ticks.
      await delay(100 + ((at * 137) % 400));
    }
    return samples;
  });
}

/** Resident memory of each node: at most during a first sync, and idle after a restart of both. */
export async function measureSyncthingMemory(variant: SyncthingVariant, workload: Workload): Promise<Sample[]> {
  return await withTwoFolders(async (from, to) => {
    await using pair = await startPair(variant, from, to);
    const { first, second } = pair;
    await syncFirst(pair, workload, from, to);
    await first.waitInSync(FOLDER, { peers: [second.deviceId] });
    return await memorySamples(variant.contender, workload, pair, async () => {
      await first.waitConnected(second.deviceId);
      await first.waitInSync(FOLDER, { files: workload.files, peers: [second.deviceId] });
    });
  });
}

type Pair = { readonly first: Syncthing; readonly second: Syncthing } & AsyncDisposable;

async function syncFirst({ first, second }: Pair, workload: Workload, from: string, to: string): Promise<FirstSync> {
  await first.down();
  await second.down();
  const names = workload.fill(from);
  const startMs = performance.now();
  await first.up();
  await until('A has scanned', async () => {
    const status = await first.status(FOLDER);
    return (status.state === 'idle' && status.localFiles === workload.files) || undefined;
  });
  const scannedMs = performance.now();
  flushDisk();
  const arrival = allThere(to, names);
  const connected = second
    .up()
    .then(() => second.waitConnected(first.deviceId, { everyMs: 10 }))
    .then(() => performance.now());
  const [doneMs, connectedMs] = await Promise.all([arrival, connected]);
  await second.waitInSync(FOLDER, { files: workload.files });
  assertEqual(from, to);
  return { scanMs: scannedMs - startMs, transferMs: doneMs - connectedMs };
}

async function startPair(variant: SyncthingVariant, from: string, to: string): Promise<Pair> {
  const { options, folder: settings, compression } = variant;
  // Undefined: Syncthing chooses its fastest hash by its own benchmark, as it does for a user.
  const start = async (): Promise<Syncthing> =>
    Syncthing.start({ version: VERSION, options, env: { STHASHING: undefined } });
  const first = await start();
  try {
    const second = await start();
    await first.addPeer({ ...second.asPeer, compression });
    await second.addPeer({ ...first.asPeer, compression });
    await first.shareFolder({ id: FOLDER, path: from, peers: [second.deviceId], settings });
    await second.shareFolder({ id: FOLDER, path: to, peers: [first.deviceId], settings });
    const end = async (): Promise<void> => {
      await first.stop();
      await second.stop();
    };
    return { first, second, [Symbol.asyncDispose]: end };
  } catch (error) {
    await first.stop();
    throw error;
  }
}
