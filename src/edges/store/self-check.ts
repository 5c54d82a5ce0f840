/**
 * Holds the record store against itself (rules U97–U99): is the file whole, and do the tables agree?
 *
 * After an unclean stop the quick part runs, at each open: whole pages, and sequence numbers, by one walk of an index. The whole
 * of it runs when a person asks: every name is read, and what is kept of it is held against what follows from its records. A
 * store with a fault goes on as it is, for nothing can be lost by that, and the next open sets it aside and begins anew.
 * @module
 */
import { blockCount, HASH_BYTES, type FileRecord } from '../../core/model/file-record.ts';
import { UnreadableRow, type Database, type Row } from './database.ts';
import { exists, toBigInt, toNumber, toText } from './encode.ts';
import { isNeedKept } from './need-table.ts';
import { readName } from './record-table.ts';
import { standingOf, type Share } from './standing.ts';

/** Names between two pauses. */
const PAGE = 200;
/** One fault is enough to begin anew; a few tell a person more. */
const FAULTS_MAX = 10;
/** A store that changes all the time is not waited for without end. */
const ATTEMPTS = 3;
const NOTE = 'self-check';
/** Notes that belong to no folder. */
const NO_FOLDER = 0;
/** `run.unclean` of a store that contradicts itself. */
export const FAULTY = 2;

/** The part that is worth its time at each doubtful start: sequence numbers are given once, and never above the last. */
export function sequenceFault(database: Database): string | undefined {
  const high = database.row(
    `SELECT 1 FROM sources WHERE peer IS NULL
     AND max_sequence < (SELECT coalesce(max(sequence), 0) FROM records WHERE source = sources.id) LIMIT 1`,
  );
  if (high !== undefined) return 'a sequence number is above the last that was given';
  const twice = database.row(
    `SELECT 1 FROM sources CROSS JOIN records ON records.source = sources.id WHERE sources.peer IS NULL
     GROUP BY records.source, records.sequence HAVING count(*) > 1 LIMIT 1`,
  );
  return twice === undefined ? undefined : 'two records have one sequence number';
}

/** Why the store has to begin anew; undefined if nothing was found. */
export function notedFault(database: Database): string | undefined {
  const row = database.row('SELECT value FROM notes WHERE folder = ? AND name = ?', NO_FOLDER, NOTE);
  return row === undefined ? undefined : toText(row['value']);
}

/**
 * @param pause lets others work; called often.
 * @returns what is wrong, the first few; the next open begins anew if there is anything.
 */
export async function checkAll(database: Database, pause: () => Promise<void>): Promise<readonly string[]> {
  const faults = [...(await pageFaults(database, pause)), ...[sequenceFault(database) ?? []].flat()];
  const folders = database.rows('SELECT id, folder_id FROM folders ORDER BY id');
  for (const folder of folders) {
    if (faults.length >= FAULTS_MAX) break;
    const found = folderFaults(database, toNumber(folder['id']), pause).catch(asFault);
    for (const fault of await found) faults.push(`folder "${toText(folder['folder_id'])}": ${fault}`);
  }
  const [first] = faults;
  if (first !== undefined) {
    database.transaction(() => {
      database.run('INSERT OR REPLACE INTO notes VALUES (?, ?, ?)', NO_FOLDER, NOTE, first);
      database.run(`UPDATE run SET unclean = ${FAULTY}`);
    });
  }
  return faults.slice(0, FAULTS_MAX);
}

function asFault(error: unknown): string[] {
  if (error instanceof UnreadableRow) return [error.message];
  throw error;
}

/** Table by table, so that nobody waits for all of them at once. */
async function pageFaults(database: Database, pause: () => Promise<void>): Promise<string[]> {
  const faults: string[] = [];
  const tables = database.rows(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'`);
  for (const table of tables) {
    const found = database.rows(`PRAGMA integrity_check(${toText(table['name'])})`);
    faults.push(...found.map((row) => toText(row['integrity_check'])).filter((text) => text !== 'ok'));
    await pause();
  }
  return faults;
}

async function folderFaults(database: Database, folder: number, pause: () => Promise<void>): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const before = changes(database);
    const check = new FolderCheck(database, folder);
    for (let after = 0; ;) {
      const rows = database.rows(
        // With the +, SQLite goes by the ID and not by an index of the folder's names, which it would sort for each page.
        'SELECT id, name FROM names WHERE id > ? AND +folder = ? ORDER BY id LIMIT ?',
        after,
        folder,
        PAGE,
      );
      const last = rows.at(-1);
      if (last === undefined) break;
      for (const row of rows) check.name(row);
      after = toNumber(last['id']);
      await pause();
    }
    const isStill = changes(database) === before;
    if (isStill) check.counts();
    // What changed while it was read is no fault; each name was read whole, so the others are.
    if (isStill || attempt === ATTEMPTS) return check.faults;
  }
}

function changes(database: Database): bigint {
  return toBigInt(database.row('SELECT total_changes() AS changes')?.['changes']);
}

type Kept = Readonly<Record<'files' | 'directories' | 'symlinks' | 'deletes', number>> & { readonly bytes: bigint };
const NOTHING: Kept = { files: 0, directories: 0, symlinks: 0, deletes: 0, bytes: 0n };

/** One folder, name by name. */
class FolderCheck {
  readonly faults: string[] = [];
  readonly #database: Database;
  readonly #folder: number;
  readonly #own: number;
  readonly #tallies = new Map<number, Kept>();
  #needs = 0;

  constructor(database: Database, folder: number) {
    this.#database = database;
    this.#folder = folder;
    const row = database.row('SELECT id FROM sources WHERE folder = ? AND peer IS NULL', folder);
    this.#own = row === undefined ? -1 : toNumber(row['id']);
  }

  name(row: Row): void {
    const name = toText(row['name']);
    const known = readName(this.#database, this.#folder, this.#own, name);
    if (known === undefined) return this.#found(`nobody says anything of "${name}"`);
    for (const record of [known.own, ...known.remotes.values()]) {
      if (record !== undefined && !hasItsBlocks(record)) this.#found(`"${name}" has not as many blocks as bytes`);
    }
    const isLooked = this.#database.row('SELECT 1 FROM own WHERE name = ?', known.id) !== undefined;
    if (isLooked !== (known.own !== undefined)) this.#found(`"${name}" is known by half`);
    const { shares, need } = standingOf(known);
    for (const share of shares) this.#add(share);
    if (need !== undefined && !isNeedKept(this.#database, this.#folder, name, need))
      this.#found(`that "${name}" is needed is not kept`);
    if (need !== undefined) this.#needs += 1;
  }

  /** Only when nothing has changed since the first name. */
  counts(): void {
    const needs = this.#database.row('SELECT count(*) AS needs FROM need WHERE folder = ?', this.#folder);
    if (toNumber(needs?.['needs']) !== this.#needs) this.#found('names are needed that nobody knows');
    const subjects = this.#database.rows('SELECT * FROM tallies WHERE folder = ?', this.#folder);
    const kept = new Map(subjects.map((row) => [toNumber(row['subject']), tallyOf(row)]));
    for (const subject of new Set([...kept.keys(), ...this.#tallies.keys()])) {
      const [one, other] = [kept.get(subject) ?? NOTHING, this.#tallies.get(subject) ?? NOTHING];
      const isSame =
        one.files === other.files &&
        one.directories === other.directories &&
        one.symlinks === other.symlinks &&
        one.deletes === other.deletes &&
        BigInt.asUintN(64, one.bytes) === BigInt.asUintN(64, other.bytes);
      if (!isSame) this.#found('the counts are not those of the records');
    }
  }

  #add({ subject, kind, bytes }: Share): void {
    const before = this.#tallies.get(subject) ?? NOTHING;
    this.#tallies.set(subject, { ...before, [kind]: before[kind] + 1, bytes: before.bytes + BigInt(bytes) });
  }

  #found(fault: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(fault);
  }
}

/** Of what exists: an empty file has one block of no bytes. Invalid ones need none. */
function hasItsBlocks(record: FileRecord): boolean {
  const { type, size, blockSize, blocks } = record;
  if (blocks.length % HASH_BYTES !== 0) return false;
  if (!exists(record) || type !== 'file') return true;
  return blockSize > 0 && blockCount(blocks) === Math.max(1, Math.ceil(size / blockSize));
}

function tallyOf(row: Row): Kept {
  const count = (column: string): number => toNumber(row[column]);
  const [files, directories, symlinks, deletes] = ['files', 'directories', 'symlinks', 'deletes'].map(count);
  return {
    files: files ?? 0,
    directories: directories ?? 0,
    symlinks: symlinks ?? 0,
    deletes: deletes ?? 0,
    bytes: toBigInt(row['bytes']),
  };
}
