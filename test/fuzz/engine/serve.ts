/**
 * What the thread does in which targets are fuzzed: one job after the other.
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './loop.ts';
import type { Target } from './target.ts';
import { Watched, type Equipment, type Job } from './watched.ts';

/** What is thrown in here ends the thread, and is told by its error event. */
export function serve(find: (name: string) => Target): void {
  const watched = new Watched((workerData as Equipment).memory);
  const work = async ({ target, seed, inputsMax, budgetMs }: Job): Promise<void> => {
    const result = await fuzz(find(target), {
      seed,
      inputsMax,
      untilMs: performance.now() + budgetMs,
      announce: (bytes) => watched.write(bytes),
    });
    parentPort?.postMessage(result, []);
  };
  parentPort?.on('message', (job: Job) => void work(job));
}
