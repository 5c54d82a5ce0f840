/**
 * Real chance.
 * @module
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Chance } from '../../ports/chance.ts';

const FRACTIONS = 2 ** 47;

export const systemChance: Chance = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => randomInt(FRACTIONS) / FRACTIONS,
};
