/**
 * When did something last change in a folder, as far as the records tell? Clocks are wrong, and are set.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

export const END_OF_TIME_NS = 2n ** 63n - 1n;
/** As between time zones. A record that is older than that is no sign of a clock that was set back. */
const SET_BACK_MAX_NS = 86_400_000_000_000n;
/** Of so many records that were saved last one is left. */
const LAST_MAX = 100;

type Records = Pick<FolderRecords, 'latestChangeNs' | 'changesSince' | 'maxSequence' | 'local'>;

/** By the clock here; undefined where nothing ever did. */
export function latestChangeNs(records: Records, clock: Pick<Clock, 'nowMs'>): bigint | undefined {
  const nowNs = BigInt(Math.floor(clock.nowMs())) * 1_000_000n;
  // Where all was changed in the future, the clock is no clock to go by: it began anew with the machine, say.
  const latestNs = records.latestChangeNs(nowNs) ?? records.latestChangeNs(END_OF_TIME_NS);
  const recordedNs = lastRecordedNs(records);
  if (latestNs === undefined || recordedNs === undefined || latestNs - recordedNs > SET_BACK_MAX_NS) return latestNs;
  return recordedNs < latestNs ? recordedNs : latestNs;
}

/**
 * What the clock showed, at the latest, when something was last recorded: counters of versions are seconds. Where it was set back
 * before, that is earlier than what was changed while it was ahead.
 */
function lastRecordedNs(records: Records): bigint | undefined {
  const last = records.changesSince(Math.max(0, records.maxSequence() - LAST_MAX), LAST_MAX).at(-1);
  if (last === undefined) return undefined;
  const countedNs = last.version.map(({ value }) => (value + 1n) * 1_000_000_000n);
  return countedNs.reduce((a, b) => (a > b ? a : b), records.local(last.name)?.look?.changedNs ?? 0n);
}
