/**
 * Notices that the network is another one, and that the machine has slept: whatever was tried before means nothing then.
 * @module
 */
import type { InterfaceAddress } from './prefix.ts';

/** How often to look; a look costs some hundredths of a millisecond. */
export const VIGIL_MS = 2_000;
/** A busy machine is not late by so much. */
const ASLEEP_MS = 5_000;

export interface Change {
  /** Own addresses are others than before, or the machine has slept: begin anew. */
  readonly isNew: boolean;
  /** Own addresses that are gone, and with them every connection from there. */
  readonly gone: readonly string[];
}

export class Vigil {
  #own: readonly InterfaceAddress[];
  #lookedMs: number;

  /**
   * @param nowMs by the wall: a sleeping machine's monotonic clock stands still. (A wall clock that is set forward looks like
   *   sleep, which does no harm.)
   */
  constructor(own: readonly InterfaceAddress[], nowMs: number) {
    this.#own = own;
    this.#lookedMs = nowMs;
  }

  look(own: readonly InterfaceAddress[], nowMs: number): Change {
    const lateMs = nowMs - this.#lookedMs - VIGIL_MS;
    this.#lookedMs = nowMs;
    const before = this.#own;
    this.#own = own;
    const isOther = before.map(wordOf).sort().join() !== own.map(wordOf).sort().join();
    const now = new Set(own.map(({ address }) => address));
    return {
      isNew: isOther || lateMs > ASLEEP_MS,
      gone: before.map(({ address }) => address).filter((address) => !now.has(address)),
    };
  }
}

function wordOf({ interfaceName, address, prefixLength }: InterfaceAddress): string {
  return `${interfaceName} ${address}/${prefixLength}`;
}
