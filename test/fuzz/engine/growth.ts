/**
 * Does time grow with the bytes? A piece of an input is repeated until it is a few KiB, and ten times that; a reader that goes
 * back over what it has read takes a hundred times as long for the second, an honest one ten.
 * @module
 */
import type { Random } from '../../harness/random.ts';
import { BrokenPromise, type Target } from './target.ts';

const TIMES = 10;
/** The goal is 15; a busy machine and a cold compiler cost some. Quadratic time is 100. */
const RATIO_MAX = 35;
/** Below this the noise is larger than what is measured. */
const NOTICEABLE_MS = 20;
const SMALL_BYTES = 6 * 1024;
const REPEATS = 5;

/** An input whose first bytes, a repeated piece and last bytes are known, in any length. */
export type Stretchable = (bytes: number) => Uint8Array;

export function stretchable(bytes: Uint8Array, random: Random): Stretchable {
  const from = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, from + 1 + random.below(random.percent(50) ? 4 : 64));
  const [head, piece, tail] = [bytes.slice(0, from), bytes.slice(from, to), bytes.slice(to)];
  return (length) => {
    const times = Math.max(1, Math.ceil((length - head.length - tail.length) / Math.max(1, piece.length)));
    return Uint8Array.from(Buffer.concat([head, ...Array.from({ length: times }, () => piece), tail]));
  };
}

/**
 * @throws BrokenPromise if ten times the bytes take much more than ten times as long, each time that it is tried.
 * @returns the inputs that were run.
 */
export async function checkGrowth(
  run: Target['run'],
  stretched: Stretchable,
  {
    smallBytes = SMALL_BYTES,
    announce = () => {},
  }: { smallBytes?: number; announce?: (bytes: Uint8Array) => void } = {},
): Promise<number> {
  const [small, large] = [stretched(smallBytes), stretched(smallBytes * TIMES)];
  announce(large);
  const firstMs = await timed(run, large);
  if (firstMs < NOTICEABLE_MS) return 1;
  let [smallMs, largeMs] = [await timed(run, small), firstMs];
  for (let repeat = 1; repeat < REPEATS; repeat += 1) {
    if (largeMs < NOTICEABLE_MS || largeMs <= smallMs * RATIO_MAX) return 1 + 2 * repeat;
    // The least of several: whatever else the machine does only adds.
    smallMs = Math.min(smallMs, await timed(run, small));
    largeMs = Math.min(largeMs, await timed(run, large));
  }
  if (largeMs < NOTICEABLE_MS || largeMs <= smallMs * RATIO_MAX) return 2 * REPEATS;
  throw new BrokenPromise(
    `${small.length} bytes take ${smallMs.toFixed(2)} ms, ${large.length} take ${largeMs.toFixed(0)} ms`,
  );
}

async function timed(run: Target['run'], bytes: Uint8Array): Promise<number> {
  const [wallMs, processorMs] = [performance.now(), threadMs()];
  await run(bytes);
  const elapsedMs = performance.now() - wallMs;
  // The processor's time comes in steps of some milliseconds; what is shorter is seldom interrupted.
  return elapsedMs < NOTICEABLE_MS ? elapsedMs : threadMs() - processorMs;
}

/** What this thread has had of the processor so far: others that want it, too, make nothing slower by this clock. */
export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
