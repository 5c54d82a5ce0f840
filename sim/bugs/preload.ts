/**
 * Plants the bug that the environment variable PLANTED_BUG names before anything else is loaded:
 * `PLANTED_BUG=echo node --import ./sim/bugs/preload.ts sim/harm.test.ts` runs a file of tests on a product that has it.
 * @module
 */
import { plant } from './plant.ts';
import { plantedBug } from './table.ts';

const name = process.env['PLANTED_BUG'];
if (name === undefined) throw new Error('PLANTED_BUG names no bug');
plant(plantedBug(name));
