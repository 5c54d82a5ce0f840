/**
 * Reads of what a peer says is deleted.
 * @module
 */
import type { Database } from './database.ts';
import { DELETED, toNumber, toText } from './encode.ts';

const PAGE = 'SELECT name, flags, sequence FROM records WHERE source = ? AND sequence > ? ORDER BY sequence LIMIT ?';
const READ_NAMES = `SELECT n.name AS name
  FROM (${PAGE}) r JOIN names n ON n.id = r.name LEFT JOIN own o ON o.name = r.name
  WHERE r.flags & ${DELETED} <> 0 AND (o.name IS NULL OR o.parent IS NOT NULL)`;
const READ_END = `SELECT max(sequence) AS last FROM (${PAGE})`;

/** As {@link FolderRecords.deletedAt}, of one source. */
export function readDeletes(
  database: Database,
  source: number,
  after: number,
  limit: number,
): { names: string[]; end: number } | undefined {
  const end = database.row(READ_END, source, after, limit)?.['last'];
  if (end === undefined || end === null) return undefined;
  const names = database.rows(READ_NAMES, source, after, limit).map((row) => toText(row['name']));
  return { names, end: toNumber(end) };
}
