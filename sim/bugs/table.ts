/**
 * All planted bugs.
 * @module
 */
import type { PlantedBug } from './planted-bug.ts';
import { SCANNING } from './scanning.ts';

export const PLANTED_BUGS: readonly PlantedBug[] = [...SCANNING];

/** @throws when there is none of that name. */
export function plantedBug(name: string): PlantedBug {
  const bug = PLANTED_BUGS.find((known) => known.name === name);
  if (bug === undefined) throw new Error(`There is no bug "${name}" to put back`);
  return bug;
}
