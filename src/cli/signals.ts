/**
 * How a running node is told to end.
 *
 * Until a node runs, a signal ends the process at once by itself, as ever: there is nothing to wait for, and what is on the
 * disk is whole at any moment.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT } from './exit-codes.ts';

/** The whole end, from the signal on, is to take a second at most. */
const GRACE_MS = 800;

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Resolves at the first signal to end; a second one ends the process there and then. */
export function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: StopSignal): void => {
      if (isStopping) process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.failed);
      isStopping = true;
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  });
}

/** Waits for an orderly end, but not for ever: giving up loses nothing, only the next start looks closer. */
export async function withinGrace(closing: Promise<void>): Promise<void> {
  await Promise.race([closing, delay(GRACE_MS)]);
}
