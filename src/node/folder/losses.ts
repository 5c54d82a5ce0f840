/**
 * What a folder lost to its peers lately, by the hour in which each loss was made and told apart by nothing else; and whose doing is
 * held. It is kept with the records: a program that replaces everything goes on after a restart, and so does the count (R12).
 *
 * Counters of versions are seconds, with Syncthing and with us: that is when a change was made. What came together after a holiday
 * was not made together.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

const HOUR_S = 3600n;
/** Of more the smallest is forgotten: an act is never that. */
const HOURS_MAX = 100;
/** So many more losses are counted before they are noted: to note costs a commit. */
const UNNOTED_MAX = 20;
/** And so many, of those that are too many. */
const UNNOTED_SHARE = 0.02;
/** Of more names an act is undone by when it began. */
const NAMES_MAX = 20_000;
/** Losses in an hour of an act that takes several. */
const BUSY_MIN = 20;
const NOTE = 'losses';

interface Hour {
  readonly count: number;
  /** When the first of them was carried out here, milliseconds since 1970 by the clock here. */
  readonly firstMs: number;
}

/** Who does it, and since when, of what is held. */
export interface Act {
  /** Short IDs of devices. */
  readonly hands: ReadonlySet<bigint>;
  /** Losses of it were made from here on, in seconds of their versions. */
  readonly fromS: bigint;
  /** The first of them was carried out here then, as far as that is known; milliseconds since 1970. */
  readonly fromMs: number;
  /** When its first loss of a name by a hand was carried out; where that is not known, when it began. */
  readonly firstMs: (name: string, hand: bigint) => number;
}

export type LossesContext = {
  readonly records: Pick<FolderRecords, 'note' | 'setNote'>;
  readonly clock: Pick<Clock, 'nowMs'>;
};

export class Losses {
  readonly #context: LossesContext;
  readonly #hours = new Map<bigint, Hour>();
  readonly #hands = new Set<bigint>();
  /** The first hour of what is held. */
  #heldFrom: bigint | undefined;
  /** By hand and name, when the first loss was carried out here. */
  readonly #names = new Map<string, number>();
  #unnoted = 0;
  #unnotedMax = UNNOTED_MAX;

  constructor(context: LossesContext) {
    this.#context = context;
    this.#read(context.records.note(NOTE));
  }

  /** Losses that were made within an hour or two of that moment. */
  around(madeS: bigint): number {
    const hour = madeS / HOUR_S;
    return this.#count(hour) + Math.max(this.#count(hour - 1n), this.#count(hour + 1n));
  }

  /**
   * One more is carried out.
   * @param bound how many are too many: of a large folder it is noted less often.
   * @returns takes it back.
   */
  add(name: string, hand: bigint, madeS: bigint, bound: number): () => void {
    const hour = madeS / HOUR_S;
    this.#unnotedMax = Math.max(UNNOTED_MAX, bound * UNNOTED_SHARE);
    this.#change(hour, 1);
    const key = keyOf(name, hand);
    const isFirst = !this.#names.has(key);
    if (isFirst) this.#names.set(key, Math.floor(this.#context.clock.nowMs()));
    const [oldest] = this.#names.keys();
    if (this.#names.size > NAMES_MAX && oldest !== undefined) this.#names.delete(oldest);
    return () => {
      this.#change(hour, -1);
      if (isFirst) this.#names.delete(key);
    };
  }

  /** What this hand does waits for a person from now on. */
  hold(hand: bigint, madeS: bigint): void {
    const from = this.#firstOf(madeS / HOUR_S);
    if (this.#hands.has(hand) && this.#heldFrom !== undefined && this.#heldFrom <= from) return;
    this.#hands.add(hand);
    if (this.#heldFrom === undefined || from < this.#heldFrom) this.#heldFrom = from;
    this.#note();
  }

  isHeld(hand: bigint): boolean {
    return this.#hands.has(hand);
  }

  /** Peers have taken back all of it. */
  release(): void {
    if (this.#hands.size === 0) return;
    this.#hands.clear();
    this.#heldFrom = undefined;
    this.#note();
  }

  /** A person has decided: what was meant, or is undone, counts for nothing any more. */
  decide(): void {
    const from = this.#heldFrom;
    if (from === undefined) return;
    for (const hour of this.#hours.keys()) if (hour >= from) this.#hours.delete(hour);
    this.release();
  }

  /** What is held; undefined if nothing is. */
  get act(): Act | undefined {
    if (this.#heldFrom === undefined) return undefined;
    const from = this.#heldFrom;
    // What was made later may have been carried out before: a round goes by the names.
    const firsts = [...this.#hours].flatMap(([hour, { firstMs }]) => (hour >= from ? [firstMs] : []));
    const fromMs = Math.min(...firsts, this.#context.clock.nowMs());
    // What the same hand did to the name days before is none of it.
    const firstMs = (name: string, hand: bigint): number => Math.max(this.#names.get(keyOf(name, hand)) ?? 0, fromMs);
    return { hands: this.#hands, fromS: from * HOUR_S, fromMs, firstMs };
  }

  /** To be kept although it is not many. */
  save(): void {
    if (this.#unnoted !== 0) this.#note();
  }

  /**
   * The first of the busy hours without a pause up to this one: whoever takes his time is at it for several. An hour in which people
   * edited a few files is none of them, or to undo an act would be to undo days of work.
   */
  #firstOf(hour: bigint): bigint {
    let first = hour;
    while (this.#count(first - 1n) >= BUSY_MIN) first -= 1n;
    return first;
  }

  #count(hour: bigint): number {
    return this.#hours.get(hour)?.count ?? 0;
  }

  #change(hour: bigint, by: number): void {
    const before = this.#hours.get(hour) ?? { count: 0, firstMs: this.#context.clock.nowMs() };
    if (before.count + by <= 0) this.#hours.delete(hour);
    else this.#hours.set(hour, { ...before, count: before.count + by });
    if (this.#hours.size > HOURS_MAX) this.#hours.delete(this.#smallestBut(hour));
    this.#unnoted += by;
    if (Math.abs(this.#unnoted) >= this.#unnotedMax) this.#note();
  }

  #smallestBut(hour: bigint): bigint {
    const others = [...this.#hours].filter(([other]) => other !== hour);
    return others.reduce(
      (least, other) => (other[1].count < least[1].count ? other : least),
      others[0] ?? [hour, ZERO],
    )[0];
  }

  /** What cannot be noted, on a full disk, counts until the next start. */
  #note(): void {
    const hours = [...this.#hours].map(([hour, { count, firstMs }]) => [Number(hour), count, Math.floor(firstMs)]);
    const hands = [...this.#hands].map(String);
    const from = this.#heldFrom === undefined ? undefined : Number(this.#heldFrom);
    // Nobody asks for the names before something is held.
    const names = from === undefined ? [] : [...this.#names];
    this.#unnoted = 0;
    try {
      this.#context.records.setNote(NOTE, JSON.stringify({ hours, hands, from, names }));
    } catch {}
  }

  /** What cannot be read is as if there were none. */
  #read(note: string | undefined): void {
    try {
      const noted = JSON.parse(note ?? '{}') as Partial<Record<'hours' | 'hands' | 'from' | 'names', unknown>>;
      for (const entry of listOf(noted.hours)) {
        const [hour, count, firstMs] = listOf(entry).map(Number);
        if (isWhole(hour) && isWhole(count) && isWhole(firstMs)) this.#hours.set(BigInt(hour), { count, firstMs });
      }
      for (const entry of listOf(noted.names)) {
        const [key, firstMs] = listOf(entry);
        if (typeof key === 'string' && isWhole(firstMs)) this.#names.set(key, firstMs);
      }
      for (const hand of listOf(noted.hands)) this.#hands.add(BigInt(String(hand)));
      if (this.#hands.size > 0 && isWhole(noted.from)) this.#heldFrom = BigInt(noted.from);
    } catch {}
  }
}

function keyOf(name: string, hand: bigint): string {
  return `${hand} ${name}`;
}

const ZERO: Hour = { count: 0, firstMs: 0 };

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
