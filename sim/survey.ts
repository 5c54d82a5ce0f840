/**
 * When a fault would have met something else than before: at all the other moments it takes the same, and need not be tried.
 *
 * What a process has in its memory does not count: whatever befalls the machine takes all of it. What the other machine does
 * between two such moments can differ only in its time.
 * @module
 */

/** Counts what happened; see {@link MemoryDisk.steps} and {@link MemoryLink.steps}. */
export interface Stepping {
  readonly steps: number;
}

/** What one kind of fault can befall. */
export class Survey {
  readonly #parts: readonly Stepping[];
  readonly #turns: number[] = [];
  #steps = -1;

  constructor(parts: readonly Stepping[]) {
    this.#parts = parts;
  }

  /** After these numbers of events it stood otherwise than after one event less. */
  get turns(): readonly number[] {
    return this.#turns;
  }

  /** Called after each event. */
  look(events: number): void {
    const steps = this.#parts.reduce((sum, part) => sum + part.steps, 0);
    if (steps !== this.#steps) this.#turns.push(events);
    this.#steps = steps;
  }
}
