/**
 * Bugs that can be put back on purpose, so that the simulation can prove that it would find them. Nothing outside sim/ and
 * its tests sets any; the library's door does not export them.
 */
export type PlantedBug =
  /** The seed's first bug: what was received is taken for an own change and sent back. */
  | 'echo'
  /** The seed's second bug: a file is announced as soon as it appears, while it is still being written. */
  | 'unsettled';

export type PlantedBugs = ReadonlySet<PlantedBug>;

export const NO_PLANTED_BUGS: PlantedBugs = new Set();
