/**
 * Reads every file again now and then and holds it against its record. A look shows what was written through the system; it
 * does not show a disk that forgets, nor a program that sets all times back (R4).
 *
 * It takes one stretch a day, right after a walk of the folder, when the disk is awake anyway, and no timer in between. What
 * becomes of what is wrong is {@link Damage}'s business.
 * @module
 */
import { isTrouble } from '../../ports/file-tree.ts';
import type { Damage } from './damage.ts';
import type { FolderContext } from './folder-context.ts';
import { hasContent, OPENING_BYTES, Pace, reread } from './rereading.ts';
import { Wake } from '../wake.ts';

const DAY_MS = 86_400_000;
/** Two days less than the 30 that are promised: what comes and goes meanwhile shifts the moment of the others. */
const ROUND_MS = 28 * DAY_MS;
/** Computers without a battery begin each time with a clock that is years behind; the network sets it well within this. */
const CLOCK_SET_MS = 3_600_000;
/** Slow enough not to be heard or felt; 1 TB takes an hour a day. */
const BYTES_PER_SECOND = 10_000_000;
/** While a peer, a walk or a pull wants the same disk. */
const BYTES_PER_SECOND_BESIDE = 500_000;
/** How much is read again after a kill, at most. */
const SAVE_BYTES = 256 * 1024 * 1024;
/** So many bad files in a day are a bad disk, or bad memory: it is left alone, and a person has enough to read. */
const DAMAGED_MAX = 100;
const PAGE = 500;
const PROGRESS = 'reread';

interface Progress {
  readonly startedMs: number;
  /** The last name that was read. */
  readonly after: string;
  /** Bytes read in this round, with the openings. */
  readonly done: number;
  readonly dueMs: number;
}

export class Rereader {
  readonly #context: FolderContext;
  readonly #damage: Damage;
  readonly #pace: Pace;
  readonly #walked = new Wake();
  #unsaved = 0;
  /** Files that the stretch under way found wrong. */
  #wrong = 0;
  /** When, by the clock that does not leap, the round was first seen to begin far ahead; undefined if it does not. */
  #aheadSinceMs: number | undefined;

  /** @param isDiskWanted is anything else reading or writing the folder's files right now? */
  constructor(context: FolderContext, damage: Damage, isDiskWanted: () => boolean) {
    this.#context = context;
    this.#damage = damage;
    this.#pace = new Pace(context.clock, () => (isDiskWanted() ? BYTES_PER_SECOND_BESIDE : BYTES_PER_SECOND));
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
      await this.#damage.judge();
      await this.#stretch(signal);
    }
  }

  /** Reads as much as brings the round to where it has to be tomorrow. */
  async #stretch(signal: AbortSignal): Promise<void> {
    const { records, clock } = this.#context;
    const nowMs = clock.nowMs();
    let progress = this.#progress(nowMs);
    if (progress === undefined) return;
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
    return this.#wrong < DAMAGED_MAX && this.#context.damageList.all().length < DAMAGED_MAX;
  }

  /**
   * A folder that was never read again was read just now, when its files were recorded.
   * @returns undefined while nobody can know yet.
   */
  #progress(nowMs: number): Progress | undefined {
    const noted = this.#context.records.note(PROGRESS);
    const known = noted === undefined ? undefined : (JSON.parse(noted) as Progress);
    if (known !== undefined && known.startedMs - nowMs <= ROUND_MS) {
      this.#aheadSinceMs = undefined;
      return known;
    }
    if (known !== undefined) {
      // It would be waited for. Either the clock was wrong when that was noted, or it is not set yet.
      const atMs = this.#context.clock.monotonicMs();
      this.#aheadSinceMs ??= atMs;
      if (atMs - this.#aheadSinceMs < CLOCK_SET_MS) return undefined;
    }
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
    const found = await reread(tree, local, this.#pace, signal);
    // Absent, denied: the walks find that, too.
    if (!isTrouble(found) && found === 'wrong' && (await this.#damage.doubt(local))) {
      this.#wrong += 1;
      await this.#damage.judge();
    }
    await this.#pace.keep(OPENING_BYTES, signal);
    return local.record.size + OPENING_BYTES;
  }
}
