/**
 * Rows of `names`, `records` and `own`: all that is known of one name, and how it is written.
 *
 * Nothing here keeps the need and the tallies true; {@link FolderChange} does, and only it may write.
 * @module
 */
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import { addContent, addPlaces } from './contents.ts';
import type { Database, Row } from './database.ts';
import {
  exists,
  fromLook,
  fromRecord,
  hashKey,
  LOOK_COLUMNS,
  onlyBlock,
  orNull,
  parentKey,
  RECORD_COLUMNS,
  toNumber,
  toRecord,
} from './encode.ts';
import type { NameVersions } from './standing.ts';

/** Joins that {@link RECORD_COLUMNS} needs, from names `n` on. */
export const RECORD_TABLES = `names n JOIN records r ON r.name = n.id LEFT JOIN contents c ON c.id = r.content`;
/** The same for own records, with their looks. */
export const OWN_TABLES = `${RECORD_TABLES} JOIN own o ON o.name = n.id`;
export const OWN_COLUMNS = `${RECORD_COLUMNS}, ${LOOK_COLUMNS}`;

/** A name with at least one record. */
export interface KnownName extends NameVersions {
  readonly id: number;
  /** Content by source, of records that have more than one block. */
  readonly contents: ReadonlyMap<number, number>;
}

const READ_NAME = `SELECT n.id AS id, r.content AS content, ${RECORD_COLUMNS} FROM ${RECORD_TABLES}
  WHERE n.folder = ? AND n.name = ? ORDER BY r.source`;
const READ_RECORD = `SELECT ${RECORD_COLUMNS} FROM ${RECORD_TABLES} WHERE n.folder = ? AND n.name = ? AND r.source = ?`;
const WRITE_RECORD = `INSERT OR REPLACE INTO records (name, source, sequence, type, flags, permissions, modified_ns,
  modified_by, version, size, block_size, block, content, symlink_target, previous_hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const WRITE_OWN = 'INSERT OR REPLACE INTO own VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

export function readName(database: Database, folder: number, ownSource: number, name: string): KnownName | undefined {
  const rows = database.rows(READ_NAME, folder, name);
  const first = rows[0];
  return first === undefined ? undefined : toKnownName(toNumber(first['id']), ownSource, rows);
}

/** One source's record of a name. */
export function readRecord(database: Database, folder: number, source: number, name: string): FileRecord | undefined {
  const row = database.row(READ_RECORD, folder, name, source);
  return row === undefined ? undefined : toRecord(row);
}

export function addName(database: Database, folder: number, name: string): number {
  return database.run('INSERT INTO names (folder, name) VALUES (?, ?)', folder, name);
}

export function removeName(database: Database, id: number): void {
  database.run('DELETE FROM names WHERE id = ?', id);
}

/** @returns the content that the record has, if its list of blocks is kept apart. */
export function writeRecord(database: Database, id: number, source: number, record: FileRecord): number | undefined {
  const block = onlyBlock(record.blocks);
  const content = block === undefined && record.blocks.length > 0 ? addContent(database, record.blocks) : undefined;
  database.run(
    WRITE_RECORD,
    id,
    source,
    ...fromRecord(record),
    block ?? null,
    content ?? null,
    orNull(record.symlinkTarget),
    orNull(record.previousBlocksHash),
  );
  return content;
}

/** What own records have beyond those of peers. */
export function writeOwn(
  database: Database,
  id: number,
  folder: number,
  { record, look }: LocalRecord,
  content: number | undefined,
): void {
  const there = exists(record);
  const block = there ? onlyBlock(record.blocks) : undefined;
  database.run(
    WRITE_OWN,
    id,
    there ? parentKey(folder, record.name) : null,
    block === undefined ? null : hashKey(block),
    ...fromLook(look),
  );
  if (content !== undefined) addPlaces(database, content, record.blocks);
}

/** Nothing happens to a name without an own record. */
export function updateLook(database: Database, folder: number, name: string, look: LocalRecord['look']): void {
  database.run(
    `UPDATE own SET type = ?, size = ?, permissions = ?, modified_ns = ?, changed_ns = ?, inode = ?, symlink_target = ?
     WHERE name = (SELECT id FROM names WHERE folder = ? AND name = ?)`,
    ...fromLook(look),
    folder,
    name,
  );
}

export function removeRecord(database: Database, id: number, source: number): void {
  database.run('DELETE FROM records WHERE name = ? AND source = ?', id, source);
}

export function removeOwn(database: Database, id: number): void {
  database.run('DELETE FROM own WHERE name = ?', id);
}

function toKnownName(id: number, ownSource: number, rows: readonly Row[]): KnownName {
  let own: FileRecord | undefined;
  const remotes = new Map<number, FileRecord>();
  const contents = new Map<number, number>();
  for (const row of rows) {
    const source = toNumber(row['source']);
    const record = toRecord(row);
    if (source === ownSource) own = record;
    else remotes.set(source, record);
    if (row['content'] !== null) contents.set(source, toNumber(row['content']));
  }
  return { id, own, remotes, contents };
}
