/**
 * Which directories are to be walked, and when: asked for by anybody, and everything now and then.
 * @module
 */
import { normalPart, topmost } from '../../core/model/folder-path.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import { Wake } from '../wake.ts';

/** R5: a stat-only sweep at least this often, whatever the watcher says. */
const SWEEP_MS = 10 * 60_000;
const HELD_SWEEP_MS = 30_000;

export class ScanBell {
  readonly #clock: Clock;
  readonly #wake = new Wake();
  readonly #below = new Set<string>();
  #isLaterAsked = false;
  readonly #later = new Map<string, { readonly dueMs: number; readonly timer: Timer }>();
  /** When everything was last to be walked; monotonic. */
  #sweptMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweptMs = clock.monotonicMs();
  }

  /** Everything below a directory, or below the next one above it whose name is in normal form C (SPEC N6). */
  ask(directory = ''): void {
    this.#below.add(normalPart(directory));
    this.#wake.ring();
  }

  /** Everything, in a while: deletes wait for a person, and what was gone may be back by then. */
  askAgain(): void {
    if (this.#isLaterAsked) return;
    this.#isLaterAsked = true;
    this.#clock.after(HELD_SWEEP_MS, () => {
      this.#isLaterAsked = false;
      this.ask();
    });
  }

  /** Everything below a directory, in a while, or when it was asked for before, if that is sooner. */
  askLater(directory: string, delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    if ((this.#later.get(directory)?.dueMs ?? Number.POSITIVE_INFINITY) <= dueMs) return;
    this.askNoLonger(directory);
    const timer = this.#clock.after(delayMs, () => {
      this.#later.delete(directory);
      this.ask(directory);
    });
    this.#later.set(directory, { dueMs, timer });
  }

  /** Takes back what {@link askLater} was told of a directory. */
  askNoLonger(directory: string): void {
    this.#later.get(directory)?.timer.cancel();
    this.#later.delete(directory);
  }

  /** Something waits for its walk, of which nobody else knows yet. */
  get isAskedLater(): boolean {
    return this.#later.size > 0;
  }

  /** A walk is asked for that has not begun. */
  get isAsked(): boolean {
    return this.#below.size > 0;
  }

  /** Lets whoever waits look whether there is still something to wait for. */
  ring(): void {
    this.#wake.ring();
  }

  /** Resolves with what is to be walked. One loop waits at a time. */
  async next(): Promise<readonly string[]> {
    // Since the last sweep: a walk of one directory, of which there may be one each minute, does not put it off.
    const sinceMs = this.#clock.monotonicMs() - this.#sweptMs;
    const timer = this.#clock.after(Math.max(0, SWEEP_MS - sinceMs), () => this.ask());
    await this.#wake.wait();
    timer.cancel();
    const directories = topmost(this.#below);
    this.#below.clear();
    if (directories.includes('')) this.#sweptMs = this.#clock.monotonicMs();
    return directories;
  }
}
