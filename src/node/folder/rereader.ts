/**
 * Reads every file again now and then and holds it against its record. A look shows what was written through the system; it
 * does not show a disk that forgets, nor a program that sets all times back (R4).
 *
 * It takes one stretch a day, right after a walk of the folder, when the disk is awake anyway, and no timer in between. What
 * is wrong stays as it is, and is not announced: it may be the only copy, and is no edit. Once a peer says that it has the
 * recorded version, our record gives up its claim, and the puller brings the good content as it brings any other: whole, and
 * with what stood here moved into the history.
 * @module
 */
import { blockBytes } from '../../core/model/block.ts';
import { blockCount, blockHash, sameBytes, sameLook, type LocalRecord } from '../../core/model/file-record.ts';
import { damaged, type Sighting } from '../../core/scan/changes.ts';
import { sleep } from '../../ports/clock.ts';
import { isTrouble, type ReadJob } from '../../ports/file-tree.ts';
import type { FolderContext } from './folder-context.ts';
import { Wake } from '../wake.ts';

const DAY_MS = 86_400_000;
/** Two days less than the 30 that are promised: what comes and goes meanwhile shifts the moment of the others. */
const ROUND_MS = 28 * DAY_MS;
/** Slow enough not to be heard or felt; 1 TB takes an hour a day. */
const BYTES_PER_SECOND = 10_000_000;
/** While a peer, a walk or a pull wants the same disk. */
const BYTES_PER_SECOND_BESIDE = 500_000;
/** Read by one message; the largest block may be more. */
const STEP_BYTES = 1024 * 1024;
/** What it costs to find and open a file, in bytes that the disk could have read meanwhile. */
const OPENING_BYTES = 64 * 1024;
/** Pauses are taken in one once they are worth a timer. */
const PAUSE_MS = 100;
/** How much is read again after a kill, at most. */
const SAVE_BYTES = 256 * 1024 * 1024;
/** So many bad files in a day are a bad disk, or bad memory: it is left alone, and a person has enough to read. */
const DAMAGED_MAX = 100;
const PAGE = 500;
const PROGRESS = 'reread';
const DAMAGED = 'damaged';

interface Progress {
  readonly startedMs: number;
  /** The last name that was read. */
  readonly after: string;
  /** Bytes read in this round, with the openings. */
  readonly done: number;
  readonly dueMs: number;
}

/** A file whose content is wrong, as long as its record and its look are those that it was found wrong with. */
interface Damaged {
  readonly name: string;
  readonly sequence: number;
  readonly changedNs: string;
}

export class Rereader {
  readonly #context: FolderContext;
  readonly #isDiskWanted: () => boolean;
  readonly #walked = new Wake();
  #unsaved = 0;
  #owedMs = 0;
  /** Files that the stretch under way found wrong. */
  #wrong = 0;

  /** @param isDiskWanted is anything else reading or writing the folder's files right now? */
  constructor(context: FolderContext, isDiskWanted: () => boolean) {
    this.#context = context;
    this.#isDiskWanted = isDiskWanted;
  }

  /** The whole folder was walked just now. */
  walked(): void {
    this.#walked.ring();
  }

  /** Works until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#walked.ring(), { once: true });
    while (!signal.aborted) {
      await this.#walked.wait();
      if (signal.aborted) return;
      await this.#judgeDamaged();
      await this.#stretch(signal);
    }
  }

  /** Reads as much as brings the round to where it has to be tomorrow. */
  async #stretch(signal: AbortSignal): Promise<void> {
    const { records, clock } = this.#context;
    const nowMs = clock.nowMs();
    let progress = this.#progress(nowMs);
    // A day that lies far ahead was noted by a clock that has been put back since.
    if (nowMs < progress.dueMs && progress.dueMs - nowMs <= ROUND_MS) return;
    const { local } = records.counts();
    const share = (nowMs + DAY_MS - progress.startedMs) / ROUND_MS;
    const goal = share < 1 ? share * (local.bytes + local.files * OPENING_BYTES) : Number.POSITIVE_INFINITY;
    this.#wrong = 0;
    while (progress.done < goal && !signal.aborted && this.#isWorthReading()) {
      const page = records.below('', progress.after, PAGE);
      if (page.length === 0) {
        // Late is no reason to begin the next round in a hurry.
        const startedMs = Math.max(progress.startedMs + ROUND_MS, clock.nowMs());
        this.#save({ startedMs, after: '', done: 0, dueMs: startedMs });
        return;
      }
      for (const { record } of page) {
        if (progress.done >= goal || !this.#isWorthReading()) break;
        const bytes = await this.#reread(record.name, signal);
        if (signal.aborted) break;
        progress = { ...progress, after: record.name, done: progress.done + bytes };
        this.#unsaved += bytes;
        if (this.#unsaved >= SAVE_BYTES) this.#save(progress);
      }
    }
    this.#save(signal.aborted ? progress : { ...progress, dueMs: nowMs + DAY_MS });
  }

  #isWorthReading(): boolean {
    return this.#wrong < DAMAGED_MAX && this.#damaged().length < DAMAGED_MAX;
  }

  /** A folder that was never read again was read just now, when its files were recorded. */
  #progress(nowMs: number): Progress {
    const noted = this.#context.records.note(PROGRESS);
    if (noted !== undefined) return JSON.parse(noted) as Progress;
    const progress = { startedMs: nowMs, after: '', done: 0, dueMs: nowMs + DAY_MS };
    this.#save(progress);
    return progress;
  }

  #save(progress: Progress): void {
    this.#unsaved = 0;
    this.#context.records.setNote(PROGRESS, JSON.stringify(progress));
  }

  /** @returns what it cost. */
  async #reread(name: string, signal: AbortSignal): Promise<number> {
    const { records, tree } = this.#context;
    const local = records.local(name);
    if (local === undefined || !hasContent(local)) return 0;
    for (const jobs of stepsOf(local)) {
      const found = await tree.read(jobs);
      const isWrong = found.some((bytes, index) =>
        isTrouble(bytes) ? bytes.trouble === 'wrong-content' : bytes.length !== jobs[index]?.bytes,
      );
      if (isWrong) {
        await this.#doubt(local);
        break;
      }
      if (found.some(isTrouble)) break; // absent, denied: the walks find that, too
      await this.#pause(
        jobs.reduce((sum, job) => sum + job.bytes, 0),
        signal,
      );
    }
    await this.#pause(OPENING_BYTES, signal);
    return local.record.size + OPENING_BYTES;
  }

  async #pause(bytes: number, signal: AbortSignal): Promise<void> {
    const bytesPerSecond = this.#isDiskWanted() ? BYTES_PER_SECOND_BESIDE : BYTES_PER_SECOND;
    this.#owedMs += (bytes / bytesPerSecond) * 1000;
    if (this.#owedMs < PAUSE_MS || signal.aborted) return;
    const waitMs = this.#owedMs;
    this.#owedMs = 0;
    await sleep(this.#context.clock, waitMs, signal).catch(() => {}); // the caller sees that it was aborted
  }

  #damaged(): readonly Damaged[] {
    return JSON.parse(this.#context.records.note(DAMAGED) ?? '[]') as Damaged[];
  }

  async #doubt(local: LocalRecord): Promise<void> {
    const { name, sequence } = local.record;
    if ((await this.#wrongContent(local)) === undefined) return;
    this.#wrong += 1;
    this.#context.log.warn({ folder: this.#context.id, name }, 'a file has other bytes than were recorded');
    this.#context.problems.set(name, 'damaged', ALONE, 'told');
    const others = this.#damaged().filter((other) => other.name !== name);
    this.#saveDamaged([...others, { name, sequence, changedNs: String(local.look?.changedNs) }]);
    await this.#judgeDamaged();
  }

  /** What is there instead, if no look and no record tells of it. Anything else is an edit, or a change of ours. */
  async #wrongContent({ record, look }: LocalRecord): Promise<Sighting | undefined> {
    const { records, tree, busy } = this.#context;
    const [hashed] = await tree.hash([{ name: record.name, blockSizeBefore: record.blockSize }]);
    if (hashed === undefined || isTrouble(hashed) || sameBytes(hashed.blocks, record.blocks)) return undefined;
    const isStill = records.local(record.name)?.record.sequence === record.sequence && !busy.has(record.name);
    if (!isStill || !sameLook(look, hashed.before) || !sameLook(look, hashed.after)) return undefined;
    return { look: { ...hashed.after, type: 'file' }, blockSize: hashed.blockSize, blocks: hashed.blocks };
  }

  /** Lists what is damaged, gives up what a peer has whole, and forgets what is something else by now. */
  async #judgeDamaged(): Promise<void> {
    const { records, problems } = this.#context;
    const left: Damaged[] = [];
    const listed = this.#damaged();
    for (const found of listed) {
      const { name } = found;
      const local = records.local(name);
      if (local?.record.sequence !== found.sequence || String(local.look?.changedNs) !== found.changedNs) {
        problems.clear(name);
      } else if (records.holders(local.record).length === 0) {
        problems.set(name, 'damaged', ALONE, 'told');
        left.push(found);
      } else await this.#giveUp(local);
    }
    if (left.length < listed.length) this.#saveDamaged(left);
  }

  async #giveUp(local: LocalRecord): Promise<void> {
    const { name } = local.record;
    const found = await this.#wrongContent(local);
    if (found === undefined) {
      this.#context.problems.clear(name);
      return;
    }
    this.#context.save([{ record: damaged(local.record, found), look: local.look }]);
    this.#context.problems.set(name, 'damaged', REPLACED, 'told');
  }

  #saveDamaged(damaged: readonly Damaged[]): void {
    this.#context.records.setNote(DAMAGED, damaged.length === 0 ? undefined : JSON.stringify(damaged));
  }
}

const CHANGED = 'Its bytes changed although nothing wrote to it: the disk may be failing';
const ALONE = `${CHANGED}. No other computer has it whole. Put a good copy in its place, or save it again to keep it as it is`;
const REPLACED = `${CHANGED}. It waits for a good copy from another computer; what is here goes to the history`;

function hasContent({ record, look }: LocalRecord): boolean {
  return record.type === 'file' && !record.deleted && !record.invalid && record.size > 0 && look !== undefined;
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
