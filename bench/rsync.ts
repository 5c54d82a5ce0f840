/**
 * rsync from folder to folder on one disk: no network, no hashing, no database; the floor that a sync program is held to.
 * @module
 */
import { execFileSync } from 'node:child_process';
import type { Sample } from './report.ts';
import { assertEqual, withTwoFolders, type Workload } from './workload.ts';

/** `-a` as people use it, which leaves the writing to the kernel, and with a flush of each file, as durable as a sync program. */
const VARIANTS: readonly (readonly [contender: string, args: readonly string[]])[] = [
  ['rsync -a', ['-a']],
  ['rsync -a --fsync', ['-a', '--fsync']],
];

/** One first copy in each variant. */
export async function measureRsync(workload: Workload): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const [contender, args] of VARIANTS) {
    const seconds = await withTwoFolders(async (from, to) => {
      workload.fill(from);
      const startMs = performance.now();
      execFileSync('rsync', [...args, `${from}/`, `${to}/`]);
      const endMs = performance.now();
      assertEqual(from, to);
      return (endMs - startMs) / 1000;
    });
    samples.push({ contender, measure: `first sync of ${workload.name}`, unit: 's', value: seconds });
  }
  return samples;
}
