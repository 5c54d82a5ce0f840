/**
 * Directories that are to be scanned: those that somebody asked for, and all of them now and then, whatever the watcher
 * says (R5).
 * @module
 */
import { topmost } from '../core/model/folder-path.ts';
import type { Clock } from '../ports/clock.ts';
import { Wake } from './wake.ts';

/** A sweep that only looks, at least this often. */
const RESCAN_MS = 10 * 60_000;

export class Rescans {
  readonly #clock: Clock;
  readonly #wanted = new Wake();
  readonly #directories = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param directory '' for all. */
  ask(directory: string): void {
    this.#directories.add(directory);
    this.#wanted.ring();
  }

  /** Lets who waits in {@link next} look whether there is a reason to go on. */
  ring(): void {
    this.#wanted.ring();
  }

  /** Resolves when something is to be scanned, or at {@link ring}: with the directories, none of them below another. */
  async next(): Promise<string[]> {
    const timer = this.#clock.after(RESCAN_MS, () => this.ask(''));
    await this.#wanted.wait();
    timer.cancel();
    const directories = topmost(this.#directories);
    this.#directories.clear();
    return directories;
  }
}
