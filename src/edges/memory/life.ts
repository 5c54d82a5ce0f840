/**
 * One run of one simulated process, from its start to its end or crash. Whatever the memory edges do for a process later on
 * goes through its life; after the end none of it happens: timers do not fire, and promises stay open for ever, as they do
 * for a process that is gone.
 * @module
 */
import type { Timer } from '../../ports/clock.ts';
import type { Scheduler } from './scheduler.ts';

export class Life {
  readonly scheduler: Scheduler;
  readonly #onEnd = new Set<() => void>();
  #alive = true;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  get alive(): boolean {
    return this.#alive;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.scheduler.after(delayMs, () => {
      if (this.#alive) run();
    });
  }

  /** Resolves after `delayMs`; never, if the life ends before. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve);
    });
  }

  /** What the system does when the process is gone: close its sockets, its open files, its watches. */
  onEnd(run: () => void): void {
    this.#onEnd.add(run);
  }

  /** The process is gone, at once: a crash, or what is left after an orderly close. Idempotent. */
  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const run of this.#onEnd) run();
    this.#onEnd.clear();
  }
}
