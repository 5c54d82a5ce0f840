/**
 * Reads the bytes of one file again and holds them against its record, no faster than is good for whoever else uses the disk.
 * @module
 */
import { blockBytes } from '../../core/model/block.ts';
import { blockCount, blockHash, type LocalRecord } from '../../core/model/file-record.ts';
import { sleep, type Clock } from '../../ports/clock.ts';
import { isTrouble, type FileTree, type ReadJob, type Trouble } from '../../ports/file-tree.ts';

/** Read by one message; the largest block may be more. */
const STEP_BYTES = 1024 * 1024;
/** What it costs to find and open a file, in bytes that the disk could have read meanwhile. */
export const OPENING_BYTES = 64 * 1024;
/** Pauses are taken in one once they are worth a timer. */
const PAUSE_MS = 100;

/** Keeps to a number of bytes per second. */
export class Pace {
  readonly #clock: Clock;
  readonly #bytesPerSecond: () => number;
  #owedMs = 0;

  constructor(clock: Clock, bytesPerSecond: () => number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** So many bytes were read. Returns early when the signal is aborted, and does not throw then. */
  async keep(bytes: number, signal: AbortSignal): Promise<void> {
    this.#owedMs += (bytes / this.#bytesPerSecond()) * 1000;
    if (this.#owedMs < PAUSE_MS || signal.aborted) return;
    const waitMs = this.#owedMs;
    this.#owedMs = 0;
    await sleep(this.#clock, waitMs, signal).catch(() => {}); // the caller sees that it was aborted
  }
}

/** Has it bytes that could be wrong? */
export function hasContent({ record, look }: LocalRecord): boolean {
  return record.type === 'file' && !record.deleted && !record.invalid && record.size > 0 && look !== undefined;
}

/** @returns `wrong`: the bytes are not those of the record; trouble: absent, denied. When aborted, what was found by then. */
export async function reread(
  tree: FileTree,
  local: LocalRecord,
  pace: Pace,
  signal: AbortSignal,
): Promise<'right' | 'wrong' | Trouble> {
  for (const jobs of stepsOf(local)) {
    const found = await tree.read(jobs);
    const isWrong = found.some((bytes, index) =>
      isTrouble(bytes) ? bytes.trouble === 'wrong-content' : bytes.length !== jobs[index]?.bytes,
    );
    if (isWrong) return 'wrong';
    const trouble = found.find(isTrouble);
    if (trouble !== undefined) return trouble;
    await pace.keep(
      jobs.reduce((sum, job) => sum + job.bytes, 0),
      signal,
    );
    if (signal.aborted) break;
  }
  return 'right';
}

/** All blocks of a file, in steps of many small ones or of a large one. */
function* stepsOf({ record }: LocalRecord): Generator<ReadJob[]> {
  const { name, size, blockSize, blocks } = record;
  const perStep = Math.max(1, Math.floor(STEP_BYTES / blockSize));
  for (let first = 0; first < blockCount(blocks); first += perStep) {
    const count = Math.min(perStep, blockCount(blocks) - first);
    yield Array.from({ length: count }, (_, step) => {
      const index = first + step;
      const bytes = blockBytes(size, blockSize, index);
      return { name, offset: index * blockSize, bytes, hash: blockHash(blocks, index) };
    });
  }
}
