/**
 * Where to knock now, for a person who wants to join: at every address at which somebody may wait with an open code, known or
 * not. Each is asked rarely, and never twice at a time.
 * @module
 */
import type { Via } from './layers.ts';
import type { TryResult } from './try-result.ts';

/** A person who has just opened pairing over there is found within this. */
const KNOCK_EVERY_MS = 5_000;
/** A host that waits is known then; so long it keeps the connection for whoever joins. */
const WAITING_EVERY_MS = 60_000;
const UNDER_WAY_MAX = 32;
/** lanfold's port, and where it goes when that is taken; a host that does not refuse the first is not asked at the others. */
const PORT = 1111;
const SPARE_PORTS: readonly number[] = [1113, 1114, 1115, 1116, 1117, 1118, 1119];
/** On a LAN whoever answers at all answers sooner. */
const SILENT_AFTER_MS = 300;
/** A door that nobody named again by then is gone. */
const FORGOTTEN_AFTER_MS = 60_000;
/** Addresses kept; whoever forges announcements must not make this grow. */
const DOORS_MAX = 1_024;

export interface Door {
  readonly host: string;
  readonly port: number;
  readonly via: Via;
}

interface Knock {
  readonly startedMs: number;
  readonly underWay: boolean;
  readonly everyMs: number;
  /** Did not answer last time. */
  readonly wasSilent: boolean;
}

export class Knocks {
  readonly #knocks = new Map<string, Knock>();
  /** Hosts that were asked at the spare ports. */
  readonly #spared = new Set<string>();

  /**
   * Doors to knock at now; each is to be answered by {@link Knocks.ended}.
   * @param announced where somebody said to be; `neighbours`: hosts of which nothing more is known.
   */
  next(announced: readonly Door[], neighbours: readonly Omit<Door, 'port'>[], nowMs: number): Door[] {
    this.#forgetOld(nowMs);
    let room = UNDER_WAY_MAX - [...this.#knocks.values()].filter((knock) => knock.underWay).length;
    const doors: Door[] = [];
    for (const door of [...announced, ...neighbours.map((neighbour) => ({ ...neighbour, port: PORT }))]) {
      if (room <= 0 || this.#knocks.size >= DOORS_MAX) break;
      const before = this.#knocks.get(keyOf(door));
      if (before?.underWay === true || (before !== undefined && nowMs - before.startedMs < before.everyMs)) continue;
      this.#begin(door, nowMs);
      doors.push(door);
      room--;
    }
    return doors;
  }

  /**
   * @param result `connected`: somebody waits there.
   * @returns further doors to knock at now: a host that refuses the usual port may wait at another. Each host once.
   */
  ended(door: Door, result: TryResult['is'], nowMs: number): Door[] {
    const before = this.#knocks.get(keyOf(door));
    if (before === undefined) return [];
    this.#knocks.set(keyOf(door), {
      ...before,
      underWay: false,
      everyMs: result === 'connected' ? WAITING_EVERY_MS : KNOCK_EVERY_MS,
      wasSilent: result === 'silent',
    });
    if (result !== 'refused' || door.port !== PORT || this.#spared.has(door.host)) return [];
    if (this.#spared.size >= DOORS_MAX) this.#spared.clear();
    this.#spared.add(door.host);
    const spare = SPARE_PORTS.map((port) => ({ ...door, port })).filter((other) => !this.#knocks.has(keyOf(other)));
    for (const other of spare) this.#begin(other, nowMs);
    return spare;
  }

  /** True if the host does not answer at the usual port. */
  isSilent(host: string, nowMs: number): boolean {
    const knock = this.#knocks.get(keyOf({ host, port: PORT }));
    if (knock === undefined) return false;
    return knock.wasSilent || (knock.underWay && nowMs - knock.startedMs >= SILENT_AFTER_MS);
  }

  /** Forgets all waiting. */
  restart(): void {
    for (const [key, knock] of this.#knocks) if (!knock.underWay) this.#knocks.delete(key);
    this.#spared.clear();
  }

  #begin(door: Door, nowMs: number): void {
    const wasSilent = this.#knocks.get(keyOf(door))?.wasSilent ?? false;
    this.#knocks.set(keyOf(door), { startedMs: nowMs, underWay: true, everyMs: KNOCK_EVERY_MS, wasSilent });
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { underWay, startedMs }] of this.#knocks) {
      if (!underWay && nowMs - startedMs > FORGOTTEN_AFTER_MS) this.#knocks.delete(key);
    }
  }
}

function keyOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host} ${port}`;
}
