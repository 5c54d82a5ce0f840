/**
 * Making messages small: a view into a large buffer is sent to a thread with the whole buffer, so views get one of their own.
 * @module
 */
import type { Change, ReadJob, StageJob } from '../../ports/file-tree.ts';

/** The bytes in a buffer that holds nothing else. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** Copies all bytes of the jobs to one buffer, to be handed over and not copied again. */
export function compactStageJobs(jobs: readonly StageJob[]): { compact: StageJob[]; transfer: ArrayBuffer } {
  const total = jobs.reduce((sum, job) => sum + job.hash.length + (job.from === 'bytes' ? job.data.length : 0), 0);
  const all = new Uint8Array(total);
  let used = 0;
  const moved = (bytes: Uint8Array): Uint8Array => {
    all.set(bytes, used);
    used += bytes.length;
    return all.subarray(used - bytes.length, used);
  };
  const compact = jobs.map((job): StageJob => {
    const hash = moved(job.hash);
    return job.from === 'bytes' ? { ...job, hash, data: moved(job.data) } : { ...job, hash };
  });
  return { compact, transfer: all.buffer };
}

export function compactChange(change: Change): Change {
  if (change.change !== 'symlink') return change; // the looks of others have a target of no bytes, or one of their own
  return { ...change, target: ownBytes(change.target) };
}

export function compactReadJob(job: ReadJob): ReadJob {
  return job.hash === undefined ? job : { ...job, hash: ownBytes(job.hash) };
}
