/**
 * Runs the parts of a large campaign in processes of their own, as many at a time as there are cores: a world is one thread.
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface PartResult {
  readonly runs: number;
  /** What happened in them; or how many plans they are of. */
  readonly events: number;
  readonly failed: number;
}

export interface PartsOptions {
  /** The command; it says its result by {@link sayResult}, and all else itself. */
  readonly module: string;
  readonly parts: readonly (readonly string[])[];
  readonly jobs: number;
  /** Begins no further part after one that failed. */
  readonly stopsAtFailure: boolean;
  /** Told after each part what there is in all. */
  readonly onPart: (soFar: PartResult, parts: number) => void;
}

/** @throws Error if a process ends without a result. */
export async function runParts({ module, parts, jobs, stopsAtFailure, onPart }: PartsOptions): Promise<PartResult> {
  let sum: PartResult = { runs: 0, events: 0, failed: 0 };
  let done = 0;
  const waiting = [...parts];
  const work = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const result = await runPart(module, part);
      done += 1;
      sum = { runs: sum.runs + result.runs, events: sum.events + result.events, failed: sum.failed + result.failed };
      onPart(sum, done);
      if (stopsAtFailure && sum.failed > 0) waiting.length = 0;
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return sum;
}

/** In the process of a part. @returns false when this process is no part of anything. */
export function sayResult(result: PartResult): boolean {
  if (process.send === undefined) return false;
  process.send(result);
  return true;
}

async function runPart(module: string, args: readonly string[]): Promise<PartResult> {
  const child = fork(module, [...args]);
  let result: PartResult | undefined;
  child.on('message', (message) => (result = message as PartResult));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (result === undefined) throw new Error(`${args.join(' ')} ended without a result: ${signal ?? code}`);
  return result;
}
