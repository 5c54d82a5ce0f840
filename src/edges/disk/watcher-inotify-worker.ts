/**
 * The thread that waits for inotify. It blocks in poll(2), so the main thread speaks to it by shared memory and a wake
 * descriptor; it answers with messages, which get out of a blocked thread.
 * @module
 */
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

import { WatchUnavailable } from './watcher-back-end.ts';
import { NewsBatch } from './watcher-batch.ts';
import { CONTROL, type InotifyReport, type InotifyWorkerData } from './watcher-inotify-messages.ts';
import { type InotifySystem, loadInotifySystem } from './watcher-inotify-system.ts';
import { InotifyTree } from './watcher-inotify-tree.ts';

/** News wait about this long for others to come along; the first after a quiet time does not wait. */
const GATHER_MS = 5;
/** How long `process.exit()` without a `close()` may have to wait for this thread: nothing else ends a blocked call. */
const IDLE_MS = 250;

const { root, watchesMax, readDelayMs, control } = workerData as InotifyWorkerData;

function report(message: InotifyReport): void {
  parentPort?.postMessage(message, []);
}

function mustStop(): boolean {
  return Atomics.load(control, CONTROL.CLOSING) === 1;
}

function watch(system: InotifySystem, wake: number): void {
  const batch = new NewsBatch();
  const tree = new InotifyTree(system, {
    root,
    watchesMax,
    mustStop,
    batch,
    onAlive: () => report({ is: 'alive' }),
    onRootGone: () => report({ is: 'root-gone' }),
  });
  try {
    tree.arm();
    let limitReported = false;
    const reportLimit = (): void => {
      if (tree.unwatched === 0 || limitReported) return;
      limitReported = true;
      report({ is: 'limited', watched: tree.watched, unwatched: tree.unwatched });
    };
    reportLimit();
    report({ is: 'armed' });

    const wakeBytes = new Uint8Array(8);
    let reports = 0;
    let reportedAtMs = -Infinity;
    while (!mustStop()) {
      const quietMs = performance.now() - reportedAtMs;
      const gatherMs = Math.max(1, Math.ceil(GATHER_MS - quietMs));
      const ready = system.wait(tree.instance, wake, batch.isEmpty ? IDLE_MS : gatherMs);
      if (ready.wake) readSync(wake, wakeBytes);
      if (Atomics.exchange(control, CONTROL.PROBE, 0) === 1) tree.probe();
      if (ready.instance) {
        if (readDelayMs > 0) Atomics.wait(control, CONTROL.CLOSING, 0, readDelayMs);
        tree.read();
        reportLimit();
      }
      const nowMs = performance.now();
      const isHandled = Atomics.load(control, CONTROL.HANDLED) === reports;
      if (batch.isEmpty || !isHandled || nowMs - reportedAtMs < GATHER_MS) continue;
      reportedAtMs = nowMs;
      reports++;
      report({ is: 'news', ...batch.take() });
    }
  } finally {
    tree.close();
  }
}

async function main(): Promise<void> {
  let system: InotifySystem;
  let wake: number;
  try {
    system = await loadInotifySystem();
    wake = system.createWake();
  } catch (error) {
    report({ is: 'unavailable', because: 'library', message: String(error) });
    return;
  }
  report({ is: 'wake', descriptor: wake });
  try {
    watch(system, wake);
  } catch (error) {
    if (!(error instanceof WatchUnavailable)) throw error; // ends the thread; the main thread hears of it
    report({ is: 'unavailable', because: error.because, message: error.message });
  }
}

await main();
