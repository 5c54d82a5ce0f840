/**
 * One SQLite database file: statements prepared once, transactions, and errors in lanfold's words.
 *
 * The only file that names node:sqlite. Integers are always read as bigint. No statement stays open between two calls.
 * @module
 */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { LanfoldError } from '../../core/errors.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

const CACHE_KIBIBYTES = 16 * 1024;
/** Pages of the write-ahead log before it is copied into the file: rewrites of one page in between cost nothing more. */
const CHECKPOINT_PAGES = 4000;
/** A huge transaction may make the log large; it is cut back to this afterwards. */
const LOG_BYTES_MAX = 64 * 1016 * 1024;

/**
 * `locking_mode` comes before the first access: SQLite then takes the lock once, keeps it until close, and needs no shared
 * memory file. `synchronous` FULL makes each commit durable (R1). No mmap: a file cut short under us would be a SIGBUS.
 */
const PRAGMAS = `
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -${CACHE_KIBIBYTES};
PRAGMA mmap_size = 0;
PRAGMA temp_store = MEMORY;
PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
PRAGMA journal_size_limit = ${LOG_BYTES_MAX};
`;

/**
 * The end of a statement that gives at most so many rows. As a value SQLite would plan the statement anew at each call
 * (measured: 60 µs instead of 5), as text there is one statement for each limit: callers have a few fixed ones.
 */
export function limitTo(rows: number): string {
  if (!Number.isSafeInteger(rows) || rows < 0) throw new RangeError(`${rows} is no number of rows`);
  return `LIMIT ${rows}`;
}

/** The file itself is damaged, so that only a new one helps; a failing disk is not meant. */
export class DamageError extends LanfoldError {
  readonly reason: string;

  constructor(path: string, reason: string, cause?: unknown) {
    super('E_STATE_BROKEN', { subject: path, because: reason, cause });
    this.reason = reason;
  }
}

/** A row that no table of ours can hold: its file is damaged. See {@link Database.damaged}. */
export class UnreadableRow extends Error {}

/** Stands beside a file that turned out damaged while it was in use, with the reason, until the next start begins anew. */
export const DAMAGED_NOTE = '-damaged';

export class Database {
  readonly path: string;
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Before it was opened. Where it was not, SQLite opens it to be read alone, for as long as it is open. */
  readonly #wasWritable: boolean;
  /** After a failed read or write of the file nothing it says is believed any more (R2). */
  #broken: LanfoldError | undefined;

  /**
   * @throws LanfoldError E_STATE_LOCKED at once when anyone, also in this process, has it open; E_STATE_BROKEN when it
   * cannot be opened or is no database.
   */
  constructor(path: string) {
    this.path = path;
    this.#wasWritable = isWritable(path);
    try {
      this.#sqlite = new DatabaseSync(path, { timeout: 0, readBigInts: true, enableForeignKeyConstraints: false });
    } catch (error) {
      throw this.#inOurWords(error);
    }
    try {
      this.#sqlite.exec(PRAGMAS);
    } catch (error) {
      this.#sqlite.close();
      throw this.#inOurWords(error);
    }
  }

  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#try(() => this.#statement(sql).get(...values));
  }

  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#try(() => this.#statement(sql).all(...values));
  }

  /** @returns the row ID of the last row inserted. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#try(() => Number(this.#statement(sql).run(...values).lastInsertRowid));
  }

  /** Several statements, without values. */
  script(sql: string): void {
    this.#try(() => this.#sqlite.exec(sql));
  }

  /** All or nothing; durable when it returns. Whatever `work` throws is thrown on after everything is undone. */
  transaction<T>(work: () => T): T {
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** What the file says cannot be: from now on nothing of it is believed, and the next start begins anew. */
  damaged(reason: string, cause?: unknown): LanfoldError {
    const damage = new DamageError(this.path, reason, cause);
    this.#broken = damage;
    try {
      if (this.path !== ':memory:') writeFileSync(this.path + DAMAGED_NOTE, reason);
    } catch {
      // Then only what a look over all pages finds is found by the next start.
    }
    return damage;
  }

  get isOpen(): boolean {
    return this.#sqlite.isOpen;
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  close(): void {
    this.#statements.clear();
    if (this.#sqlite.isOpen) this.#sqlite.close();
  }

  /** SQLite itself rolls back after some errors: a full disk, a failed write. */
  #rollBack(): void {
    if (!this.#sqlite.isOpen || !this.#sqlite.isTransaction) return;
    try {
      this.#sqlite.exec('ROLLBACK');
    } catch (error) {
      this.#broken ??= new LanfoldError('E_STATE_BROKEN', { subject: this.path, cause: error });
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #try<T>(work: () => T): T {
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#sqlite.isOpen) throw new LanfoldError('E_CLOSED', { subject: `the record store "${this.path}"` });
    try {
      return work();
    } catch (error) {
      throw this.#inOurWords(error);
    }
  }

  /** Errors of SQLite become the catalogue's; anything else is a bug of ours and stays as it is. */
  #inOurWords(error: unknown): unknown {
    const code = sqliteCode(error);
    if (code === undefined) return error;
    const because = error instanceof Error ? error.message : String(error);
    switch (code & PRIMARY_BITS) {
      case SQLITE_BUSY:
        return new LanfoldError('E_STATE_LOCKED', { subject: this.path, cause: error });
      case SQLITE_FULL:
        return new LanfoldError('E_DISK_FULL', { subject: this.path, cause: error });
      case SQLITE_CANTOPEN:
      case SQLITE_READONLY:
      case SQLITE_PERM:
        // The head of a damaged file may say that only a later SQLite can write it. The codes with more bits are about its place.
        if (code === SQLITE_READONLY && this.#wasWritable && isWritable(this.path)) return this.damaged(because, error);
        return new LanfoldError('E_STATE_BROKEN', { subject: this.path, because, cause: error });
      case SQLITE_IOERR:
        this.#broken = new LanfoldError('E_STATE_BROKEN', { subject: this.path, because, cause: error });
        return this.#broken;
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
        return this.damaged(because, error);
      case SQLITE_CONSTRAINT:
        return this.damaged(because, error); // what we write fits the constraints of our tables, so these are not ours any more
      case SQLITE_ERROR:
        return FOREIGN_TABLES.test(because) ? this.damaged(because, error) : error;
      default:
        return error;
    }
  }
}

/** Our statements fit our tables: a name in the file's own list of them has changed. */
const FOREIGN_TABLES = /^(?:no such |table \w+ has |unsupported file format)/;
const SQLITE_ERROR = 1;
const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

/** Of an extended result code, the primary one. */
const PRIMARY_BITS = 0xff;

/** The extended result code. */
function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
