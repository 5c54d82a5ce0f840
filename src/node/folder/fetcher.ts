/**
 * Brings the content of one wanted file into a staged file: what is here already is copied, the rest is asked from peers,
 * several at once. Each block is verified by its hash as it lands; a peer that sends wrong bytes is not asked again for
 * this file.
 * @module
 */
import { blockCount, NO_BYTES, type FileRecord } from '../../core/model/file-record.ts';
import { shortIdText } from '../../core/model/device-id.ts';
import { bytesToLand, planBlocks, type Here, type Place, type PlannedBlock } from '../../core/pull/block-plan.ts';
import { toUtf8 } from '../../core/text.ts';
import { sleep } from '../../ports/clock.ts';
import { isTrouble, type Staged, type StageJob, type Trouble } from '../../ports/file-tree.ts';
import type { DiskRoom } from './disk-room.ts';
import type { FolderContext } from './folder-context.ts';
import { leastBusy, type Source, type Sources } from '../peer/sources.ts';
import { Batcher, Budget } from '../wake.ts';

/** `no-source`: nobody connected has this version. */
export type Fetched = { readonly stage: string } | Trouble | 'no-source';

/**
 * Bytes asked for but not staged yet, for the whole node: the bound of its memory. News have some of their own: else they would wait
 * for all that a round has asked of a peer that is slow.
 */
export type InFlight = Readonly<Record<'round' | 'news', Budget>>;

export function newInFlight(): InFlight {
  return { round: new Budget(32 * 1024 * 1024), news: new Budget(8 * 1024 * 1024) };
}

/** More landings than this in one message only add to the wait of the first. */
const STAGE_BATCH_MAX = 256;
/** Blocks so large are work enough by themselves: few at a time, and two times at once, so that two cores share them. */
const LARGE_BYTES = 512 * 1024;
const LARGE_BATCH_MAX = 4;
const LARGE_BATCHES = 2;
const ASK_AGAIN_MAX = 3;
/** Blocks of one file in work: more than the budget lets through, so that it never waits for their end. */
const BLOCKS_AT_ONCE = 512;
/** Looking for a block here costs some 50 µs: so many hold up the others for no longer than a person notices. */
const BLOCKS_IN_A_TURN = 512;
const FULL: Trouble = { trouble: 'disk-full', detail: 'what is left of the disk is kept free' };

/** A staged file that is being filled. */
interface Staging {
  readonly stage: string;
  readonly size: number;
  isBegun: boolean;
  /** The first landing, which makes it. */
  beginning: Promise<Staged> | undefined;
}

export class Fetcher {
  readonly #context: FolderContext;
  readonly #sources: Sources;
  readonly #inFlight: InFlight;
  readonly #room: DiskRoom;
  readonly #staging: Batcher<StageJob, Staged>;
  readonly #stagingLarge: Batcher<StageJob, Staged>;
  readonly #zeroHashes = new Map<number, Uint8Array>();
  /** Peers that sent what does not match its hash. */
  readonly #wrongPeers = new Set<bigint>();

  constructor(context: FolderContext, sources: Sources, inFlight: InFlight, room: DiskRoom) {
    this.#context = context;
    this.#sources = sources;
    this.#inFlight = inFlight;
    this.#room = room;
    const stage = (jobs: readonly StageJob[]): Promise<Staged[]> => context.tree.stage(jobs);
    this.#staging = new Batcher(STAGE_BATCH_MAX, stage);
    this.#stagingLarge = new Batcher(LARGE_BATCH_MAX, stage, LARGE_BATCHES);
  }

  /** @param old the version that is here now, whose blocks can be used. */
  async fetch(
    wanted: FileRecord,
    old: FileRecord | undefined,
    signal: AbortSignal,
    why: keyof InFlight,
  ): Promise<Fetched> {
    const stage = this.stageName(wanted);
    const here = await this.#here(wanted, old, stage);
    const bytes = bytesToLand(wanted, here);
    if (!(await this.#room.take(bytes))) return FULL;
    try {
      const isBegun = here.staged.length > 0;
      const staging = { stage, size: wanted.size, isBegun, beginning: undefined };
      return (await this.#landAll(wanted, staging, here, signal, why)) ?? { stage };
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

  async #here(wanted: FileRecord, old: FileRecord | undefined, stage: string): Promise<Here> {
    const { tree, records } = this.#context;
    const single = blockCount(wanted.blocks) === 1;
    const [staged] = single
      ? [NO_BYTES] // reading back one block costs as much as asking for it
      : await tree.resume([{ stage, size: wanted.size, blockSize: wanted.blockSize, blocks: wanted.blocks }]);
    const twin = wanted.size === 0 ? undefined : records.filesWithBlocks(wanted.blocks, wanted.blockSize, 1)[0];
    return {
      staged: staged ?? NO_BYTES,
      zeroHash: this.#zeroHash(wanted.blockSize),
      twin: twin?.record.name,
      old: old?.type === 'file' && !old.deleted && !old.invalid ? old : undefined,
      placeOf: (hash): Place | undefined => (single ? undefined : records.blockPlaces(hash, 1)[0]),
    };
  }

  /**
   * Lands so many blocks at a time, and lets others have their turn meanwhile: a peer may say that a file has a million (R19).
   * What fails is the end of it, for the file cannot be whole; what has landed stays staged.
   */
  async #landAll(
    wanted: FileRecord,
    staging: Staging,
    here: Here,
    signal: AbortSignal,
    why: keyof InFlight,
  ): Promise<Trouble | 'no-source' | undefined> {
    const slots = new Budget(BLOCKS_AT_ONCE);
    let failed: Trouble | 'no-source' | undefined;
    let broken: { readonly cause: unknown } | undefined;
    let hole: PlannedBlock | undefined;
    let landing = 0;
    for (const block of planBlocks(wanted, here)) {
      if (signal.aborted) failed ??= 'no-source';
      if (failed !== undefined || broken !== undefined) break;
      if ((block.index + 1) % BLOCKS_IN_A_TURN === 0) await sleep(this.#context.clock, 0);
      if (block.source.from === 'hole') hole ??= block;
      if (!isToLand(block)) continue;
      landing += 1;
      await slots.take(1);
      void this.#bring(wanted, staging, block, signal, why)
        .then((failure) => (failed ??= failure))
        .catch((cause: unknown) => (broken ??= { cause }))
        .finally(() => slots.give(1));
    }
    await slots.take(BLOCKS_AT_ONCE); // all have ended
    if (broken !== undefined) throw broken.cause;
    if (failed !== undefined || landing > 0 || hole === undefined || here.staged.includes(1)) return failed;
    // Nothing but zeros: one block is written all the same, or the staged file would never be made.
    return await this.#land(staging, hole, new Uint8Array(hole.bytes));
  }

  async #bring(
    wanted: FileRecord,
    staging: Staging,
    block: PlannedBlock,
    signal: AbortSignal,
    why: keyof InFlight,
  ): Promise<Trouble | 'no-source' | undefined> {
    if (block.bytes === 0) return this.#land(staging, block, NO_BYTES);
    const inFlight = this.#inFlight[why];
    await inFlight.take(block.bytes);
    try {
      if (block.source.from === 'file') {
        const { name, offset: sourceOffset } = block.source.place;
        const copied = await this.#stage(staging, { ...jobOf(staging, block), from: 'file', name, sourceOffset });
        if (copied === true) return undefined;
        if (isFatal(copied)) return copied;
      }
      return await this.#ask(wanted, staging, block, signal);
    } finally {
      inFlight.give(block.bytes);
    }
  }

  async #ask(
    wanted: FileRecord,
    staging: Staging,
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
        const landed = await this.#land(staging, block, data);
        if (landed === undefined) this.#context.givers.gave(wanted.name, source.peer);
        if (landed === undefined || landed.trouble === 'absent' || isFatal(landed)) return landed;
      }
      if (data !== undefined) this.#sentWrong(source, wanted.name);
      failed.add(source);
    }
    return 'no-source';
  }

  /** Its disk or its memory is bad, or it lies. Said once for each peer, however often it does it. */
  #sentWrong({ peer }: Source, name: string): void {
    if (this.#wrongPeers.has(peer)) return;
    this.#wrongPeers.add(peer);
    this.#context.log.warn({ peer: shortIdText(peer), name }, 'a peer sent wrong bytes');
  }

  async #land(staging: Staging, block: PlannedBlock, data: Uint8Array): Promise<Trouble | undefined> {
    const staged = await this.#stage(staging, { ...jobOf(staging, block), from: 'bytes', data });
    return isTrouble(staged) ? staged : undefined;
  }

  /** The first of a staged file makes it, and the others wait for that: none makes it anew if somebody removes it meanwhile. */
  async #stage(staging: Staging, job: StageJob): Promise<Staged> {
    while (!staging.isBegun && staging.beginning !== undefined) await staging.beginning;
    const add = (): Promise<Staged> =>
      (job.bytes < LARGE_BYTES ? this.#staging : this.#stagingLarge).add({ ...job, mustExist: staging.isBegun });
    if (staging.isBegun) return await add();
    staging.beginning = add();
    try {
      const begun = await staging.beginning;
      staging.isBegun = begun === true;
      return begun;
    } finally {
      staging.beginning = undefined;
    }
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

function jobOf({ stage, size }: Staging, { offset, bytes, hash }: PlannedBlock) {
  return { stage, size, offset, bytes, hash } as const;
}

/** What takes room on the disk, and has to come from somewhere. */
function isToLand({ source }: PlannedBlock): boolean {
  return source.from !== 'staged' && source.from !== 'hole';
}

/** Trouble of this disk, which no other source would mend. */
function isFatal(staged: Staged): staged is Trouble {
  return isTrouble(staged) && ['disk-full', 'read-only', 'denied', 'io'].includes(staged.trouble);
}
