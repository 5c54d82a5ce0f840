/**
 * What a set-aside version is called.
 *
 * The name is made from the losing record alone, so that several devices that hold the same loser make the same copy, and
 * it is in Syncthing's form, so that Syncthing knows it for a conflict copy.
 * @module
 */
import { shortIdText } from '../model/device-id.ts';
import type { FileRecord } from '../model/file-record.ts';
import { baseName, joinName, NAME_PART_BYTES_MAX, parentOf } from '../model/folder-path.ts';
import { cutUtf8, toUtf8 } from '../text.ts';

const MARK = '.sync-conflict-';

export function isConflictCopy(name: string): boolean {
  return baseName(name).includes(MARK);
}

/**
 * `notes.txt` → `notes.sync-conflict-20261124-101500-ABCDEFG.txt`: when the losing version was last modified (UTC), and the
 * device that made it.
 * @param attempt from 1; a name that is taken by other content gets a number.
 */
export function conflictName(loser: FileRecord, attempt: number): string {
  const base = baseName(loser.name);
  const dot = base.lastIndexOf('.');
  const extension = dot === -1 ? '' : base.slice(dot);
  const stem = dot === -1 ? base : base.slice(0, dot);
  const suffix = attempt > 1 ? `-${attempt}` : '';
  const tag = `${MARK}${stamp(loser.modifiedNs)}-${shortIdText(loser.modifiedBy)}${suffix}`;
  const room = NAME_PART_BYTES_MAX - toUtf8(tag).length;
  const kept = cutUtf8(extension, Math.floor(room / 2));
  return joinName(parentOf(loser.name), `${cutUtf8(stem, room - toUtf8(kept).length)}${tag}${kept}`);
}

/** `YYYYMMDD-HHMMSS` in UTC, by the proleptic Gregorian calendar; works without a clock and for any time. */
function stamp(modifiedNs: bigint): string {
  const seconds = modifiedNs / 1_000_000_000n - (modifiedNs % 1_000_000_000n < 0n ? 1n : 0n);
  const date = new Date(Number(seconds) * 1000);
  const iso = Number.isNaN(date.getTime()) ? '1970-01-01T00:00:00' : date.toISOString();
  return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 19).replaceAll(':', '')}`;
}
