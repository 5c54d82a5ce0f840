/**
 * What waits for a person at one lanfold ↔ the wire, so that the people at the others know of it (rule U92).
 * @module
 */
import { HELD_ACTS_MAX } from '../limits.ts';
import type { Held, HeldActDraft } from './messages.ts';

/** Deletes that were made at the sender, or that its peers made, or replacements that these made. */
export type HeldKind = 'deletes-here' | 'deletes-by-peers' | 'replacements-by-peers';

export interface HeldFact {
  readonly folder: string;
  readonly kind: HeldKind;
  /** Names. */
  readonly count: number;
}

const KINDS: readonly (HeldKind | undefined)[] = [
  undefined,
  'deletes-here',
  'deletes-by-peers',
  'replacements-by-peers',
];

/** What is too much to be told is left out: a person who looks after the first hundred hears of the next. */
export function writeHeld(facts: readonly HeldFact[]): { told: true; acts: HeldActDraft[] } {
  const acts = facts.slice(0, HELD_ACTS_MAX);
  return { told: true, acts: acts.map(({ folder, kind, count }) => ({ folder, kind: KINDS.indexOf(kind), count })) };
}

/** Kinds of a later version are passed over, and so are counts that cannot be. To be read only if it was `told`. */
export function readHeld({ acts }: Held): HeldFact[] {
  return acts.flatMap(({ folder, kind: number, count }) => {
    const kind = KINDS[number];
    return kind === undefined || count < 1 ? [] : [{ folder, kind, count }];
  });
}
