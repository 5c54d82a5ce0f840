/**
 * The world's one queue and one clock: whatever happens in memory happens in the order of (time, turn), and nothing else
 * decides. Time jumps from event to event, so that an hour of waiting costs as much as the events in it.
 * @module
 */
import type { Timer } from '../../ports/clock.ts';

interface Event extends Timer {
  readonly atMs: number;
  /** Events of the same moment keep the order in which they were asked for. */
  readonly turn: number;
  run: (() => void) | undefined;
}

/** Of the event loop. */
const EVENTS_IN_A_TURN = 64;

export class Scheduler {
  /** A binary heap: the next event is first. */
  readonly #queue: Event[] = [];
  #nowMs = 0;
  #turn = 0;
  #ran = 0;

  /** Milliseconds since the world began; with fractions. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have run. */
  get events(): number {
    return this.#ran;
  }

  after(delayMs: number, run: () => void): Timer {
    const event: Event = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      turn: this.#turn,
      run,
      cancel() {
        event.run = undefined; // stays in the queue, empty, until its time
      },
    };
    this.#turn += 1;
    this.#push(event);
    return event;
  }

  /**
   * Runs event after event until `done` says so or nothing is left. Between two events all promises that the first one
   * settled have run to their next wait, for a tick comes when no promise has anything left to run. A turn of the whole event loop
   * does the same and takes longer; one now and then lets Node free what nobody holds any more.
   * @throws what an event throws.
   */
  run(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          if (done() || !this.#runNext()) {
            resolve();
            return;
          }
        } catch (fault) {
          reject(fault);
          return;
        }
        if (this.#ran % EVENTS_IN_A_TURN === 0) setImmediate(turn);
        else queueMicrotask(later);
      };
      // Asked for in the turn itself, the next tick would come before the promises.
      const later = (): void => process.nextTick(turn);
      setImmediate(turn);
    });
  }

  /** Runs for so long, in simulated milliseconds. */
  async runFor(durationMs: number): Promise<void> {
    let over = false;
    this.after(durationMs, () => {
      over = true;
    });
    await this.run(() => over);
  }

  /** Runs events until the promise is settled, and gives its result. @throws Error if everything waits for ever. */
  async runUntil<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    await this.run(() => settled);
    if (!settled) throw new Error('nothing is left to happen, and the promise still waits');
    return promise;
  }

  #runNext(): boolean {
    for (;;) {
      const event = this.#pop();
      if (event === undefined) return false;
      if (event.run === undefined) continue;
      this.#nowMs = event.atMs;
      this.#ran += 1;
      const { run } = event;
      event.run = undefined;
      run();
      return true;
    }
  }

  #push(event: Event): void {
    const queue = this.#queue;
    let at = queue.length;
    queue.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = queue[above];
      if (parent === undefined || !isBefore(event, parent)) break;
      queue[at] = parent;
      at = above;
    }
    queue[at] = event;
  }

  #pop(): Event | undefined {
    const queue = this.#queue;
    const first = queue[0];
    const last = queue.pop();
    if (first === undefined || last === undefined || queue.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = queue[below];
      if (child === undefined) break;
      const other = queue[below + 1];
      if (other !== undefined && isBefore(other, child)) {
        below += 1;
        child = other;
      }
      if (!isBefore(child, last)) break;
      queue[at] = child;
      at = below;
    }
    queue[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn);
}
