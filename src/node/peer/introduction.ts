/**
 * How long a far end that has proven its device may take to introduce itself (R19): first its hello, then what it shares.
 * Syncthing sends the one at once and the other a second later.
 */
import type { Clock, Timer } from '../../ports/clock.ts';

const HELLO_MS = 5000;
const CONFIG_MS = 20_000;

export class Introduction {
  readonly #clock: Clock;
  readonly #late: (reason: string) => void;
  #timer: Timer;

  /** @param late told once, with what was due. */
  constructor(clock: Clock, late: (reason: string) => void) {
    this.#clock = clock;
    this.#late = late;
    this.#timer = this.#expect(HELLO_MS, 'the peer sent no hello in time');
  }

  greeted(): void {
    this.#timer.cancel();
    this.#timer = this.#expect(CONFIG_MS, 'the peer did not say in time what it shares');
  }

  /** It is over, one way or the other. */
  done(): void {
    this.#timer.cancel();
  }

  #expect(withinMs: number, reason: string): Timer {
    return this.#clock.after(withinMs, () => this.#late(reason));
  }
}
