/**
 * The changes that one transaction makes to a folder's records.
 *
 * Each change of a record goes through {@link FolderChange.putOwn}, `putRemote` or `drop`: they compare how the name
 * stood before with how it stands after, and keep need and tallies true (SPEC X3, X4). {@link FolderChange.finish} comes
 * last, inside the same transaction.
 * @module
 */
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import { releaseContent } from './contents.ts';
import type { Database } from './database.ts';
import { asKept, toText } from './encode.ts';
import { changeNeed } from './need-table.ts';
import { addName, readName, removeName, removeOwn, removeRecord, writeOwn, writeRecord } from './record-table.ts';
import type { FolderKeys } from './sources.ts';
import { standingOf, type NameVersions, type Standing } from './standing.ts';
import { TallyChanges, type Tallies } from './tallies.ts';

const NOTHING: Standing = { shares: [], need: undefined };
const NO_REMOTES: NameVersions['remotes'] = new Map();
const DROP_PAGE = 500;

export class FolderChange {
  readonly #database: Database;
  readonly #keys: FolderKeys;
  readonly #kept: Tallies;
  readonly #tallies = new TallyChanges();
  readonly #releasedContents = new Set<number>();

  constructor(database: Database, keys: FolderKeys, tallies: Tallies) {
    this.#database = database;
    this.#keys = keys;
    this.#kept = tallies;
  }

  /** @returns the record as it is kept. */
  putOwn({ record, look }: LocalRecord): FileRecord {
    const kept = asKept(record);
    const { id, content } = this.#put(this.#keys.own, kept);
    writeOwn(this.#database, id, this.#keys.folder, { record: kept, look }, content);
    return kept;
  }

  putRemote(source: number, record: FileRecord): void {
    this.#put(source, asKept(record));
  }

  /** Forgets what a source said of a name; a name of which nobody says anything is gone. */
  drop(source: number, name: string): void {
    const { folder, own } = this.#keys;
    const known = readName(this.#database, folder, own, name);
    if (known === undefined || recordOf(known, source, own) === undefined) return;
    removeRecord(this.#database, known.id, source);
    if (source === own) removeOwn(this.#database, known.id);
    const after = withRecord(known, source, own, undefined);
    if (after.own === undefined && after.remotes.size === 0) removeName(this.#database, known.id);
    this.#restand(name, standingOf(known), standingOf(after));
    this.#release(known.contents.get(source));
  }

  /** Forgets all that a source said, page by page: what it said need not fit in memory. */
  dropAll(source: number): void {
    for (;;) {
      const rows = this.#database.rows(
        `SELECT names.name AS name FROM records JOIN names ON names.id = records.name
         WHERE records.source = ? ORDER BY records.sequence LIMIT ${DROP_PAGE}`,
        source,
      );
      for (const row of rows) this.drop(source, toText(row['name']));
      this.#releaseContents();
      if (rows.length < DROP_PAGE) return;
    }
  }

  finish(): void {
    this.#releaseContents();
    this.#tallies.save(this.#database, this.#kept);
  }

  #put(source: number, record: FileRecord): { id: number; content: number | undefined } {
    const { folder, own } = this.#keys;
    const known = readName(this.#database, folder, own, record.name);
    const id = known?.id ?? addName(this.#database, folder, record.name);
    const content = writeRecord(this.#database, id, source, record);
    const after = withRecord(known, source, own, record);
    this.#restand(record.name, known === undefined ? NOTHING : standingOf(known), standingOf(after));
    this.#release(known?.contents.get(source));
    return { id, content };
  }

  #restand(name: string, before: Standing, after: Standing): void {
    this.#tallies.remove(before.shares);
    this.#tallies.add(after.shares);
    changeNeed(this.#database, this.#keys.folder, name, before.need, after.need);
  }

  #release(content: number | undefined): void {
    if (content !== undefined) this.#releasedContents.add(content);
  }

  /** At the end, not at once: a file that moves lets its content go under one name and takes it under the next. */
  #releaseContents(): void {
    for (const content of this.#releasedContents) releaseContent(this.#database, content);
    this.#releasedContents.clear();
  }
}

function recordOf({ own, remotes }: NameVersions, source: number, ownSource: number): FileRecord | undefined {
  return source === ownSource ? own : remotes.get(source);
}

/**
 * The remotes stay in the order of their sources, as they are read: where versions are equal the first counts, and it must
 * be the same one when the name is looked at again.
 */
function withRecord(
  before: NameVersions | undefined,
  source: number,
  ownSource: number,
  record: FileRecord | undefined,
): NameVersions {
  const remotes = before?.remotes ?? NO_REMOTES;
  if (source === ownSource) return { own: record, remotes };
  const others = [...remotes].filter(([other]) => other !== source);
  const changed = record === undefined ? others : [...others, [source, record] as const];
  return { own: before?.own, remotes: new Map(changed.sort(([a], [b]) => a - b)) };
}
