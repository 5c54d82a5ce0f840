/**
 * Plants the bug that the environment variable PLANTED_BUG names before anything else is loaded, in each thread:
 * `PLANTED_BUG=echo node --import ./sim/bugs/preload.ts sim/harm.test.ts` runs a file of tests on a product that has it.
 * @module
 */
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import { plant } from './plant.ts';
import { plantedBug } from './table.ts';

const name = process.env['PLANTED_BUG'];
if (name === undefined) throw new Error('PLANTED_BUG names no bug');
plant(plantedBug(name));

/** The product gives its threads none of the process's options. */
class BuggyWorker extends threads.Worker {
  constructor(file: string | URL, options: threads.WorkerOptions = {}) {
    super(file, { ...options, execArgv: [...(options.execArgv ?? []), '--import', import.meta.filename] });
  }
}

threads.Worker = BuggyWorker;
syncBuiltinESMExports();
