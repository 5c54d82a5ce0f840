/**
 * All planted bugs.
 * @module
 */
import { AFTER_CUT } from './after-cut.ts';
import { DECIDING } from './deciding.ts';
import { DISK } from './disk.ts';
import { GATHERING } from './gathering.ts';
import type { PlantedBug } from './planted-bug.ts';
import { PULLING } from './pulling.ts';
import { RESTARTING } from './restarting.ts';
import { SCANNING } from './scanning.ts';
import { TELLING } from './telling.ts';

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...SCANNING,
  ...DECIDING,
  ...PULLING,
  ...TELLING,
  ...GATHERING,
  ...RESTARTING,
  ...AFTER_CUT,
  ...DISK,
];

/** @throws when there is none of that name. */
export function plantedBug(name: string): PlantedBug {
  const bug = PLANTED_BUGS.find((known) => known.name === name);
  if (bug === undefined) throw new Error(`There is no bug "${name}" to put back`);
  return bug;
}
