/**
 * Of several conversations with one device, which are too many? Both ends decide alike, without asking each other.
 *
 * Each end stamps a conversation, in its hello, with the time at which it began it there. Whoever dials has no other conversation
 * with that device at that moment. So what the far end dialled proves that all that it began before is dead, whether this end has
 * noticed or not: the far end has restarted, or another address. What both dialled at the same moment are rivals.
 * @module
 */

/** A conversation that is past its hello. */
export interface Rival {
  /** This end began it. */
  readonly isDialled: boolean;
  /** When it began here, monotonic milliseconds. */
  readonly startedMs: number;
  /** When it began at the far end, by its clock. 0n: it does not say. */
  readonly farStamp: bigint;
}

/** Whatever the stamps say: a second conversation this much later means that the first one died unseen. */
const REPLACE_AFTER_MS = 10_000;

/**
 * @param fresh the last that came past its hello
 * @param isOwnLower this end has the lower device ID: of two rivals the one that the lower ID dialled stays
 */
export function surplusOf<Some extends Rival>(
  others: readonly Some[],
  fresh: Some,
  isOwnLower: boolean,
  nowMs: number,
): Some[] {
  const old = others.filter(({ startedMs }) => nowMs - startedMs > REPLACE_AFTER_MS);
  const young = others.filter((other) => !old.includes(other));
  const outlived = young.filter((other) => provesDead(fresh, other));
  const rivals = young.filter((other) => !outlived.includes(other));
  const dead = [...old, ...outlived];
  const isPreferred = ({ isDialled }: Some): boolean => isDialled === isOwnLower;
  if (rivals.length === 0) return dead;
  if (rivals.some((rival) => provesDead(rival, fresh))) return [...dead, fresh];
  if (isPreferred(fresh) && !rivals.some(isPreferred)) return [...dead, ...rivals];
  return [...dead, fresh];
}

function provesDead(later: Rival, earlier: Rival): boolean {
  return !later.isDialled && earlier.farStamp !== 0n && later.farStamp > earlier.farStamp;
}

/** When conversations begin, in nanoseconds since 1970: each later than the last, whatever the clock does. */
export class Stamps {
  #last = 0n;

  next(nowMs: number): bigint {
    const now = BigInt(Math.trunc(nowMs)) * 1_000_000n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }
}
