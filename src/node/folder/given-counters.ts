/**
 * Counters of versions that this device has just made, by name.
 *
 * A counter is a second, or one more than the last. The last one can be forgotten within that second: its version lost a conflict,
 * say, or a power cut took what it stood for, and another one stands there now. Whoever changes the name then must not give out
 * the same counter again: peers may have heard of it, and no version may stand for two contents (SPEC V3). Where a clock was set
 * back, seconds of earlier runs come again, too: of those the highest is kept with the records.
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { countOf, isPlausible } from '../../core/model/version-vector.ts';

/** A note: the highest counter that was ever given out, to any name. */
export const GIVEN_UNTIL = 'given until';
/** So many are kept before the old ones are looked for, at least. */
const KEPT_MIN = 1000;

export class GivenCounters {
  readonly #device: bigint;
  readonly #given = new Map<string, bigint>();
  #kept = KEPT_MIN;
  /** Of names that are not known one by one: those of earlier runs, and of seconds that are over. */
  #highestForgotten: bigint;
  #noted: bigint;

  /** @param device short ID of this device. @param until what earlier runs have noted of {@link GIVEN_UNTIL}. */
  constructor(device: bigint, until: string | undefined) {
    this.#device = device;
    this.#highestForgotten = until !== undefined && /^\d{1,20}$/u.test(until) ? BigInt(until) : 0n;
    this.#noted = this.#highestForgotten;
  }

  /** @returns 0 for none of late. */
  of(name: string): bigint {
    return this.#given.get(name) ?? 0n;
  }

  /**
   * The highest counter that any name may have had, if the clock is behind it by no more than a day: whoever set it back makes
   * seconds come again that are over.
   */
  ofAny(nowMs: number): bigint {
    return isPlausible(this.#highestForgotten, nowMs) ? this.#highestForgotten : 0n;
  }

  /**
   * What is to be noted of {@link GIVEN_UNTIL} together with these records; undefined if the note is true as it is. A count that a
   * peer has made up, and ours on top of one, stands for no second that could come again (R10).
   */
  untilWith(records: readonly FileRecord[], nowMs: number): bigint | undefined {
    const highest = records.reduce((most, { version }) => {
      const count = countOf(version, this.#device);
      return count > most && isPlausible(count, nowMs) ? count : most;
    }, this.#noted);
    return highest === this.#noted ? undefined : highest;
  }

  noted(until: bigint): void {
    this.#noted = until;
  }

  /** A record that is made now, or given up. */
  saw({ name, version }: FileRecord, nowMs: number): void {
    const counter = countOf(version, this.#device);
    const second = secondOf(nowMs);
    if (counter < second || counter <= this.of(name)) return;
    this.#given.set(name, counter);
    if (this.#given.size > this.#kept) this.#forgetOld(second);
  }

  /** A counter of a second that is over is not given out again, as long as the clock goes on; of others any number is kept. */
  #forgetOld(second: bigint): void {
    for (const [name, counter] of this.#given) {
      if (counter >= second) continue;
      this.#given.delete(name);
      if (counter > this.#highestForgotten) this.#highestForgotten = counter;
    }
    this.#kept = Math.max(KEPT_MIN, 2 * this.#given.size); // a first scan gives out many in one second
  }
}

function secondOf(nowMs: number): bigint {
  return BigInt(Math.floor(nowMs / 1000));
}
