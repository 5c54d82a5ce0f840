/**
 * Making messages small: a view into a large buffer is sent to a thread with the whole buffer, so views get one of their own.
 * @module
 */
import { BLOCK_BYTES_MIN } from '../../core/model/block.ts';
import type { Change, ReadJob, StageJob } from '../../ports/file-tree.ts';

/** The bytes in a buffer that holds nothing else. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

type BytesJob = Extract<StageJob, { readonly from: 'bytes' }>;

/** Bytes that fill their buffer but for so much are handed over with it. */
const SLACK_BYTES = 1024;

/**
 * Copies the small bytes of the jobs to one buffer, and hands that over together with the buffers of the large ones: whoever
 * gave those must not use them any more.
 */
export function compactStageJobs(jobs: readonly StageJob[]): { compact: StageJob[]; transfer: ArrayBuffer[] } {
  const whole = new Set(jobs.flatMap(wholeBuffer));
  const isCopied = (job: StageJob): job is BytesJob => job.from === 'bytes' && wholeBuffer(job).length === 0;
  const total = jobs.reduce((sum, job) => sum + job.hash.length + (isCopied(job) ? job.data.length : 0), 0);
  const all = new Uint8Array(total);
  let used = 0;
  const moved = (bytes: Uint8Array): Uint8Array => {
    all.set(bytes, used);
    used += bytes.length;
    return all.subarray(used - bytes.length, used);
  };
  const compact = jobs.map((job): StageJob => {
    const hash = moved(job.hash);
    return isCopied(job) ? { ...job, hash, data: moved(job.data) } : { ...job, hash };
  });
  return { compact, transfer: [all.buffer, ...whole] };
}

/** The buffer of large bytes, if nothing else is in it. */
function wholeBuffer(job: StageJob): ArrayBuffer[] {
  if (job.from !== 'bytes' || job.data.length < BLOCK_BYTES_MIN) return [];
  const { buffer, length } = job.data;
  return buffer instanceof ArrayBuffer && buffer.byteLength <= length + SLACK_BYTES ? [buffer] : [];
}

export function compactChange(change: Change): Change {
  if (change.change !== 'symlink') return change; // the looks of others have a target of no bytes, or one of their own
  return { ...change, target: ownBytes(change.target) };
}

export function compactReadJob(job: ReadJob): ReadJob {
  return job.hash === undefined ? job : { ...job, hash: ownBytes(job.hash) };
}
