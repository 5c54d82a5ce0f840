/** Who can be asked for blocks: the live conversations with peers, as the puller sees them. */
import type { FileRecord } from '../../core/model/file-record.ts';

export interface BlockWanted {
  readonly record: FileRecord;
  readonly index: number;
  readonly offset: number;
  readonly bytes: number;
  readonly hash: Uint8Array;
}

/** One peer that can be asked. */
export interface Source {
  /** Its short ID. */
  readonly peer: bigint;
  /** Bytes asked for and not answered yet. */
  readonly pendingBytes: number;
  /** @returns the bytes, unverified; undefined when the peer cannot give them or is gone. */
  request(folderId: string, wanted: BlockWanted): Promise<Uint8Array | undefined>;
}

export interface Sources {
  /** Connected peers with which the folder is shared. */
  of(folderId: string): readonly Source[];
}

/** The least busy of some; undefined for none. */
export function leastBusy(sources: readonly Source[]): Source | undefined {
  let best: Source | undefined;
  for (const source of sources) if (best === undefined || source.pendingBytes < best.pendingBytes) best = source;
  return best;
}
