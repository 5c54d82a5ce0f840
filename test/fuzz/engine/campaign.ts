/**
 * Fuzzes targets in a thread of its own and looks on: an input that does not end, or that fills the heap, is a finding too.
 * @module
 */
import { Worker } from 'node:worker_threads';
import type { Finding, Result } from './loop.ts';
import { makeScratch, removeScratch } from './scratch.ts';
import { Watched, type Equipment, type Job } from './watched.ts';

export interface Report extends Result {
  readonly target: string;
  readonly elapsedMs: number;
}

export interface CampaignOptions {
  readonly seed: number;
  /** Default: no bound. */
  readonly inputsMax?: number;
  readonly budgetMs: number;
  /** An input that takes so much of the processor hangs. */
  readonly hangMs?: number;
}

const HANG_MS = 30_000;
const LOOK_MS = 250;
const HEAP_MEBIBYTES_MAX = 512;

/** One thread for target after target, and another one when it is lost. */
export class Campaign {
  readonly #script: URL;
  readonly #scratch = makeScratch();
  #thread: { readonly worker: Worker; readonly watched: Watched } | undefined;

  /** @param script of the thread; another one for tests of this. */
  constructor(script = new URL('worker.ts', import.meta.url)) {
    this.#script = script;
  }

  async run(target: string, options: CampaignOptions): Promise<Report> {
    const { seed, inputsMax = Number.POSITIVE_INFINITY, budgetMs, hangMs = HANG_MS } = options;
    const startMs = performance.now();
    const { worker, watched } = (this.#thread ??= this.#start());
    const before = watched.begun;
    const job: Job = { target, seed, inputsMax, budgetMs };
    const result = await new Promise<Result>((resolve) => {
      const end = (ended: Result): void => {
        clearInterval(looking);
        worker.off('message', end).off('error', fail);
        resolve(ended);
      };
      const lose = (error: string): void => {
        this.#thread = undefined;
        end({
          inputs: watched.begun - before,
          kept: 0,
          functions: 0,
          stretched: 0,
          findings: [{ bytes: watched.bytes, error }],
        });
        worker.on('error', () => {}); // whatever it still says
        void worker.terminate();
      };
      let begun = before;
      let sinceMs = processMs();
      const looking = setInterval(() => {
        if (watched.begun !== begun) {
          begun = watched.begun;
          sinceMs = processMs();
        } else if (processMs() - sinceMs > hangMs) lose(`it did not end within ${hangMs / 1000} s`);
      }, LOOK_MS);
      const fail = (error: unknown): void =>
        lose(error instanceof Error ? (error.stack ?? error.message) : String(error));
      worker.on('message', end).on('error', fail);
      worker.postMessage(job, []);
    });
    return { ...result, target, elapsedMs: performance.now() - startMs };
  }

  async close(): Promise<void> {
    await this.#thread?.worker.terminate();
    this.#thread = undefined;
    removeScratch(this.#scratch);
  }

  #start(): { readonly worker: Worker; readonly watched: Watched } {
    const watched = new Watched();
    const equipment: Equipment = { memory: watched.memory, scratch: this.#scratch };
    const worker = new Worker(this.#script, {
      workerData: equipment,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
    });
    return { worker, watched };
  }
}

/** A machine that is busy elsewhere hangs nobody, so what this process has had counts, and nearly all of that is the thread's. */
function processMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** What a person needs to see it again. */
export function describeFinding(target: string, { bytes, error }: Finding): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [
    `target ${target}, input of ${bytes.length} bytes: ${hex === '' ? '(no bytes)' : hex}`,
    error,
    `npm run fuzz -- --target ${target} --input "${hex}"`,
  ].join('\n');
}
