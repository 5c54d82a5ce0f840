/**
 * Opens the database file: whose is it, is it whole, and did the last run close it?
 * @module
 */
import { chmodSync, closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { LanfoldError } from '../../core/errors.ts';
import { Database, DamageError, DAMAGED_NOTE, UnreadableRow } from './database.ts';
import { toNumber, toText } from './encode.ts';
import { FAULTY, notedFault, sequenceFault } from './self-check.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

export interface Opened {
  readonly database: Database;
  /** True also for a new file in the place of a damaged one: nothing is known of how the last run ended. */
  readonly uncleanStop: boolean;
  /** Why the file that was there was set aside and a new one begun; undefined if it was not. */
  readonly rebuiltBecause: string | undefined;
}

/** What SQLite keeps beside the file until it is closed. */
const LOGS = ['-wal', '-shm', '-journal'];
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * @param nowMs milliseconds since 1970, for the name under which a damaged file is set aside.
 * @param visit how the last run ended is neither looked into nor changed: the next run is to find it.
 */
export function openDatabase(path: string, nowMs: () => number, visit: boolean): Opened {
  try {
    return { ...openWhole(path, visit), rebuiltBecause: undefined };
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    setAside(path, nowMs());
    return { ...openWhole(path, false), uncleanStop: true, rebuiltBecause: error.reason };
  }
}

/** Says that the work is done, as the last thing before closing. */
export function markClean(database: Database): void {
  // What a self-check found stays noted: the next open begins anew.
  database.run(`UPDATE run SET unclean = 0 WHERE unclean <> ${FAULTY}`);
}

function openWhole(path: string, visit: boolean): Pick<Opened, 'database' | 'uncleanStop'> {
  if (path !== ':memory:') hideFromOthers(path);
  const database = new Database(path);
  try {
    // Only with the lock: who has found the damage may still be running, and has the file open.
    if (existsSync(path + DAMAGED_NOTE)) throw new DamageError(path, readFileSync(path + DAMAGED_NOTE, 'utf8'));
    prepareTables(database);
    const run = database.row('SELECT unclean FROM run');
    if (run === undefined) throw new DamageError(path, 'the row of the last run is missing');
    const unclean = toNumber(run['unclean']);
    const uncleanStop = unclean !== 0;
    if (visit) return { database, uncleanStop };
    if (unclean === FAULTY) throw new DamageError(path, notedFault(database) ?? 'it contradicts itself');
    if (uncleanStop) checkQuickly(database);
    database.run('UPDATE run SET unclean = 1');
    return { database, uncleanStop };
  } catch (error) {
    database.close();
    throw error instanceof UnreadableRow ? new DamageError(path, error.message, error) : error;
  }
}

/**
 * Names of files are nobody else's business, also where others may enter the directory. A log that SQLite makes gets the mode of
 * the file; one that a kill has left keeps its own.
 */
function hideFromOthers(path: string): void {
  for (const suffix of ['', ...LOGS]) {
    try {
      hideOne(path + suffix, suffix === '');
    } catch {
      // Somebody else's file, or a disk without modes; or no file can be there, which SQLite will say.
    }
  }
}

/** A file that is there is not opened: to close it would let go of the lock that this process may have on it. */
function hideOne(path: string, isWanted: boolean): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined && isWanted) closeSync(openSync(path, 'wx', OWNER_ONLY));
  else if (there?.isFile() === true && (there.mode & OTHERS) !== 0) chmodSync(path, OWNER_ONLY);
}

function prepareTables(database: Database): void {
  const version = pragma(database, 'user_version');
  if (version > SCHEMA_VERSION) throw new LanfoldError('E_STATE_TOO_NEW', { subject: database.path });
  const isOurs = pragma(database, 'application_id') === APPLICATION_ID;
  if (version === SCHEMA_VERSION && isOurs) return;
  const tables = toNumber(database.row('SELECT count(*) AS tables FROM sqlite_schema')?.['tables']);
  if (isOurs || tables > 0)
    throw new LanfoldError('E_STATE_BROKEN', {
      subject: database.path,
      because: 'it is a database of another program',
    });
  database.transaction(() => {
    database.script(SCHEMA);
    database.script(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Reads the whole file, so only after a stop that may have come with a power cut. */
function checkQuickly(database: Database): void {
  const found = toText(database.row('PRAGMA quick_check(1)')?.['quick_check']);
  if (found !== 'ok') throw new DamageError(database.path, found);
  const fault = sequenceFault(database);
  if (fault !== undefined) throw new DamageError(database.path, fault);
}

/**
 * Nothing is deleted: somebody may want to look. The log goes first: should we die in between, the next start finds the
 * damaged file again, and never a new file with an old log. The note goes last, so that it is believed until all is done.
 */
function setAside(path: string, nowMs: number): void {
  for (const suffix of [...LOGS, '', DAMAGED_NOTE])
    if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.damaged-${nowMs}${suffix}`);
}

function pragma(database: Database, name: string): number {
  return toNumber(database.row(`PRAGMA ${name}`)?.[name]);
}
