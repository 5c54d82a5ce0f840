/**
 * The main thread's end of one disk thread.
 * @module
 */
import { Worker, type MessagePort } from 'node:worker_threads';
import type { CallMessage, ReplyMessage } from './calls.ts';
import { LoopKick } from './loop-kick.ts';

/** A small nursery: what a call makes is sent off and dropped at once. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 8 };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What a disk thread is told at its start. */
export interface ThreadStart {
  /** See {@link SystemCalls}. */
  readonly useNative: boolean;
}

/** What the thread itself gets. */
export interface ThreadData extends ThreadStart {
  readonly kicks: MessagePort;
}

export class DiskThread {
  readonly #startWith: ThreadStart;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #kick: LoopKick | undefined;
  #lastId = 0;
  #ended = false;

  constructor(startWith: ThreadStart) {
    this.#startWith = startWith;
  }

  /** How many calls it has to do. */
  get calls(): number {
    return this.#waiting.size;
  }

  get isStarted(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts the thread if need be. A thread that dies fails its calls; the next call starts a new one. */
  call(message: Omit<CallMessage, 'id'>, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    if (this.#ended)
      return Promise.reject(new Error(`Cannot ${message.call} in "${message.root}": the disk is closed`));
    this.#worker ??= this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker.ref();
    this.#kick?.start();
    this.#worker.postMessage({ ...message, id } satisfies CallMessage, transfer);
    return promise;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // Beside this file: as source, or built.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const kick = new LoopKick();
    this.#kick = kick;
    const worker = new Worker(new URL(file, import.meta.url), {
      name: 'lanfold-disk',
      resourceLimits: RESOURCE_LIMITS,
      workerData: { ...this.#startWith, kicks: kick.farPort } satisfies ThreadData,
      transferList: [kick.farPort],
      execArgv: [], // the process's own options may be of a kind that a thread refuses (--input-type)
    });
    let reason = 'the disk is closed';
    worker.on('message', (reply: ReplyMessage) => this.#settle(worker, reply));
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      kick.close();
      this.#failAll(worker, reason);
    });
    return worker;
  }

  #settle(worker: Worker, reply: ReplyMessage): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) {
      worker.unref();
      this.#kick?.stop();
    }
    if ('failure' in reply) {
      const { message, code } = reply.failure;
      waiting?.reject(Object.assign(new Error(message), code === undefined ? {} : { code }));
    } else {
      waiting?.resolve(reply.result);
    }
  }

  #failAll(worker: Worker, reason: string): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error(`Cannot end a call to the disk: ${reason}`));
    this.#waiting.clear();
  }
}
