import type { Clock, Timer } from '../ports/clock.ts';

/**
 * A bell for a loop that sleeps until there is something to do: rung any number of times before it is waited for, it wakes
 * the loop once.
 */
export class Wake {
  #rung = false;
  #waiting: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** Resolves once rung, at once if that happened since the last wait. One loop waits at a time. */
  async wait(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#rung = false;
  }
}

/** Tries again after waits that double from the first to the longest, until something goes well. */
export class Retry {
  readonly #clock: Clock;
  readonly #first: number;
  readonly #max: number;
  readonly #run: () => void;
  #next: number;
  #timer: Timer | undefined;

  /** In milliseconds. */
  constructor(clock: Clock, { first, max }: { readonly first: number; readonly max: number }, run: () => void) {
    this.#clock = clock;
    this.#first = first;
    this.#max = max;
    this.#run = run;
    this.#next = first;
  }

  /** Once more, after the next wait. One at a time: every try that began for another reason would leave one more, for ever. */
  later(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#next, this.#run);
    this.#next = Math.min(this.#next * 2, this.#max);
  }

  reset(): void {
    this.#next = this.#first;
  }
}

/** Lets through so much at a time; whoever wants more waits its turn. */
export class Budget {
  #free: number;
  readonly #all: number;
  readonly #queue: { amount: number; go: () => void }[] = [];

  constructor(all: number) {
    this.#free = all;
    this.#all = all;
  }

  /** More than there is in all counts as all. */
  async take(amount: number): Promise<void> {
    const wanted = Math.min(amount, this.#all);
    if (this.#queue.length === 0 && wanted <= this.#free) {
      this.#free -= wanted;
      return;
    }
    await new Promise<void>((go) => this.#queue.push({ amount: wanted, go }));
  }

  give(amount: number): void {
    this.#free += Math.min(amount, this.#all);
    for (let next = this.#queue[0]; next !== undefined && next.amount <= this.#free; next = this.#queue[0]) {
      this.#queue.shift();
      this.#free -= next.amount;
      next.go();
    }
  }
}

/**
 * Gathers single jobs into batches without waiting for any: what comes while a batch is under way is the next batch.
 * `parallel`: so many batches may be under way at a time (default 1, which makes the largest batches).
 */
export class Batcher<Job, Result> {
  readonly #run: (jobs: readonly Job[]) => Promise<readonly Result[]>;
  readonly #batchMax: number;
  readonly #parallel: number;
  #waiting: { job: Job; resolve: (result: Result) => void; reject: (cause: unknown) => void }[] = [];
  #running = 0;

  constructor(batchMax: number, run: (jobs: readonly Job[]) => Promise<readonly Result[]>, parallel = 1) {
    this.#batchMax = batchMax;
    this.#run = run;
    this.#parallel = parallel;
  }

  add(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      if (this.#running < this.#parallel) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#running += 1;
    await Promise.resolve(); // what is added in the same turn goes together
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#batchMax);
      try {
        const results = await this.#run(batch.map((item) => item.job));
        for (const [index, item] of batch.entries()) item.resolve(results[index] as Result);
      } catch (cause) {
        for (const item of batch) item.reject(cause);
      }
    }
    this.#running -= 1;
  }
}
