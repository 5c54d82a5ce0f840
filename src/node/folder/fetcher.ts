/**
 * Brings the content of one wanted file into a staged file: what is here already is copied, the rest is asked from peers,
 * several at once. Each block is verified by its hash as it lands; a peer that sends wrong bytes is not asked again for
 * this file.
 * @module
 */
import { blockCount, NO_BYTES, type FileRecord } from '../../core/model/file-record.ts';
import { planBlocks, type Place, type PlannedBlock } from '../../core/pull/block-plan.ts';
import { toUtf8 } from '../../core/text.ts';
import { isTrouble, type Staged, type StageJob, type Trouble } from '../../ports/file-tree.ts';
import type { DiskRoom } from './disk-room.ts';
import type { FolderContext } from './folder-context.ts';
import { leastBusy, type Source, type Sources } from '../peer/sources.ts';
import { Batcher, type Budget } from '../wake.ts';

/** `no-source`: nobody connected has this version. */
export type Fetched = { readonly stage: string } | Trouble | 'no-source';

/** More landings than this in one message only add to the wait of the first. */
const STAGE_BATCH_MAX = 256;
/** Blocks so large are work enough by themselves: few at a time, and two times at once, so that two cores share them. */
const LARGE_BYTES = 512 * 1024;
const LARGE_BATCH_MAX = 4;
const LARGE_BATCHES = 2;
const ASK_AGAIN_MAX = 3;
const FULL: Trouble = { trouble: 'disk-full', detail: 'what is left of the disk is kept free' };

export class Fetcher {
  readonly #context: FolderContext;
  readonly #sources: Sources;
  readonly #inFlight: Budget;
  readonly #room: DiskRoom;
  readonly #staging: Batcher<StageJob, Staged>;
  readonly #stagingLarge: Batcher<StageJob, Staged>;
  readonly #zeroHashes = new Map<number, Uint8Array>();

  /** @param inFlight bytes asked for but not staged yet, for the whole node: the bound of its memory. */
  constructor(context: FolderContext, sources: Sources, inFlight: Budget, room: DiskRoom) {
    this.#context = context;
    this.#sources = sources;
    this.#inFlight = inFlight;
    this.#room = room;
    const stage = (jobs: readonly StageJob[]): Promise<Staged[]> => context.tree.stage(jobs);
    this.#staging = new Batcher(STAGE_BATCH_MAX, stage);
    this.#stagingLarge = new Batcher(LARGE_BATCH_MAX, stage, LARGE_BATCHES);
  }

  /** @param old the version that is here now, whose blocks can be used. */
  async fetch(wanted: FileRecord, old: FileRecord | undefined, signal: AbortSignal): Promise<Fetched> {
    const stage = this.stageName(wanted);
    const blocks = await this.#plan(wanted, old, stage);
    const bytes = blocks.filter(isToLand).reduce((sum, block) => sum + block.bytes, 0);
    if (!(await this.#room.take(bytes))) return FULL;
    try {
      const failures = await Promise.all(this.#landings(wanted, stage, blocks, signal));
      return failures.find((failure) => failure !== undefined) ?? { stage };
    } finally {
      this.#room.done(bytes);
    }
  }

  /** The staged file of a version: the same after a restart, never the same for other content or another name. */
  stageName(wanted: FileRecord): string {
    const name = toUtf8(wanted.name);
    const key = new Uint8Array(name.length + 1 + wanted.blocks.length);
    key.set(name);
    key.set(wanted.blocks, name.length + 1);
    return [...this.#context.digest(key).subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  async #plan(wanted: FileRecord, old: FileRecord | undefined, stage: string): Promise<PlannedBlock[]> {
    const { tree, records } = this.#context;
    const single = blockCount(wanted.blocks) === 1;
    const [staged] = single
      ? [NO_BYTES] // reading back one block costs as much as asking for it
      : await tree.resume([{ stage, size: wanted.size, blockSize: wanted.blockSize, blocks: wanted.blocks }]);
    const twin = wanted.size === 0 ? undefined : records.filesWithBlocks(wanted.blocks, wanted.blockSize, 1)[0];
    return planBlocks(wanted, {
      staged: staged ?? NO_BYTES,
      zeroHash: this.#zeroHash(wanted.blockSize),
      twin: twin?.record.name,
      old: old?.type === 'file' && !old.deleted && !old.invalid ? old : undefined,
      placeOf: (hash): Place | undefined => (single ? undefined : records.blockPlaces(hash, 1)[0]),
    });
  }

  #landings(
    wanted: FileRecord,
    stage: string,
    blocks: readonly PlannedBlock[],
    signal: AbortSignal,
  ): Promise<Trouble | 'no-source' | undefined>[] {
    const toLand = blocks.filter(isToLand);
    const first = blocks[0];
    if (toLand.length === 0 && first !== undefined && first.source.from === 'hole') {
      // Nothing but zeros: one block is written all the same, or the staged file would never be made.
      return [this.#land(stage, wanted, first, new Uint8Array(first.bytes))];
    }
    return toLand.map((block) => this.#bring(wanted, stage, block, signal));
  }

  async #bring(
    wanted: FileRecord,
    stage: string,
    block: PlannedBlock,
    signal: AbortSignal,
  ): Promise<Trouble | 'no-source' | undefined> {
    if (block.bytes === 0) return this.#land(stage, wanted, block, NO_BYTES);
    await this.#inFlight.take(block.bytes);
    try {
      if (block.source.from === 'file') {
        const { name, offset } = block.source.place;
        const job = { stage, size: wanted.size, offset: block.offset, bytes: block.bytes, hash: block.hash } as const;
        const copied = await this.#stage({ ...job, from: 'file', name, sourceOffset: offset });
        if (copied === true) return undefined;
        if (isFatal(copied)) return copied;
      }
      return await this.#ask(wanted, stage, block, signal);
    } finally {
      this.#inFlight.give(block.bytes);
    }
  }

  async #ask(
    wanted: FileRecord,
    stage: string,
    block: PlannedBlock,
    signal: AbortSignal,
  ): Promise<Trouble | 'no-source' | undefined> {
    const failed = new Set<Source>();
    for (let asked = 0; asked < ASK_AGAIN_MAX && !signal.aborted; asked += 1) {
      const source = leastBusy(this.#holders(wanted).filter((candidate) => !failed.has(candidate)));
      if (source === undefined) return 'no-source';
      const { index, offset, bytes, hash } = block;
      const data = await source.request(this.#context.id, { record: wanted, index, offset, bytes, hash });
      if (data?.length === block.bytes) {
        const landed = await this.#land(stage, wanted, block, data);
        if (landed === undefined) this.#context.givers.gave(wanted.name, source.peer);
        if (landed === undefined || isFatal(landed)) return landed;
      }
      failed.add(source);
    }
    return 'no-source';
  }

  async #land(stage: string, wanted: FileRecord, block: PlannedBlock, data: Uint8Array): Promise<Trouble | undefined> {
    const { offset, bytes, hash } = block;
    const staged = await this.#stage({ stage, size: wanted.size, offset, bytes, hash, from: 'bytes', data });
    return isTrouble(staged) ? staged : undefined;
  }

  #stage(job: StageJob): Promise<Staged> {
    return (job.bytes < LARGE_BYTES ? this.#staging : this.#stagingLarge).add(job);
  }

  #holders(wanted: FileRecord): Source[] {
    const connected = this.#sources.of(this.#context.id);
    if (connected.length === 0) return [];
    const holders = new Set(this.#context.records.holders(wanted));
    return connected.filter((source) => holders.has(source.peer));
  }

  #zeroHash(blockSize: number): Uint8Array {
    let hash = this.#zeroHashes.get(blockSize);
    if (hash === undefined) {
      hash = this.#context.digest(new Uint8Array(blockSize));
      this.#zeroHashes.set(blockSize, hash);
    }
    return hash;
  }
}

/** What takes room on the disk, and has to come from somewhere. */
function isToLand({ source }: PlannedBlock): boolean {
  return source.from !== 'staged' && source.from !== 'hole';
}

/** Trouble of this disk, which no other source would mend. */
function isFatal(staged: Staged): staged is Trouble {
  return isTrouble(staged) && ['disk-full', 'read-only', 'denied', 'io'].includes(staged.trouble);
}
