/** For what is told to several, of whom one may fail and the others are to hear of it all the same. */
import type { Log } from '../ports/log.ts';

/** What it throws is logged, as `what` that failed, and goes no further. */
export function unfailing(log: Log, what: string, run: () => void): void {
  try {
    run();
  } catch (cause) {
    log.warn({ cause: String(cause) }, what);
  }
}
