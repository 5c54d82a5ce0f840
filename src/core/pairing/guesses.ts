/**
 * How often strangers may guess while pairing is open: a state machine whose time is an argument.
 *
 * A code lives for ten minutes, is used once, and is burnt by its third wrong guess; ten seconds later comes another, and after
 * three burnt ones pairing closes. So nine guesses in all against a million codes, and at most three of them from one
 * address: a single troublemaker burns one code, not all.
 *
 * What counts as a guess: a joiner's tag that is wrong. What does not: hanging up, or falling silent, after our point has
 * come. Our point is a random one of its group whatever the code is, and nothing else of ours depends on the code before
 * a tag was judged; so whoever leaves without sending one has learnt nothing to test a guess with, now or later. Counting it
 * would only let a bad network burn the codes of honest people.
 * @module
 */
export const CODE_MS = 10 * 60_000;
export const WRONG_PER_CODE_MAX = 3;
export const WRONG_PER_SOURCE_MAX = 3;
export const BURNT_CODES_MAX = 3;
/** Long enough for a person to see that something is wrong, short enough to wait for. */
export const PAUSE_MS = 10_000;

/** Why pairing is over for good. */
export type OverBecause =
  /** Somebody proved to know the code. */
  | 'used'
  | 'expired'
  /** Three codes were burnt: somebody is guessing. */
  | 'guessed-at'
  /** The person here ended it. */
  | 'closed';

/** Why nobody may guess, or this source may not. */
export type MayNotBecause =
  | OverBecause
  /** Between a burnt code and the next. */
  | 'pause'
  /** The code that this conversation began with is burnt; there may be another. */
  | 'burnt'
  /** This source has guessed wrong too often. */
  | 'too-many';

/** A code while it can be guessed. Compared by identity: another one with the same digits is another code. */
export interface LiveCode {
  readonly digits: string;
  readonly untilMs: number;
}

export type MayGuess =
  | { readonly may: true; readonly code: LiveCode; readonly triesLeft: number }
  | { readonly may: false; readonly because: MayNotBecause };

export type Phase =
  | { readonly is: 'open'; readonly code: LiveCode }
  /** At `untilMs` a new code is due: {@link Guesses.renew}. */
  | { readonly is: 'pause'; readonly untilMs: number }
  | { readonly is: 'over'; readonly because: OverBecause };

export class Guesses {
  #phase: Phase;
  #wrong = 0;
  #burnt = 0;
  /** Wrong guesses by source; bounded, since there are at most nine in all. */
  readonly #wrongBySource = new Map<string, number>();

  constructor(digits: string, nowMs: number) {
    this.#phase = liveFrom(digits, nowMs);
  }

  /** Where pairing stands at this moment. */
  phase(nowMs: number): Phase {
    if (this.#phase.is === 'open' && nowMs >= this.#phase.code.untilMs) this.end('expired');
    return this.#phase;
  }

  /** @param begunWith the code that the conversation began with; another one is not judged by its tag. */
  may(source: string, nowMs: number, begunWith?: LiveCode): MayGuess {
    const phase = this.phase(nowMs);
    if (phase.is === 'over') return { may: false, because: phase.because };
    const triesOfSource = WRONG_PER_SOURCE_MAX - (this.#wrongBySource.get(source) ?? 0);
    if (triesOfSource <= 0) return { may: false, because: 'too-many' };
    if (phase.is === 'pause') return { may: false, because: begunWith === undefined ? 'pause' : 'burnt' };
    if (begunWith !== undefined && begunWith !== phase.code) return { may: false, because: 'burnt' };
    return { may: true, code: phase.code, triesLeft: Math.min(WRONG_PER_CODE_MAX - this.#wrong, triesOfSource) };
  }

  /**
   * A guess that {@link may} allowed was wrong.
   * @returns how many tries are left to its source with this code.
   */
  wrong(source: string, nowMs: number): number {
    this.#wrong += 1;
    const ofSource = (this.#wrongBySource.get(source) ?? 0) + 1;
    this.#wrongBySource.set(source, ofSource);
    if (this.#wrong >= WRONG_PER_CODE_MAX) this.#burn(nowMs);
    return Math.max(0, Math.min(WRONG_PER_CODE_MAX - this.#wrong, WRONG_PER_SOURCE_MAX - ofSource));
  }

  /** A guess that {@link may} allowed was right: the code is used up. */
  right(): void {
    this.end('used');
  }

  /** The pause is over; `digits` is the new code. */
  renew(digits: string, nowMs: number): void {
    if (this.#phase.is !== 'pause') return;
    this.#wrong = 0;
    this.#phase = liveFrom(digits, nowMs);
  }

  /** The first reason stays. */
  end(because: OverBecause): void {
    if (this.#phase.is !== 'over') this.#phase = { is: 'over', because };
  }

  #burn(nowMs: number): void {
    this.#burnt += 1;
    if (this.#burnt >= BURNT_CODES_MAX) this.end('guessed-at');
    else this.#phase = { is: 'pause', untilMs: nowMs + PAUSE_MS };
  }
}

function liveFrom(digits: string, nowMs: number): Phase {
  return { is: 'open', code: { digits, untilMs: nowMs + CODE_MS } };
}
