/**
 * Names whose newest version is not here, in the order in which they are pulled: a table kept up to date with each change,
 * so that the pull after a change reads what it is about and nothing more.
 * @module
 */
import type { NeedCursor, NeededName, NeedPhase } from '../../ports/record-store.ts';
import { type Database, limitTo } from './database.ts';
import { toNumber, toText } from './encode.ts';
import type { NameNeed } from './standing.ts';

/**
 * Directories before what they hold; deletes after all that could be copied from what they remove; directories last, when
 * they are empty.
 */
const NEED_PHASES: readonly NeedPhase[] = ['directory', 'file', 'delete-file', 'delete-directory'];

export function changeNeed(
  database: Database,
  folder: number,
  name: string,
  before: NameNeed | undefined,
  after: NameNeed | undefined,
): void {
  if (before !== undefined && before.phase !== after?.phase)
    database.run(
      'DELETE FROM need WHERE folder = ? AND phase = ? AND turn = ? AND name = ?',
      folder,
      ...position(before.phase, name),
    );
  if (after !== undefined && (before?.phase !== after.phase || before.bytes !== after.bytes))
    database.run(
      'INSERT OR REPLACE INTO need (folder, phase, turn, name, bytes) VALUES (?, ?, ?, ?, ?)',
      folder,
      ...position(after.phase, name),
      after.bytes,
    );
}

/** Does the table say this of the name? */
export function isNeedKept(database: Database, folder: number, name: string, need: NameNeed): boolean {
  const row = database.row(
    'SELECT bytes FROM need WHERE folder = ? AND phase = ? AND turn = ? AND name = ?',
    folder,
    ...position(need.phase, name),
  );
  return row !== undefined && toNumber(row['bytes']) === need.bytes;
}

export function readNeed(
  database: Database,
  folder: number,
  after: NeedCursor | undefined,
  limit: number,
): NeededName[] {
  const rows = database.rows(
    `SELECT phase, name, bytes FROM need WHERE folder = ? AND (phase, turn, name) > (?, ?, ?)
     ORDER BY phase, turn, name ${limitTo(limit)}`,
    folder,
    ...(after?.name === undefined ? startOf(after?.phase) : position(after.phase, after.name)),
  );
  return rows.map((row) => ({
    name: toText(row['name']),
    phase: NEED_PHASES[toNumber(row['phase'])] ?? 'file',
    bytes: toNumber(row['bytes']),
  }));
}

/** The columns phase, turn and name. */
type Position = [phase: number, turn: number, name: string];

function position(phase: NeedPhase, name: string): Position {
  return [NEED_PHASES.indexOf(phase), phase === 'delete-directory' ? -depthOf(name) : 0, name];
}

/** Before the first of a phase; of all without one. */
function startOf(phase: NeedPhase | undefined): Position {
  return [phase === undefined ? -1 : NEED_PHASES.indexOf(phase), Number.MIN_SAFE_INTEGER, ''];
}

function depthOf(name: string): number {
  let depth = 0;
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) depth += 1;
  return depth;
}
