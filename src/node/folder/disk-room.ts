/**
 * How much may be written before the disk is too full: never all that is free, for a full disk stops the user's programs, our
 * own records and the deletes of peers. When room is short the history makes some, the oldest first.
 * @module
 */
import { diskReserveBytes } from '../../core/pull/disk-reserve.ts';
import type { FolderContext } from './folder-context.ts';

/** Other programs write, too. */
const MEASURED_MS = 1000;
/** After it could not make enough room, it gives nothing new so soon. */
const PRUNED_MS = 60_000;

export class DiskRoom {
  readonly #context: FolderContext;
  #free = 0;
  /** Promised since the last measurement, and before it what was not written by then. */
  #spent = 0;
  #pending = 0;
  #measuredMs = Number.NEGATIVE_INFINITY;
  #prunedMs = Number.NEGATIVE_INFINITY;
  #making: Promise<void> | undefined;

  constructor(context: FolderContext) {
    this.#context = context;
  }

  /** Would any file fit, however small? */
  async hasAny(): Promise<boolean> {
    const has = await this.take(1);
    if (has) this.done(1);
    return has;
  }

  /**
   * May so many bytes be written? Whoever gets them calls {@link done} when they are written, or will not be.
   */
  async take(bytes: number): Promise<boolean> {
    if (!this.#isMeasured()) await this.#measure();
    if (this.#left < bytes) {
      this.#making ??= this.#make(bytes).finally(() => (this.#making = undefined));
      await this.#making;
    }
    if (this.#left < bytes) return false;
    this.#spent += bytes;
    this.#pending += bytes;
    return true;
  }

  done(bytes: number): void {
    this.#pending -= bytes;
  }

  get #left(): number {
    return this.#free - this.#spent;
  }

  #isMeasured(): boolean {
    return this.#context.clock.monotonicMs() - this.#measuredMs < MEASURED_MS;
  }

  async #measure(): Promise<void> {
    const space = await this.#context.tree.space();
    this.#measuredMs = this.#context.clock.monotonicMs();
    this.#free = space.freeBytes - diskReserveBytes(space.totalBytes);
    this.#spent = this.#pending;
  }

  async #make(bytes: number): Promise<void> {
    await this.#measure();
    const { history, clock } = this.#context;
    const lacking = bytes - this.#left;
    if (lacking <= 0 || clock.monotonicMs() - this.#prunedMs < PRUNED_MS) return;
    await history.makeRoom(lacking);
    await this.#measure();
    if (this.#left < bytes) this.#prunedMs = clock.monotonicMs();
  }
}
