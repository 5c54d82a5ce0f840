/**
 * Reads of this device's own records, in one folder.
 *
 * CROSS JOIN is SQLite's way to fix the order of a join: left to itself, its planner, which knows nothing of the data, may
 * begin with all records of a source.
 * @module
 */
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import { byName, isBelow, parentOf } from '../../core/model/folder-path.ts';
import { findContent } from './contents.ts';
import { type Database, limitTo } from './database.ts';
import {
  ABSENT,
  DELETED,
  directoryKey,
  hashKey,
  onlyBlock,
  RECORD_COLUMNS,
  toLocalRecord,
  toRecord,
} from './encode.ts';
import { OWN_COLUMNS, OWN_TABLES } from './record-table.ts';
import type { FolderKeys } from './sources.ts';

// Whole texts of statements, not put together at each call: these are asked more often than all others.
const READ_OWN = `SELECT ${OWN_COLUMNS} FROM ${OWN_TABLES} WHERE n.folder = ? AND n.name = ? AND r.source = ?`;
const READ_CHILDREN = `SELECT ${OWN_COLUMNS}
  FROM own o CROSS JOIN names n ON n.id = o.name CROSS JOIN records r ON r.name = o.name
  LEFT JOIN contents c ON c.id = r.content
  WHERE o.parent = ? AND n.folder = ? AND r.source = ?`;

export function readOwn(database: Database, { folder, own }: FolderKeys, name: string): LocalRecord | undefined {
  const row = database.row(READ_OWN, folder, name, own);
  return row === undefined ? undefined : toLocalRecord(row);
}

export function readChildren(database: Database, { folder, own }: FolderKeys, directory: string): LocalRecord[] {
  const rows = database.rows(READ_CHILDREN, directoryKey(folder, directory), folder, own);
  return rows
    .map(toLocalRecord)
    .filter(({ record }) => parentOf(record.name) === directory) // two directories may, by chance, have one key
    .sort((a, b) => byName(a.record.name, b.record.name));
}

/** In the order of SQLite: by the UTF-8 bytes of the name. */
export function readBelow(
  database: Database,
  { folder, own }: FolderKeys,
  directory: string,
  after: string,
  limit: number,
): LocalRecord[] {
  // '0' follows '/': all names below "a" lie between "a/" and "a0".
  const [first, end] = directory === '' ? ['', undefined] : [`${directory}/`, `${directory}0`];
  const rows = database.rows(
    `SELECT ${OWN_COLUMNS} FROM ${OWN_TABLES}
     WHERE n.folder = ? AND n.name > ? ${end === undefined ? '' : 'AND n.name < ?'} AND r.source = ?
       AND r.flags & ${DELETED} = 0
     ORDER BY n.name ${limitTo(limit)}`,
    folder,
    isBelow(after, directory) ? after : first,
    ...(end === undefined ? [] : [end]),
    own,
  );
  return rows.map(toLocalRecord);
}

export function readChanges(database: Database, { own }: FolderKeys, after: number, limit: number): FileRecord[] {
  const rows = database.rows(
    `SELECT ${RECORD_COLUMNS} FROM records r JOIN names n ON n.id = r.name LEFT JOIN contents c ON c.id = r.content
     WHERE r.source = ? AND r.sequence > ? ORDER BY r.sequence ${limitTo(limit)}`,
    own,
    after,
  );
  return rows.map(toRecord);
}

export function readLatestChange(database: Database, { folder }: FolderKeys, notAfterNs: bigint): bigint | undefined {
  const row = database.row(
    `SELECT max(o.changed_ns) AS latest FROM own o CROSS JOIN names n ON n.id = o.name
     WHERE o.changed_ns <= ? AND n.folder = ?`,
    notAfterNs,
    folder,
  );
  return typeof row?.['latest'] === 'bigint' ? row['latest'] : undefined;
}

export function readLastSavedChange(
  database: Database,
  { own }: FolderKeys,
  fromNs: bigint,
  toNs: bigint,
): bigint | undefined {
  const row = database.row(
    `SELECT o.changed_ns AS changed FROM records r CROSS JOIN own o ON o.name = r.name
     WHERE r.source = ? AND o.changed_ns BETWEEN ? AND ? ORDER BY r.sequence DESC LIMIT 1`,
    own,
    fromNs,
    toNs,
  );
  return typeof row?.['changed'] === 'bigint' ? row['changed'] : undefined;
}

export function readChangedFrom(
  database: Database,
  { folder, own }: FolderKeys,
  fromNs: bigint,
  limit: number,
): LocalRecord[] {
  const rows = database.rows(
    `SELECT ${OWN_COLUMNS} FROM ${OWN_TABLES} WHERE n.folder = ? AND r.source = ? AND o.changed_ns >= ? ${limitTo(limit)}`,
    folder,
    own,
    fromNs,
  );
  return rows.map(toLocalRecord).filter(({ record }) => record.type === 'file');
}

/** Own files that exist and have just this list of blocks. */
export function readFilesWithBlocks(
  database: Database,
  keys: FolderKeys,
  blocks: Uint8Array,
  blockSize: number,
  limit: number,
): LocalRecord[] {
  const only = onlyBlock(blocks);
  return only === undefined
    ? filesWithContent(database, keys, findContent(database, blocks), blockSize, limit)
    : filesWithBlock(database, keys, only, blockSize, limit);
}

function filesWithContent(
  database: Database,
  { folder, own }: FolderKeys,
  content: number | undefined,
  blockSize: number,
  limit: number,
): LocalRecord[] {
  if (content === undefined) return [];
  const rows = database.rows(
    `SELECT ${OWN_COLUMNS} FROM records r JOIN names n ON n.id = r.name JOIN own o ON o.name = r.name
     JOIN contents c ON c.id = r.content
     WHERE r.content = ? AND r.source = ? AND n.folder = ? AND r.block_size = ? AND r.flags & ${ABSENT} = 0 ${limitTo(limit)}`,
    content,
    own,
    folder,
    blockSize,
  );
  return rows.map(toLocalRecord);
}

function filesWithBlock(
  database: Database,
  { folder, own }: FolderKeys,
  block: Uint8Array,
  blockSize: number,
  limit: number,
): LocalRecord[] {
  const rows = database.rows(
    `SELECT ${OWN_COLUMNS} FROM own o CROSS JOIN names n ON n.id = o.name CROSS JOIN records r ON r.name = o.name
     LEFT JOIN contents c ON c.id = r.content
     WHERE o.block_key = ? AND n.folder = ? AND r.source = ? AND r.block = ? AND r.block_size = ? ${limitTo(limit)}`,
    hashKey(block),
    folder,
    own,
    block,
    blockSize,
  );
  return rows.map(toLocalRecord);
}
