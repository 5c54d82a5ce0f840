/**
 * Counts that are kept, not counted: changes are gathered during a transaction and stored at its end.
 *
 * They are asked for after each change. The store is one process's alone, so what was read or stored once is remembered.
 * @module
 */
import type { Completion, FolderCounts, Totals } from '../../ports/record-store.ts';
import type { Database } from './database.ts';
import { toBigInt, toNumber } from './encode.ts';
import { NEEDED, NEWEST, OWN, type Share } from './standing.ts';

interface Tally {
  files: number;
  directories: number;
  symlinks: number;
  deletes: number;
  /** Modulo 2^64 when stored: a peer may claim any sizes, and the sum must stay exact when they go again. */
  bytes: bigint;
}

const READ = 'SELECT files, directories, symlinks, deletes, bytes FROM tallies WHERE folder = ? AND subject = ?';
const WRITE = 'INSERT OR REPLACE INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?)';

/** Of one folder, by subject. */
export class Tallies {
  readonly #folder: number;
  readonly #known = new Map<number, Readonly<Tally>>();

  constructor(folder: number) {
    this.#folder = folder;
  }

  of(database: Database, subject: number): Readonly<Tally> {
    const known = this.#known.get(subject);
    // An answer that was given before counts only while the store could still be asked.
    if (known !== undefined && database.isOpen && !database.isBroken) return known;
    const tally = readTally(database, this.#folder, subject);
    this.#known.set(subject, tally);
    return tally;
  }

  store(database: Database, subject: number, tally: Readonly<Tally>): void {
    const { files, directories, symlinks, deletes, bytes } = tally;
    database.run(WRITE, this.#folder, subject, files, directories, symlinks, deletes, bytes);
    this.#known.set(subject, tally);
  }

  /** What was stored may have been undone. */
  forget(): void {
    this.#known.clear();
  }
}

/** The changes of one transaction. */
export class TallyChanges {
  readonly #changes = new Map<number, Tally>();

  add(shares: readonly Share[]): void {
    for (const { subject, kind, bytes } of shares) {
      const tally = this.#of(subject);
      tally[kind] += 1;
      tally.bytes += BigInt(bytes);
    }
  }

  remove(shares: readonly Share[]): void {
    for (const { subject, kind, bytes } of shares) {
      const tally = this.#of(subject);
      tally[kind] -= 1;
      tally.bytes -= BigInt(bytes);
    }
  }

  save(database: Database, tallies: Tallies): void {
    for (const [subject, change] of this.#changes) {
      if (isNothing(change)) continue; // one file more, and one less
      const before = tallies.of(database, subject);
      tallies.store(database, subject, {
        files: before.files + change.files,
        directories: before.directories + change.directories,
        symlinks: before.symlinks + change.symlinks,
        deletes: before.deletes + change.deletes,
        bytes: BigInt.asIntN(64, before.bytes + change.bytes),
      });
    }
    this.#changes.clear();
  }

  #of(subject: number): Tally {
    let tally = this.#changes.get(subject);
    if (tally === undefined) {
      tally = { files: 0, directories: 0, symlinks: 0, deletes: 0, bytes: 0n };
      this.#changes.set(subject, tally);
    }
    return tally;
  }
}

function isNothing({ files, directories, symlinks, deletes, bytes }: Readonly<Tally>): boolean {
  return files === 0 && directories === 0 && symlinks === 0 && deletes === 0 && bytes === 0n;
}

export function readCounts(database: Database, tallies: Tallies): FolderCounts {
  const own = tallies.of(database, OWN);
  const need = tallies.of(database, NEEDED);
  return {
    local: { ...totalsOf(own), deleted: own.deletes },
    global: totalsOf(tallies.of(database, NEWEST)),
    need: { items: itemsOf(need), deletes: need.deletes, bytes: bytesOf(need) },
  };
}

/** @param source undefined for a peer that never said anything. */
export function readCompletion(database: Database, tallies: Tallies, source: number | undefined): Completion {
  const newest = tallies.of(database, NEWEST);
  const has = source === undefined ? NOTHING : tallies.of(database, source);
  const needItems = itemsOf(newest) - itemsOf(has);
  const needBytes = bytesOf({ bytes: newest.bytes - has.bytes });
  const needDeletes = has.deletes;
  const [part, whole] = newest.bytes === 0n ? [itemsOf(has), itemsOf(newest)] : [bytesOf(has), bytesOf(newest)];
  return { needItems, needDeletes, needBytes, percent: percentOf(part, whole, needItems + needDeletes === 0) };
}

/** Whole percent, rounded down: never 100 before all is done, also when only empty files or deletes are missing. */
function percentOf(part: number, whole: number, done: boolean): number {
  if (done) return 100;
  if (whole === 0) return 99;
  return Math.min(99, Math.floor((part / whole) * 100));
}

const NOTHING: Readonly<Tally> = { files: 0, directories: 0, symlinks: 0, deletes: 0, bytes: 0n };

function readTally(database: Database, folder: number, subject: number): Readonly<Tally> {
  const row = database.row(READ, folder, subject);
  if (row === undefined) return NOTHING;
  return {
    files: toNumber(row['files']),
    directories: toNumber(row['directories']),
    symlinks: toNumber(row['symlinks']),
    deletes: toNumber(row['deletes']),
    bytes: toBigInt(row['bytes']),
  };
}

function totalsOf(tally: Readonly<Tally>): Totals {
  const { files, directories, symlinks } = tally;
  return { files, directories, symlinks, bytes: bytesOf(tally) };
}

function itemsOf(tally: Readonly<Tally>): number {
  return tally.files + tally.directories + tally.symlinks;
}

function bytesOf(tally: Pick<Tally, 'bytes'>): number {
  return Number(BigInt.asUintN(64, tally.bytes));
}
