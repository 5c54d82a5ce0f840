/**
 * Notices when a peer tells no more of its indexes: one that never comes to an end has told what it will.
 * @module
 */
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Link } from './link.ts';

/** After this long without a further part, a peer's index counts as told. */
const SILENCE_MS = 10_000;

export class Silence {
  readonly #clock: Clock;
  readonly #link: Pick<Link, 'isAmidMessage'>;
  readonly #onSilent: () => void;
  #timer: Timer | undefined;
  #taking = 0;
  #hasHeard = false;

  constructor(clock: Clock, link: Pick<Link, 'isAmidMessage'>, onSilent: () => void) {
    this.#clock = clock;
    this.#link = link;
    this.#onSilent = onSilent;
  }

  /** It tells, or is about to. */
  watch(): void {
    this.stop();
    this.#hasHeard = false;
    this.#timer = this.#clock.after(SILENCE_MS, () => {
      const isComing = this.#hasHeard && this.#link.isAmidMessage;
      if (isComing || this.#taking > 0) this.watch();
      else this.#onSilent();
    });
  }

  /** Some bytes have come. If of a long message, that takes its time on a slow network: it may be of the index, or stand before the rest. */
  heard(): void {
    this.#hasHeard = true;
  }

  /** @param taken until then nothing more is read of the peer, which is not silent: what it told waits its turn, or for a name. */
  taking(taken: Promise<void> | undefined): Promise<void> | undefined {
    if (taken === undefined) return undefined;
    this.#taking += 1;
    return taken.finally(() => void (this.#taking -= 1));
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
