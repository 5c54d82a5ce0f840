/** Chance, as the node sees it: identifiers and jitter come from here, so that a simulation can repeat them. */
export interface Chance {
  /** `length` random bytes; cryptographically strong in the real world. */
  bytes(length: number): Uint8Array;
  /** A number in [0, 1). */
  fraction(): number;
}
