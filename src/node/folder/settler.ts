/**
 * Names that something happened to, each waiting for its moment to be looked at (the timers around core/scan/settle.ts).
 * @module
 */
import type { Look } from '../../core/model/file-record.ts';
import { normalPart, parentOf } from '../../core/model/folder-path.ts';
import { goneWait, hearNews, restWait, SETTLE, type Settling } from '../../core/scan/settle.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { WatchNews } from '../../ports/watcher.ts';

/** More restless names than this are not kept one by one: the folder is scanned instead. */
const NAMES_MAX = 50_000;
const NS_PER_S = 1_000_000_000n;

/** All times are monotonic: a wall clock that is set back must not make a file wait until it has caught up. */
interface Restless {
  settling: Settling;
  dueMs: number;
  /** When the name was first found absent. */
  absentMs: number | undefined;
  /** When the last news came, or when it got here without any. */
  calmSinceMs?: number;
  /** When it was last given to an inspection. */
  lookedMs?: number;
  /** The {@link Settler.moment} at which something last made it wait. */
  moment?: number;
}

export class Settler {
  readonly #clock: Clock;
  readonly #inspect: (names: readonly string[]) => Promise<void>;
  readonly #names = new Map<string, Restless>();
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #inspecting = false;
  #closed = false;
  #moment = 0;
  /** When a name was last newly found absent. */
  #lastAbsentMs = Number.NEGATIVE_INFINITY;
  /** A directory appeared or too much happened: everything below it is to be scanned. */
  onDirectory: (directory: string) => void = () => {};

  /**
   * @param inspect looks at names whose moment has come; what is still restless is given back through {@link later}. It
   * never rejects.
   */
  constructor(clock: Clock, inspect: (names: readonly string[]) => Promise<void>) {
    this.#clock = clock;
    this.#inspect = inspect;
  }

  /** How many names are waiting. */
  get waiting(): number {
    return this.#names.size;
  }

  news(news: readonly WatchNews[]): void {
    const nowMs = this.#clock.monotonicMs();
    for (const { name, what } of news) {
      const normal = normalPart(name);
      if (normal !== name) {
        // It has no record before a walk of its directory has given it its normal form, or listed why it cannot have it (SPEC N6);
        // where it is gone, the same walk lists it no longer. What comes and goes further down is found once that has been done.
        const isNext = parentOf(name) === normal;
        if (isNext && (what.startsWith('appeared') || what === 'vanished')) this.onDirectory(name);
        continue;
      }
      if (what === 'appeared-directory') this.onDirectory(name);
      const known = this.#names.get(name);
      const kind = what === 'written' || what === 'closed' ? what : 'other';
      const settling = hearNews(known?.settling, kind, nowMs);
      const lookedMs = known?.lookedMs ?? nowMs;
      const dueMs = dueAfterNews(lookedMs, nowMs);
      this.#put(name, { settling, dueMs, absentMs: undefined, lookedMs, calmSinceMs: nowMs });
    }
  }

  /** Names that somebody suspects: to be looked at as soon as may be. */
  offer(names: readonly string[]): void {
    const nowMs = this.#clock.monotonicMs();
    for (const name of names) {
      const known = this.#names.get(name);
      const restless = known ?? { settling: this.#unheard(), dueMs: nowMs, absentMs: undefined };
      this.#put(name, { ...restless, dueMs: Math.min(restless.dueMs, nowMs) });
    }
  }

  /** Has the file come to rest? If not, it is looked at again later. */
  isSettled(name: string, look: Look, sizeBefore: number, writers: 'none' | 'some' | 'unknown'): boolean {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#names.get(name);
    const settling = known?.settling ?? this.#unheard();
    const watchedMs = known?.calmSinceMs === undefined ? 0 : nowMs - known.calmSinceMs;
    const agoMs = this.#clock.nowMs() - Number(look.changedNs / 1_000_000n);
    const isCoarse = look.changedNs % NS_PER_S === 0n;
    const file = { size: look.size, sizeBefore, changedMs: nowMs - agoMs, writers, isCoarse, watchedMs };
    const waitMs = restWait(settling, file, nowMs);
    if (waitMs === 0) return true;
    this.#wait(name, settling, waitMs);
    return false;
  }

  /** Has the name been restless for so long that a person may ask what it waits for? */
  isLate(name: string): boolean {
    const firstMs = this.#names.get(name)?.settling.firstMs;
    return firstMs !== undefined && this.#clock.monotonicMs() - firstMs >= SETTLE.patienceMs;
  }

  /** Which of these absent names have been so for long enough? The others are looked at again later. */
  gone(absent: readonly string[]): string[] {
    const nowMs = this.#clock.monotonicMs();
    for (const name of absent) {
      const known = this.#names.get(name);
      if (known?.absentMs !== undefined) continue;
      this.#lastAbsentMs = nowMs;
      this.#put(name, {
        settling: known?.settling ?? this.#unheard(),
        dueMs: nowMs + SETTLE.absentMs,
        absentMs: nowMs,
      });
    }
    let names = 0;
    for (const { absentMs } of this.#names.values()) if (absentMs !== undefined) names += 1;
    return absent.filter((name) => {
      const known = this.#names.get(name);
      const waitMs = goneWait(known?.absentMs ?? nowMs, { names, lastMs: this.#lastAbsentMs }, nowMs);
      if (known !== undefined && waitMs > 0) this.#put(name, { ...known, dueMs: nowMs + waitMs });
      return waitMs === 0;
    });
  }

  /** It moved under our eyes, or is being put in place: look again in a moment. */
  later(name: string): void {
    const settling = this.#names.get(name)?.settling ?? this.#unheard();
    const waitMs = Math.min(SETTLE.askLastMs, SETTLE.askFirstMs * 2 ** Math.min(settling.looks, 10));
    this.#wait(name, settling, waitMs);
  }

  /** Goes up with each word about any name. */
  get moment(): number {
    return this.#moment;
  }

  /**
   * It is as the records say, or nobody's business.
   * @param moment when it was looked at: whatever came since keeps it here, be it news or what another look has found meanwhile.
   */
  forget(name: string, moment = Number.POSITIVE_INFINITY): void {
    if ((this.#names.get(name)?.moment ?? 0) <= moment) this.#names.delete(name);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#names.clear();
  }

  #wait(name: string, settling: Settling, waitMs: number): void {
    const again = { ...settling, looks: settling.looks + 1 };
    this.#put(name, { settling: again, dueMs: this.#clock.monotonicMs() + waitMs, absentMs: undefined });
  }

  #put(name: string, restless: Restless): void {
    if (this.#closed) return;
    if (this.#names.size >= NAMES_MAX && !this.#names.has(name)) {
      this.#names.clear();
      this.onDirectory('');
      return;
    }
    this.#moment += 1;
    restless.moment = this.#moment;
    restless.calmSinceMs ??= this.#names.get(name)?.calmSinceMs ?? this.#clock.monotonicMs();
    this.#names.set(name, restless);
    this.#arm(restless.dueMs);
  }

  #unheard(): Settling {
    return { firstMs: this.#clock.monotonicMs(), newsMs: Number.NEGATIVE_INFINITY, open: false, looks: 0 };
  }

  /** Sees to it that the timer rings at `dueMs` at the latest. */
  #arm(dueMs: number): void {
    if (this.#closed || this.#inspecting || dueMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = dueMs;
    this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.monotonicMs()), () => void this.#work());
  }

  async #work(): Promise<void> {
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    const due: string[] = [];
    for (const [name, restless] of this.#names) {
      if (restless.dueMs > nowMs) continue;
      due.push(name);
      // Until the inspection says otherwise; one that is lost on the way is looked at again.
      restless.dueMs = nowMs + SETTLE.askLastMs;
      restless.lookedMs = nowMs;
    }
    if (due.length > 0) {
      this.#inspecting = true;
      try {
        await this.#inspect(due);
      } finally {
        this.#inspecting = false;
      }
    }
    let nextMs = Number.POSITIVE_INFINITY;
    for (const restless of this.#names.values()) nextMs = Math.min(nextMs, restless.dueMs);
    if (nextMs < Number.POSITIVE_INFINITY) this.#arm(nextMs);
  }
}

/** News put off the look, but not without end. */
function dueAfterNews(lookedMs: number, nowMs: number): number {
  return Math.min(nowMs + SETTLE.quietMs, Math.max(nowMs, lookedMs + SETTLE.patienceMs));
}
