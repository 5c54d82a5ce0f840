/**
 * Of all versions of one name, which one everybody should have; and who needs it.
 *
 * A total order that every device computes alike from the records alone (R11): no device's view, no arrival order and no
 * clock enters. Source: bep.md §5.2, with Syncthing 1.x's "an edit survives a delete".
 * @module
 */
import { sameContent, type FileRecord } from '../model/file-record.ts';
import { breakTie, compareVersions, covers } from '../model/version-vector.ts';

/** Which of two versions of one name is to be had: the one that has seen the other, else by {@link compareRivals}. */
export function compareRecords(a: FileRecord, b: FileRecord): number {
  const order = compareVersions(a.version, b.version);
  if (order === 'newer') return 1;
  return order === 'older' ? -1 : compareRivals(a, b);
}

/**
 * Order of versions of which none has seen another (SPEC M2): what exists beats a delete, then the later modification, then
 * the vectors. Equal vectors with other content can only come from a restored or lying device; then the bytes decide, so
 * that all devices still agree.
 * @returns a positive number if `a` wins, a negative one if `b` does.
 */
function compareRivals(a: FileRecord, b: FileRecord): number {
  if (a.deleted !== b.deleted) return a.deleted ? -1 : 1;
  if (a.modifiedNs !== b.modifiedNs) return a.modifiedNs > b.modifiedNs ? 1 : -1;
  return breakTie(a.version, b.version) || compareBytes(contentKey(a), contentKey(b));
}

/**
 * The record to have, of all valid ones; undefined when there is none.
 *
 * Only versions that no other one has seen compete (a delete that has seen an old edit takes that edit out of the race), and
 * among those the order above is total. Comparing pair by pair over all of them instead would go in circles: a delete beats
 * the edit it has seen, that edit a concurrent one by its time, and that one the delete.
 */
export function newestOf(records: readonly FileRecord[]): FileRecord | undefined {
  const valid = records.filter((record) => !record.invalid && record.version.length > 0);
  let best: FileRecord | undefined;
  for (const record of valid) {
    if (valid.some((other) => compareVersions(other.version, record.version) === 'newer')) continue;
    if (best === undefined || compareRivals(record, best) > 0) best = record;
  }
  return best;
}

/**
 * Does a device that has `mine` lack `newest`, the newest of all records including `mine`? (SPEC X2)
 * A delete of what it never had is nothing to do; an invalid record of its own counts by its version alone, so that an
 * ignored name stays ignored until the ignoring ends.
 */
export function lacks(mine: FileRecord | undefined, newest: FileRecord | undefined): boolean {
  if (newest === undefined) return false;
  if (mine === undefined) return !newest.deleted;
  if (mine.invalid) return !covers(mine.version, newest.version);
  return compareVersions(mine.version, newest.version) !== 'equal' || !sameContent(mine, newest);
}

/** True when a peer's record is exactly this version, whole and valid: it can be asked for blocks. */
export function holds(theirs: FileRecord, wanted: FileRecord): boolean {
  return !theirs.invalid && compareVersions(theirs.version, wanted.version) === 'equal' && sameContent(theirs, wanted);
}

function contentKey(record: FileRecord): Uint8Array {
  return record.type === 'symlink' ? record.symlinkTarget : record.blocks;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
