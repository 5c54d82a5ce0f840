/**
 * How much of a disk is never written to: a full disk stops the user's programs, our own records and the deletes of peers.
 * @module
 */

/** A hundredth, or as much as programs and file systems need to go on (journals, databases, an editor's save). */
const RESERVE = { share: 0.01, bytes: 64 * 1024 * 1024 } as const;
/** But no more than this of a small disk, which would hold nothing otherwise. */
const RESERVE_SHARE_MAX = 0.1;

/** How many bytes stay free of a disk of that size. */
export function diskReserveBytes(totalBytes: number): number {
  return Math.min(Math.max(totalBytes * RESERVE.share, RESERVE.bytes), totalBytes * RESERVE_SHARE_MAX);
}
