/**
 * Own sequence numbers that no record ever had, because each run of the process goes on at a random distance from the last.
 *
 * Records that are put back from a backup go on counting from where they were. Without the gaps they would use numbers again
 * that a peer has heard for other changes, and neither side would notice once they have caught up (rule R14). A peer that
 * knows a number in a gap has heard it in a life that these records have lost.
 * @module
 */

export interface Gap {
  /** The last number before. */
  readonly after: number;
  /** The first number behind. */
  readonly before: number;
}

/** Two lives of the same records get the same numbers once in some billion times. */
const DISTANCE_MAX = 2 ** 32;
/** More are not kept: whoever was away for so many runs with changes is told anew from where it was, as everybody once was. */
const GAPS_MAX = 100;

/** @param fraction in [0, 1). @returns how far a run goes on from the last number, at least 1. */
export function distanceOf(fraction: number): number {
  return 1 + Math.floor(fraction * DISTANCE_MAX);
}

/** Was the number never given to a record, as far as these know? */
export function isInGap(gaps: readonly Gap[], sequence: number): boolean {
  return gaps.some(({ after, before }) => after < sequence && sequence < before);
}

export function withGap(gaps: readonly Gap[], gap: Gap): readonly Gap[] {
  return [...gaps, gap].slice(-GAPS_MAX);
}

/** `after-before` for each, with blanks between them. */
export function formatGaps(gaps: readonly Gap[]): string {
  return gaps.map(({ after, before }) => `${after}-${before}`).join(' ');
}

/** What cannot be read is left away. */
export function parseGaps(text: string): readonly Gap[] {
  return text.split(' ').flatMap((part) => {
    const found = /^(\d{1,16})-(\d{1,16})$/u.exec(part);
    return found === null ? [] : [{ after: Number(found[1]), before: Number(found[2]) }];
  });
}
