/**
 * Up to where in our index each peer can have heard: what there was when this run began, and what this run has told it.
 *
 * A peer that knows more heard it of records that are lost here: they were restored from a backup, or belong to a twin (R14).
 * The highest sequence number alone does not show that: the first scan of old records makes many new ones. Nor does this, when
 * they have grown in an earlier run and no such peer was there: so each run goes on at a random distance, which leaves a gap.
 */
import { distanceOf } from '../../core/session/sequence-gaps.ts';
import type { Chance } from '../../ports/chance.ts';
import type { FolderRecords, PeerKey } from '../../ports/record-store.ts';

export class Announced {
  readonly #before: number;
  readonly #told = new Map<PeerKey, number>();

  /** A run begins. */
  constructor(records: FolderRecords, chance: Chance) {
    this.#before = records.maxSequence();
    records.goOn(distanceOf(chance.fraction()));
  }

  tell(peer: PeerKey, sequence: number): void {
    this.#told.set(peer, Math.max(sequence, this.atMost(peer)));
  }

  atMost(peer: PeerKey): number {
    return this.#told.get(peer) ?? this.#before;
  }
}
