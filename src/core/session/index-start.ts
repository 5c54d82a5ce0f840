/**
 * From where on a peer has to be told of our index, and whether what we hold of its index still counts (bep.md §4.1).
 * @module
 */

import { isInGap, type Gap } from './sequence-gaps.ts';

/** Which index, and up to where in it. `indexId` 0n: none. */
export interface IndexPosition {
  readonly indexId: bigint;
  readonly maxSequence: number;
}

export type IndexStart =
  /** Tell what has a higher sequence number; 0: a full index. */
  | { readonly tell: 'from'; readonly sequence: number }
  /** The peer has heard more of us than we remember: our records were set back. We need a new index ID (rule R14). */
  | { readonly tell: 'renew' };

/**
 * @param own our index, up to where the peer can have heard of it.
 * @param theirs what the peer says it holds of it.
 * @param gaps numbers of our index that were never given.
 */
export function indexStart(own: IndexPosition, theirs: IndexPosition, gaps: readonly Gap[]): IndexStart {
  if (theirs.indexId !== own.indexId) return { tell: 'from', sequence: 0 };
  if (theirs.maxSequence > own.maxSequence || isInGap(gaps, theirs.maxSequence)) return { tell: 'renew' };
  return { tell: 'from', sequence: theirs.maxSequence };
}

/** Must what we hold of a peer's index be forgotten, because it now counts in another one? */
export function isOtherIndex(held: IndexPosition, announced: bigint): boolean {
  return announced === 0n || announced !== held.indexId;
}

/**
 * Does a peer's index say less now than it told before? Then the peer was set back, and its old numbers will stand for other
 * changes (rule R14).
 * @param held what we hold of it.
 */
export function hasGoneBack(held: IndexPosition, announced: IndexPosition): boolean {
  return announced.indexId !== 0n && announced.indexId === held.indexId && announced.maxSequence < held.maxSequence;
}
