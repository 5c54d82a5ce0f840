/**
 * The threads that do the disk's work, shared by all folders of a node.
 *
 * One thread does all that changes a disk, so that changes come in the order of asking; the others look and read, and help
 * to fill staged files: whoever asks for one has to wait for its bytes before it asks for anything else with it. Hashing is done by every thread that has nothing of the kind to do; it comes in small pieces and makes way for short calls
 * every few milliseconds, so no peer's request waits for it.
 *
 * Threads are started when first needed (each costs some 10 MB) and do not keep a process alive while they have nothing
 * to do.
 * @module
 */
import { availableParallelism } from 'node:os';
import type { CallName, CallResult, CallValues } from './calls.ts';
import { DiskThread, type ThreadStart } from './thread.ts';

type Lane = 'read' | 'write' | 'stage' | 'hash';

const LANES: Readonly<Record<CallName, Lane>> = {
  check: 'read',
  list: 'read',
  look: 'read',
  read: 'read',
  writers: 'read',
  history: 'read',
  histories: 'read',
  historyBelow: 'read',
  space: 'read',
  mounted: 'read',
  hash: 'hash',
  resume: 'hash',
  mark: 'write',
  normalize: 'write',
  stage: 'stage',
  unstage: 'write',
  removeUnfinished: 'write',
  apply: 'write',
  stageFromHistory: 'write',
  pruneHistory: 'write',
};

const THREADS_MAX = 4;
/** A thread that runs is preferred to one that would have to be started, until it has so many calls to do. */
const CALLS_BEFORE_START = 3;

export interface DiskPool {
  /** Runs one call. The buffers of `transfer` are gone for the caller. */
  call<Name extends CallName>(
    name: Name,
    root: string,
    values: CallValues<Name>,
    transfer?: readonly ArrayBuffer[],
  ): Promise<CallResult<Name>>;
  /** Lets changes in progress end, gives up all else, ends the threads. May be called twice. */
  close(): Promise<void>;
}

export interface DiskPoolOptions {
  /** Default: one per core, at least 2 and at most 4. */
  readonly threads?: number;
  /** False keeps to Node's own system calls, as where koffi is not installed. Default: true. */
  readonly useNative?: boolean;
}

export function createDiskPool(options: DiskPoolOptions = {}): DiskPool {
  const threads = options.threads ?? Math.max(2, Math.min(THREADS_MAX, availableParallelism()));
  return new ThreadPool(threads, { useNative: options.useNative ?? true });
}

class ThreadPool implements DiskPool {
  readonly #writer: DiskThread;
  readonly #readers: readonly DiskThread[];
  readonly #waiting: ((thread: DiskThread) => Promise<void>)[] = [];
  readonly #hashing = new Set<DiskThread>();
  readonly #writes = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(threads: number, startWith: ThreadStart) {
    this.#writer = new DiskThread(startWith);
    const readers = Array.from({ length: threads - 1 }, () => new DiskThread(startWith));
    this.#readers = readers.length === 0 ? [this.#writer] : readers;
  }

  async call<Name extends CallName>(
    name: Name,
    root: string,
    values: CallValues<Name>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<CallResult<Name>> {
    if (this.#closing !== undefined) throw new Error('Cannot use the disk threads: they are closed');
    const run = (thread: DiskThread): Promise<unknown> => thread.call({ call: name, root, values }, transfer);
    // The thread's table of calls and this type are the same one.
    return (await this.#dispatch(LANES[name], run)) as CallResult<Name>;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#writes);
    await Promise.all([this.#writer, ...this.#readers].map((thread) => thread.end()));
    // What still waits for a thread is told so by the thread, which is closed.
    for (const start of this.#waiting.splice(0)) await start(this.#writer);
  }

  #dispatch(lane: Lane, run: (thread: DiskThread) => Promise<unknown>): Promise<unknown> {
    if (lane === 'read') return run(leastBusy(this.#readers));
    if (lane === 'stage') return this.#write(run(leastBusy([this.#writer, ...this.#readers])));
    return lane === 'write' ? this.#write(run(this.#writer)) : this.#whenIdle(run);
  }

  #write(call: Promise<unknown>): Promise<unknown> {
    this.#writes.add(call);
    return call.finally(() => this.#writes.delete(call));
  }

  /** Waits for a thread that hashes nothing else. */
  #whenIdle(run: (thread: DiskThread) => Promise<unknown>): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push((thread) => run(thread).then(resolve, reject));
    this.#startWaiting();
    return promise;
  }

  #startWaiting(): void {
    const idle = [...new Set([...this.#readers, this.#writer])].filter((thread) => !this.#hashing.has(thread));
    while (idle.length > 0) {
      const start = this.#waiting.shift();
      if (start === undefined) return;
      const thread = leastBusy(idle);
      idle.splice(idle.indexOf(thread), 1);
      this.#hashing.add(thread);
      void start(thread).finally(() => {
        this.#hashing.delete(thread);
        this.#startWaiting();
      });
    }
  }
}

function leastBusy(threads: readonly DiskThread[]): DiskThread {
  const load = (thread: DiskThread): number => thread.calls + (thread.isStarted ? 0 : CALLS_BEFORE_START);
  return threads.reduce((best, thread) => (load(thread) < load(best) ? thread : best));
}
