/** Time, as the node sees it: the only way for it to know or to wait. */
export interface Clock {
  /** Milliseconds since 1970, by the wall; it can jump. */
  nowMs(): number;
  /** Milliseconds since any moment; never goes back. For intervals. */
  monotonicMs(): number;
  /** Runs `run` once, `delayMs` from now, unless the timer is cancelled before. Does not keep a process alive. */
  after(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Resolves after `delayMs`; rejects with the signal's reason if it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
