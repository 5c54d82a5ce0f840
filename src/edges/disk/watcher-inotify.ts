/**
 * Watching by inotify, in a thread of its own: the only way on Linux that says when a writer closes a file, and when the
 * kernel lost events.
 * @module
 */
import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { answerKicks, LoopKick } from './loop-kick.ts';
import { type BackEndEvents, type WatchBackEnd, WatchUnavailable } from './watcher-back-end.ts';
import { CONTROL, type InotifyReport, type InotifyWorkerData } from './watcher-inotify-messages.ts';

export interface InotifyOptions {
  readonly watchesMax: number;
  readonly readDelayMs: number;
}

/** Beside this file: as source, or built. */
const WORKER_FILE = import.meta.url.endsWith('.ts') ? './watcher-inotify-worker.ts' : './watcher-inotify-worker.js';

export class InotifyBackEnd implements WatchBackEnd {
  readonly #data: InotifyWorkerData;
  #worker: Worker | undefined;
  #ended: Promise<void> | undefined;
  #wake: number | undefined;
  /** The thread blocks and hears no kicks: both ends are here. */
  readonly #kick = new LoopKick();
  #isClosing = false;

  constructor(root: string, options: InotifyOptions) {
    const control = new Int32Array(new SharedArrayBuffer(Object.keys(CONTROL).length * 4));
    this.#data = { root, ...options, control };
  }

  start(events: BackEndEvents): Promise<void> {
    const worker = new Worker(new URL(WORKER_FILE, import.meta.url), {
      workerData: this.#data,
      name: 'lanfold-watcher',
      resourceLimits: { maxYoungGenerationSizeMb: 2 }, // names pass through; without it the heap keeps room for bursts
    });
    this.#worker = worker;
    answerKicks(this.#kick.farPort);
    this.#kick.start();
    return new Promise((resolve, reject) => {
      let isArmed = false;
      let failure: Error = new WatchUnavailable('other', 'The watching thread ended by itself');
      this.#ended = new Promise((ended) => {
        worker.once('exit', () => {
          this.#kick.close();
          if (this.#wake !== undefined) closeSync(this.#wake);
          this.#wake = undefined;
          ended();
          if (this.#isClosing) resolve();
          else if (isArmed) events.failed(failure);
          else reject(failure);
        });
      });
      worker.once('error', (error) => (failure = error instanceof Error ? error : new Error(String(error))));
      worker.on('message', (report: InotifyReport) => {
        if (report.is === 'wake') {
          this.#wake = report.descriptor; // also while closing: it must be closed
          if (this.#isClosing) this.#wakeUp();
        } else if (report.is === 'unavailable') {
          failure = new WatchUnavailable(report.because, report.message); // the thread ends now
        } else if (report.is === 'armed') {
          isArmed = true;
          if (this.#isClosing) return;
          worker.unref(); // watching alone keeps no process alive
          resolve();
        } else if (!this.#isClosing) {
          this.#pass(report, events);
        }
      });
    });
  }

  probe(): void {
    Atomics.store(this.#data.control, CONTROL.PROBE, 1);
    this.#wakeUp();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker?.ref(); // or the process could end before it hears that the thread has ended
    Atomics.store(this.#data.control, CONTROL.CLOSING, 1);
    Atomics.notify(this.#data.control, CONTROL.CLOSING);
    this.#wakeUp();
    // Not by terminate(): the thread would keep its inotify instance open, of which the system gives only a few.
    await this.#ended;
  }

  #wakeUp(): void {
    if (this.#wake !== undefined) writeSync(this.#wake, new BigUint64Array([1n]));
  }

  #pass(report: InotifyReport, events: BackEndEvents): void {
    if (report.is === 'alive') events.alive();
    else if (report.is === 'limited') events.limited(report.watched, report.unwatched);
    else if (report.is === 'root-gone') events.rootGone();
    else if (report.is === 'news') {
      if (report.news.length > 0) events.touched(report.news);
      for (const directory of report.lost) events.lost(directory);
      Atomics.add(this.#data.control, CONTROL.HANDLED, 1);
    }
  }
}
