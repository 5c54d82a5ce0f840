/**
 * What a round of a crash test does when nodes do not answer: it becomes a fault, and the next round has other nodes.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Whatever a round waits for by itself is over long before. */
const ROUND_MS = 180_000;

/** What `round` says, or its failure in words. */
export async function faultsOf<Result>(
  round: () => Promise<Result>,
  failed: (fault: string) => Result,
): Promise<Result> {
  const patience = new AbortController();
  const late = delay(ROUND_MS, undefined, { signal: patience.signal, ref: false }).then(
    () => failed(`the round was not over after ${ROUND_MS} ms`),
    () => failed('never told'),
  );
  try {
    return await Promise.race([round(), late]);
  } catch (error) {
    return failed(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    patience.abort();
  }
}
