/**
 * lanfold beside Syncthing and rsync: `npm run bench -- [REPETITIONS [PART...]]`, about six minutes for one repetition of all
 * parts (speed, latency, memory). Contenders take turns, so that a slow moment of the machine hits all of them. The raw
 * figures are kept in bench/results.
 * @module
 */
import { measureLanfoldFirstSync, measureLanfoldLatency, measureLanfoldMemory } from './lanfold.ts';
import { table, writeReport, type Sample } from './report.ts';
import { measureRsync } from './rsync.ts';
import {
  DEFAULTS,
  measureFirstSync,
  measureSyncthingLatency,
  measureSyncthingMemory,
  TUNED,
  TUNED_NO_FSYNC,
} from './syncthing.ts';
import { bigFile, manyFiles } from './workload.ts';

const [, , repetitions = '1', ...wanted] = process.argv;
const parts = wanted.length > 0 ? wanted : ['speed', 'latency', 'memory'];
const samples: Sample[] = [];
const add = (more: readonly Sample[]): void => {
  samples.push(...more);
  for (const { contender, measure, value, unit } of more) {
    console.log(`${contender}: ${measure}: ${value.toFixed(3)} ${unit}`);
  }
};

const measurers: Readonly<Record<string, () => Promise<void>>> = {
  async speed() {
    for (const workload of [manyFiles(10_000, 4096), bigFile(1 << 30)]) {
      add(await measureRsync(workload));
      add(await measureLanfoldFirstSync(workload));
      for (const variant of [TUNED, TUNED_NO_FSYNC, DEFAULTS]) add(await measureFirstSync(variant, workload));
    }
  },
  async latency() {
    add(await measureLanfoldLatency(20));
    add(await measureSyncthingLatency(TUNED, 8));
    add(await measureSyncthingLatency(TUNED, 8, 'by scan request'));
    add(await measureSyncthingLatency(DEFAULTS, 2));
  },
  async memory() {
    add(await measureLanfoldMemory(manyFiles(50_000, 1024)));
    for (const variant of [TUNED, DEFAULTS]) add(await measureSyncthingMemory(variant, manyFiles(50_000, 1024)));
  },
};

for (let repetition = 0; repetition < Number(repetitions); repetition++) {
  for (const part of parts) {
    const measure = measurers[part];
    if (measure === undefined)
      throw new Error(`Cannot measure "${part}": the parts are ${Object.keys(measurers).join(', ')}`);
    await measure();
  }
}

const path = writeReport(['run', ...wanted].join('-'), samples, { repetitions: Number(repetitions), parts });
console.log(`\n${table(samples, TUNED.contender)}\n\nRaw figures: ${path}`);
