/**
 * Takes over what others say of members, and tries again where it could not be written: they do not say it again by themselves, and
 * a removal that got lost would leave a stolen device inside.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';

const RETRY_MS = { first: 1000, max: 60_000 } as const;

export interface FollowerOptions {
  readonly clock: Clock;
  readonly isClosed: () => boolean;
  /** What was said could not be taken over; told once for each word. */
  readonly onFailure: (cause: unknown) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  /** By who said it of which folder: the last word. An older one is contained in it. */
  readonly #words = new Map<string, () => Promise<void>>();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** @param take rejects when nothing of it, or not all, came into force. May be called again. */
  follow(key: string, take: () => Promise<void>): void {
    this.#words.set(key, take);
    this.#try(key, take, RETRY_MS.first);
  }

  #try(key: string, take: () => Promise<void>, waitMs: number): void {
    const { clock, isClosed, onFailure } = this.#options;
    if (isClosed() || this.#words.get(key) !== take) return;
    const done = (): void => {
      if (this.#words.get(key) === take) this.#words.delete(key);
    };
    take().then(done, (cause: unknown) => {
      if (isClosed()) return;
      if (waitMs === RETRY_MS.first) onFailure(cause);
      clock.after(waitMs, () => this.#try(key, take, Math.min(waitMs * 2, RETRY_MS.max)));
    });
  }
}
