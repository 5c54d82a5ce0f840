/**
 * The record store on SQLite: one file for all folders.
 *
 * The file is locked as long as it is open: it is also how a second lanfold finds the home in use.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import type { FolderRecords, RecordStore } from '../../ports/record-store.ts';
import { releaseUnusedContents } from './contents.ts';
import type { Database } from './database.ts';
import { toNumber, toText } from './encode.ts';
import { SqliteFolderRecords } from './folder-records.ts';
import { guarded } from './guarded.ts';
import { markClean, openDatabase, type Opened } from './opening.ts';
import { checkAll } from './self-check.ts';
import { addSource, findSource, newIndexId } from './sources.ts';

export interface RecordStoreOptions {
  /** Strong randomness, for index IDs. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Milliseconds since 1970, for the name of a damaged file that is set aside. Default: the system's clock. */
  readonly nowMs?: () => number;
  /**
   * For a short look between two runs, such as a command that changes the configuration: how the last run ended stays as it
   * is, so that the next one still finds it. Default: false.
   */
  readonly visit?: boolean;
  /**
   * Told, before `openRecordStore` returns, that the file was damaged, was set aside as `<path>.damaged-<milliseconds>`,
   * and that the store begins empty: everything has to be learnt again from disk and peers.
   */
  readonly onRebuilt?: (reason: string) => void;
}

/**
 * Opens the store; makes it if it is not there.
 *
 * @param path a file in a directory that exists, or `:memory:` for one that ends with the process.
 * @throws LanfoldError `E_STATE_LOCKED` at once when it is open elsewhere, `E_STATE_TOO_NEW` when a newer lanfold wrote it,
 * `E_STATE_BROKEN` when it cannot be opened. Later calls throw `E_STATE_BROKEN` when the file turns out damaged or the disk
 * fails, and from then on always; `E_DISK_FULL` when a change was undone for want of space; `E_CLOSED` after close.
 */
export function openRecordStore(path: string, options: RecordStoreOptions): RecordStore {
  const visit = options.visit ?? false;
  const opened = openDatabase(path, options.nowMs ?? Date.now, visit);
  if (opened.rebuiltBecause !== undefined) options.onRebuilt?.(opened.rebuiltBecause);
  return guarded<RecordStore>(new SqliteRecordStore(opened, options.randomBytes, visit), opened.database);
}

class SqliteRecordStore implements RecordStore {
  readonly uncleanStop: boolean;
  readonly #database: Database;
  readonly #randomBytes: (length: number) => Uint8Array;
  readonly #isVisit: boolean;
  readonly #folders = new Map<string, SqliteFolderRecords>();

  constructor(opened: Opened, randomBytes: (length: number) => Uint8Array, isVisit: boolean) {
    this.#database = opened.database;
    this.uncleanStop = opened.uncleanStop;
    this.#randomBytes = randomBytes;
    this.#isVisit = isVisit;
  }

  folder(folderId: string): FolderRecords {
    let records = this.#folders.get(folderId);
    if (records === undefined) {
      records = guarded(
        this.#database.transaction(() => this.#openFolder(folderId)),
        this.#database,
      );
      this.#folders.set(folderId, records);
    }
    return records;
  }

  folderIds(): string[] {
    return this.#database.rows('SELECT folder_id FROM folders ORDER BY id').map((row) => toText(row['folder_id']));
  }

  dropFolder(folderId: string): void {
    const folder = this.#findFolder(folderId);
    if (folder !== undefined) this.#database.transaction(() => dropRows(this.#database, folder));
    this.#folders.get(folderId)?.markDropped();
    this.#folders.delete(folderId);
  }

  check(pause: () => Promise<void>): Promise<readonly string[]> {
    return checkAll(this.#database, pause);
  }

  close(): void {
    if (!this.#database.isOpen) return;
    try {
      // What is broken stays marked: the next open looks it over. So does what lacks a note, of what is in doubt say.
      const isWhole = !this.#database.isBroken && ![...this.#folders.values()].some(({ lacksNote }) => lacksNote);
      if (!this.#isVisit && isWhole) markClean(this.#database);
    } catch (error) {
      // On a full disk it stays marked, too; all that was saved before is there.
      if (!(error instanceof LanfoldError)) throw error;
    } finally {
      this.#database.close();
    }
  }

  #findFolder(folderId: string): number | undefined {
    const row = this.#database.row('SELECT id FROM folders WHERE folder_id = ?', folderId);
    return row === undefined ? undefined : toNumber(row['id']);
  }

  #openFolder(folderId: string): SqliteFolderRecords {
    const folder =
      this.#findFolder(folderId) ?? this.#database.run('INSERT INTO folders (folder_id) VALUES (?)', folderId);
    const own =
      findSource(this.#database, folder, undefined) ??
      addSource(this.#database, folder, undefined, newIndexId(this.#randomBytes));
    return new SqliteFolderRecords(folderId, { folder, own: own.id }, this.#database, this.#randomBytes);
  }
}

/** Whole tables at a time: nothing that would have to be kept true is left of the folder. */
function dropRows(database: Database, folder: number): void {
  const names = 'SELECT id FROM names WHERE folder = ?';
  database.run(`DELETE FROM own WHERE name IN (${names})`, folder);
  database.run(`DELETE FROM records WHERE name IN (${names})`, folder);
  for (const table of ['names', 'need', 'tallies', 'notes', 'sources'])
    database.run(`DELETE FROM ${table} WHERE folder = ?`, folder);
  database.run('DELETE FROM folders WHERE id = ?', folder);
  releaseUnusedContents(database);
}
