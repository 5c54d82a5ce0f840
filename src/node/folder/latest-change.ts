/**
 * When did something last change in a folder, as far as the records tell? Clocks are wrong, and are set.
 * @module
 */
import type { Clock } from '../../ports/clock.ts';
import type { FolderRecords } from '../../ports/record-store.ts';

export const END_OF_TIME_NS = 2n ** 63n - 1n;
/** As between time zones. What changed earlier than that, and was recorded later, is no sign of a clock that was set back. */
const SET_BACK_MAX_NS = 86_400_000_000_000n;

type Records = Pick<FolderRecords, 'latestChangeNs' | 'lastSavedChangeNs'>;

/**
 * By the clock here, as the system told it; counters of versions are those of peers, or go on from later ones. Undefined where
 * nothing ever did.
 */
export function latestChangeNs(records: Records, clock: Pick<Clock, 'nowMs'>): bigint | undefined {
  const nowNs = BigInt(Math.floor(clock.nowMs())) * 1_000_000n;
  // Where all was changed in the future, the clock is no clock to go by: it began anew with the machine, say.
  const latestNs = records.latestChangeNs(nowNs) ?? records.latestChangeNs(END_OF_TIME_NS);
  if (latestNs === undefined) return undefined;
  // Where the clock was set back, what was saved last is earlier than what was changed while it was ahead.
  return records.lastSavedChangeNs(latestNs - SET_BACK_MAX_NS, latestNs) ?? latestNs;
}
