/**
 * Up to where in our index each peer can have heard: what there was when this run began, and what this run has told it.
 *
 * A peer that knows more heard it of records that are lost here: they were restored from a backup, or belong to a twin (R14).
 * The highest sequence number alone does not show that: the first scan of old records makes many new ones.
 */
import type { PeerKey } from '../../ports/record-store.ts';

export class Announced {
  readonly #before: number;
  readonly #told = new Map<PeerKey, number>();

  /** @param before highest own sequence number when the run began. */
  constructor(before: number) {
    this.#before = before;
  }

  tell(peer: PeerKey, sequence: number): void {
    this.#told.set(peer, Math.max(sequence, this.atMost(peer)));
  }

  atMost(peer: PeerKey): number {
    return this.#told.get(peer) ?? this.#before;
  }
}
