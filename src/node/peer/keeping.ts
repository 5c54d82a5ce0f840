/**
 * What a peer told of its index is kept part by part: to save tens of thousands of records takes seconds, and others must not wait
 * for that (R19).
 * @module
 */
import type { FileRecord } from '../../core/model/file-record.ts';
import type { IndexPosition } from '../../core/session/index-start.ts';
import { sleep, type Clock } from '../../ports/clock.ts';

/** As many as known versions send in one message. */
const PART_RECORDS_MAX = 1000;
/** Of the lists of blocks, each 32 bytes. */
const PART_HASH_BYTES_MAX = 4 * 1024 * 1024;

type Part = readonly FileRecord[];

export interface Keeping {
  readonly clock: Clock;
  /** Undefined when no name of them is being put in place. */
  readonly untilFree: (part: Part) => Promise<void> | undefined;
  /** Asked after each wait: does the peer still tell of this folder, in this conversation? */
  readonly isWanted: () => boolean;
  /** Up to where what the peer tells is kept. */
  readonly held: () => IndexPosition;
  readonly keep: (part: Part, isFirst: boolean) => void;
}

/** @returns when all is kept, or is of no use any more; undefined when it is so already. */
export function keepInParts(told: Part, keeping: Keeping, held = keeping.held()): Promise<void> | undefined {
  if (isLong(told)) return keepEach(partsOf(told), keeping, held);
  const free = keeping.untilFree(told);
  if (free !== undefined) return free.then(() => keepInParts(told, keeping, held));
  if (isCurrent(keeping, held)) keeping.keep(told, true);
  return undefined;
}

async function keepEach(parts: readonly Part[], keeping: Keeping, before: IndexPosition): Promise<void> {
  const { clock, untilFree, keep } = keeping;
  let held = before;
  for (const [index, part] of parts.entries()) {
    await sleep(clock, 0);
    for (let free = untilFree(part); free !== undefined; free = untilFree(part)) await free;
    if (!isCurrent(keeping, held)) return;
    keep(part, index === 0);
    held = keeping.held();
  }
}

/**
 * While it waited, the peer may have given this index up, or what was kept of it may have been forgotten, even if the folder is shared
 * with the peer again by now: on top of that the rest would pass for the whole.
 */
function isCurrent({ isWanted, held }: Keeping, before: IndexPosition): boolean {
  if (!isWanted()) return false;
  const { indexId, maxSequence } = held();
  return indexId === before.indexId && maxSequence === before.maxSequence;
}

function isLong(told: Part): boolean {
  return told.length > PART_RECORDS_MAX || hashBytesOf(told) > PART_HASH_BYTES_MAX;
}

function hashBytesOf(told: Part): number {
  return told.reduce((sum, { blocks }) => sum + blocks.length, 0);
}

/** In the order of their numbers, as honest peers send them: whoever has saved a part asks for what has higher ones. */
function partsOf(told: Part): Part[] {
  const parts: FileRecord[][] = [];
  let part: FileRecord[] = [];
  let hashBytes = 0;
  for (const record of told.toSorted((a, b) => a.sequence - b.sequence)) {
    hashBytes += record.blocks.length;
    if (part.length === 0 || part.length === PART_RECORDS_MAX || hashBytes > PART_HASH_BYTES_MAX) {
      parts.push((part = []));
      hashBytes = record.blocks.length;
    }
    part.push(record);
  }
  return parts;
}
