/**
 * Where a batch puts what it replaces or removes: a directory of its own in the history, named by the moment, with the
 * tree below it as in the folder.
 * @module
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { joinName, parentOf } from '../../core/model/folder-path.ts';
import { HISTORY } from './own-directory.ts';
import { errorCode, systemError } from './trouble.ts';
import type { Walk } from './walk.ts';

/** Names that collide within a slot (a file `a`, then a file `a/b`) go on in a next one. */
const TRIES_MAX = 1000;

export interface Slot {
  readonly slot: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

export class HistorySlot {
  readonly #walk: Walk;
  readonly #touched: Set<string>;
  readonly #moment: string;
  #slot: string | undefined;
  #number = 0;

  constructor(walk: Walk, touched: Set<string>, nowMs: number) {
    this.#walk = walk;
    this.#touched = touched;
    this.#moment = slotMoment(nowMs);
  }

  /**
   * Finds a free place for an entry and lets `put` fill it.
   * @param put throws EEXIST if the place is taken; it is then called again with another one.
   * @returns the path that it filled.
   */
  keep(name: string, put: (path: string) => void): string {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      try {
        const kept = joinName(joinName(HISTORY, this.#current()), name);
        this.#walk.ensure(parentOf(kept), this.#touched);
        const path = this.#walk.path(kept);
        if (path === undefined) throw systemError('ENOENT', 'history');
        put(path);
        this.#touched.add(parentOf(kept));
        return path;
      } catch (error) {
        const code = errorCode(error);
        if (this.#slot === undefined || (code !== 'EEXIST' && code !== 'ENOTDIR')) throw error;
        this.#slot = undefined;
      }
    }
    throw systemError('EEXIST', 'history');
  }

  /** The slot of this batch, made on first use under a number that no other batch has. */
  #current(): string {
    const history = this.#walk.ensure(HISTORY, this.#touched);
    while (this.#slot === undefined) {
      const slot = this.#number === 0 ? this.#moment : `${this.#moment}-${this.#number}`;
      this.#number += 1;
      try {
        mkdirSync(`${history}/${slot}`, 0o700);
        this.#slot = slot;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
    }
    this.#touched.add(HISTORY);
    return this.#slot;
  }
}

/** 2026-11-24T04-03-00.123Z: sorts by time, and has no character that some disk refuses. */
function slotMoment(nowMs: number): string {
  return new Date(nowMs).toISOString().replaceAll(':', '-');
}

/** The moment of a slot, milliseconds since 1970; undefined for what is no slot. */
export function slotTimeMs(slot: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)(?:-\d+)?$/u.exec(slot);
  if (match === null) return undefined;
  const [, date, hours, minutes, seconds] = match;
  const timeMs = Date.parse(`${date}${hours}:${minutes}:${seconds}`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** All slots, oldest first. */
export function historySlots(walk: Walk): Slot[] {
  return entriesOf(walk, HISTORY)
    .flatMap((slot) => {
      const atMs = slotTimeMs(slot);
      return atMs === undefined ? [] : [{ slot, atMs }];
    })
    .sort((a, b) => a.atMs - b.atMs || slotNumber(a.slot) - slotNumber(b.slot));
}

/** The n of `<moment>Z-n`; 0 for the first slot of a moment. */
function slotNumber(slot: string): number {
  return Number(slot.split('Z-')[1] ?? 0);
}

/** What is in a directory of a slot; nothing if it is none. Paths that the walk gave out before are void. */
export function entriesOf(walk: Walk, directory: string): string[] {
  walk.trim();
  const path = walk.directory(directory);
  return path === undefined ? [] : readdirSync(path);
}
