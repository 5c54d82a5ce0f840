/**
 * What a folder lost to its peers lately, by the hour in which each loss was made and told apart by nothing else; and whose doing is
 * held. It is kept with the records: a program that replaces everything goes on after a restart, and so does the count (R12).
 *
 * Counters of versions are seconds, with Syncthing and with us: that is when a change was made. What came together after a holiday
 * was not made together.
 * @module
 */
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

export const HOUR_S = 3600n;
/** Of more the smallest is forgotten: an act is never that. */
const HOURS_MAX = 100;
/** So many more losses are counted before they are noted: to note costs a commit. */
const UNNOTED_MAX = 20;
/** And so many, of those that are too many. */
const UNNOTED_SHARE = 0.02;
/** Of more names an act is undone by when it began. */
const NAMES_MAX = 20_000;
/** Of one name, the latest. */
const TIMES_MAX = 8;
/** Losses in an hour of an act that takes several. */
export const BUSY_MIN = 20;
/** An act of which nothing came for so long is over, unless it is held: else each edit for ever would cost a note of all its names. */
const GOES_ON_MS = 24 * 3_600_000;
const NOTE = 'losses';

interface Hour {
  readonly count: number;
  /** The same by hand. */
  readonly hands: ReadonlyMap<bigint, number>;
  /** When the first of them was carried out here, milliseconds since 1970 by the clock here. */
  readonly firstMs: number;
}

/** One loss of a name. */
interface Loss {
  /** When it was carried out here, milliseconds since 1970. */
  readonly ms: number;
  /** In which it was made. */
  readonly hour: bigint;
}

/** Whose doing is held, and since when. */
export interface Act {
  /** Short IDs of devices. */
  readonly hands: ReadonlySet<bigint>;
  /** Is it a version of a held hand, made no earlier than what is held of that one? In seconds of its version. */
  readonly isOf: (name: string, hand: bigint, madeS: bigint) => boolean;
  /**
   * When its first loss of a name, by whichever hand, was carried out here, milliseconds since 1970; where that is not known, when it
   * began with this one.
   */
  readonly firstMs: (name: string, hand: bigint) => number;
}

/** A version of a peer that waits, and what stands here. */
export interface Waiting {
  readonly mine: LocalRecord;
  readonly newest: FileRecord;
}

/** What is held of one hand. */
interface Held {
  /** The first hour. */
  readonly from: bigint;
  /** Its first loss was carried out here then, as far as that is known. */
  readonly fromMs: number;
}

export type LossesContext = {
  readonly records: Pick<FolderRecords, 'note' | 'setNote'>;
  readonly clock: Pick<Clock, 'nowMs'>;
};

export class Losses {
  readonly #context: LossesContext;
  readonly #hours = new Map<bigint, Hour>();
  /** The first hour of what is held, by hand: what another did in between is none of it. */
  readonly #hands = new Map<bigint, bigint>();
  /** By hand and name, each loss. */
  readonly #names = new Map<string, readonly Loss[]>();
  #unnoted = 0;
  #unnotedMax = UNNOTED_MAX;

  constructor(context: LossesContext) {
    this.#context = context;
    this.#read(context.records.note(NOTE));
  }

  /** Losses that were made within an hour or two of that moment. */
  around(madeS: bigint): number {
    return around(madeS / HOUR_S, (hour) => this.#count(hour));
  }

  /** Is this hand one of those who do it? Who edits a file beside them is none. */
  isBusy(hand: bigint, madeS: bigint): boolean {
    return around(madeS / HOUR_S, (hour) => this.#hours.get(hour)?.hands.get(hand) ?? 0) >= BUSY_MIN;
  }

  /**
   * One more is carried out.
   * @param bound how many are too many: of a large folder it is noted less often.
   * @returns takes it back.
   */
  add(name: string, hand: bigint, madeS: bigint, bound: number): () => void {
    const hour = madeS / HOUR_S;
    this.#unnotedMax = Math.max(UNNOTED_MAX, bound * UNNOTED_SHARE);
    this.#change(hour, hand, 1);
    const key = keyOf(name, hand);
    const before = this.#names.get(key) ?? [];
    this.#names.delete(key); // to the end
    this.#names.set(key, [...before, { ms: Math.floor(this.#context.clock.nowMs()), hour }].slice(-TIMES_MAX));
    const [oldest] = this.#names.keys();
    if (this.#names.size > NAMES_MAX && oldest !== undefined) this.#names.delete(oldest);
    return () => {
      this.#change(hour, hand, -1);
      if (before.length > 0) this.#names.set(key, before);
      else this.#names.delete(key);
    };
  }

  /** What this hand does waits for a person from now on. */
  hold(hand: bigint, madeS: bigint): void {
    const from = this.#firstOf(madeS / HOUR_S);
    const before = this.#hands.get(hand);
    // What it did days before, and is on its way only now, makes its act begin no earlier.
    if (before !== undefined && (before <= from || !this.isBusy(hand, madeS))) return;
    this.#hands.set(hand, from);
    this.#note();
  }

  isHeld(hand: bigint): boolean {
    return this.#hands.has(hand);
  }

  /** Peers have taken back all of it. */
  release(): void {
    if (this.#hands.size === 0) return;
    this.#hands.clear();
    this.#note();
  }

  /** A person has decided: what was meant, or is undone, counts for nothing any more. */
  decide(): void {
    for (const from of this.#hands.values())
      for (const hour of this.#hours.keys()) if (hour >= from) this.#hours.delete(hour);
    this.release();
  }

  /** What is held; undefined if nothing is. */
  get act(): Act | undefined {
    if (this.#hands.size === 0) return undefined;
    const held = new Map([...this.#hands].map(([hand, from]) => [hand, { from, fromMs: this.#carriedOutMs(from) }]));
    const first = (name: string, hand: bigint): number => this.#firstMsOf(name, hand, held.get(hand));
    return {
      hands: new Set(held.keys()),
      isOf: (name, hand, madeS) => {
        const of = held.get(hand);
        return of !== undefined && (madeS >= of.from * HOUR_S || first(name, hand) < Number.POSITIVE_INFINITY);
      },
      firstMs: (name, hand) => {
        const firstMs = Math.min(...[...held.keys()].map((each) => first(name, each)));
        return firstMs < Number.POSITIVE_INFINITY ? firstMs : (held.get(hand)?.fromMs ?? firstMs);
      },
    };
  }

  /** What the same hand did to the name days before is none of it, even if it came together with it. */
  #firstMsOf(name: string, hand: bigint, held: Held | undefined): number {
    if (held === undefined) return Number.POSITIVE_INFINITY;
    const losses = this.#names.get(keyOf(name, hand)) ?? [];
    const isOfIt = ({ ms, hour }: Loss): boolean => ms >= held.fromMs && hour >= held.from - 1n;
    return Math.min(...losses.filter(isOfIt).map(({ ms }) => ms));
  }

  /** When the first loss that was made from that hour on was carried out here, as far as that is known. */
  #carriedOutMs(from: bigint): number {
    // What was made later may have been carried out before: a round goes by the names.
    const firsts = [...this.#hours].flatMap(([hour, { firstMs }]) => (hour >= from ? [firstMs] : []));
    return Math.floor(Math.min(...firsts, this.#context.clock.nowMs()));
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

  #change(hour: bigint, hand: bigint, by: number): void {
    const nowMs = this.#context.clock.nowMs();
    const before = this.#hours.get(hour) ?? { count: 0, hands: new Map(), firstMs: nowMs };
    // The clock may have been set back since.
    const firstMs = Math.min(before.firstMs, nowMs);
    if (before.count + by <= 0) this.#hours.delete(hour);
    else {
      const hands = new Map(before.hands).set(hand, (before.hands.get(hand) ?? 0) + by);
      this.#hours.set(hour, { count: before.count + by, hands, firstMs });
    }
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
    const hours = [...this.#hours].map(([hour, { count, hands, firstMs }]) => {
      const byHand = [...hands].map(([hand, ofHand]) => [String(hand), ofHand]);
      return [Number(hour), count, Math.floor(firstMs), byHand];
    });
    const hands = [...this.#hands].map(([hand, from]) => [String(hand), Number(from)]);
    const names = this.#namesToNote();
    this.#unnoted = 0;
    try {
      this.#context.records.setNote(NOTE, JSON.stringify({ hours, hands, names }));
    } catch {}
  }

  /** Those of what is held, or may be an act that goes on: nobody will ever ask for others. */
  #namesToNote(): [string, (readonly [number, number])[]][] {
    const sinceMs = this.#context.clock.nowMs() - GOES_ON_MS;
    const busy = [...this.#hours].filter(([, { count, firstMs }]) => count >= BUSY_MIN && firstMs > sinceMs);
    const froms = [...this.#hands.values(), ...busy.map(([hour]) => this.#firstOf(hour))];
    if (froms.length === 0) return [];
    const fromMs = Math.min(...froms.map((from) => this.#carriedOutMs(from)));
    return [...this.#names]
      .filter(([, losses]) => losses.some(({ ms }) => ms >= fromMs))
      .map(([key, losses]) => [key, losses.map(({ ms, hour }) => [ms, Number(hour)])]);
  }

  /** What cannot be read is as if there were none. */
  #read(note: string | undefined): void {
    try {
      const noted = JSON.parse(note ?? '{}') as Partial<Record<'hours' | 'hands' | 'names', unknown>>;
      for (const entry of listOf(noted.hours)) {
        const [hour, count, firstMs, byHand] = listOf(entry);
        if (!isWhole(hour) || !isWhole(count) || !isWhole(firstMs)) continue;
        this.#hours.set(BigInt(hour), { count, firstMs, hands: countsOf(byHand) });
      }
      for (const entry of listOf(noted.names)) {
        const [key, losses] = listOf(entry);
        if (typeof key === 'string') this.#names.set(key, listOf(losses).flatMap(lossOf));
      }
      for (const [hand, from] of countsOf(noted.hands)) this.#hands.set(hand, BigInt(from));
    } catch {}
  }
}

function keyOf(name: string, hand: bigint): string {
  return `${hand} ${name}`;
}

const ZERO: Hour = { count: 0, hands: new Map(), firstMs: 0 };

/** Within an hour or two of the moment that is in that hour. */
function around(hour: bigint, countOf: (hour: bigint) => number): number {
  return countOf(hour) + Math.max(countOf(hour - 1n), countOf(hour + 1n));
}

/** What was noted by hand. */
function countsOf(noted: unknown): Map<bigint, number> {
  const entries = listOf(noted).map(listOf);
  return new Map(
    entries.flatMap(([hand, count]) => (typeof hand === 'string' && isWhole(count) ? [[BigInt(hand), count]] : [])),
  );
}

function lossOf(noted: unknown): Loss[] {
  const [ms, hour] = listOf(noted);
  return isWhole(ms) && isWhole(hour) ? [{ ms, hour: BigInt(hour) }] : [];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
