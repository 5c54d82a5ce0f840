/**
 * Counters of versions that this device has just made, by name.
 *
 * A counter is a second, or one more than the last. The last one can be forgotten within that second: its version lost a conflict,
 * say, or a power cut took what it stood for, and another one stands there now. Whoever changes the name then must not give out
 * the same counter again: peers may have heard of it, and no version may stand for two contents (SPEC V3).
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import { counterOf } from '../../core/model/version-vector.ts';

/** So many are kept before the old ones are looked for, at least. */
const KEPT_MIN = 1000;

export class GivenCounters {
  readonly #device: bigint;
  readonly #given = new Map<string, bigint>();
  #kept = KEPT_MIN;

  /** @param device short ID of this device. */
  constructor(device: bigint) {
    this.#device = device;
  }

  /** @returns 0 for none of late. */
  of(name: string): bigint {
    return this.#given.get(name) ?? 0n;
  }

  /** A record that is made now, or given up. */
  saw({ name, version }: FileRecord, nowMs: number): void {
    const counter = counterOf(version, this.#device);
    const second = BigInt(Math.floor(nowMs / 1000));
    if (counter < second || counter <= this.of(name)) return;
    this.#given.set(name, counter);
    if (this.#given.size > this.#kept) this.#forgetOld(second);
  }

  /** A counter of a second that is over cannot be given out again; of those that are not over any number is kept. */
  #forgetOld(second: bigint): void {
    for (const [name, counter] of this.#given) if (counter < second) this.#given.delete(name);
    this.#kept = Math.max(KEPT_MIN, 2 * this.#given.size); // a first scan gives out many in one second
  }
}
