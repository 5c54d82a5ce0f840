/**
 * Which removals a device remembers, where there are more than it has room for: those that it made or heard of last.
 *
 * In its own order and not by their dates: a removal by a device whose clock is behind would be forgotten at once, and any by an
 * honest clock where somebody has filled the set with removals of years to come. Whoever was removed would be a stranger then, and
 * come back by the word of the next member that has not heard of it.
 * @module
 */
import { MEMBERS_REMOVED_MAX } from '../limits.ts';
import { byName } from '../model/folder-path.ts';
import type { MemberSet } from './member-set.ts';

export interface Remembered {
  readonly members: MemberSet;
  /** Device IDs of those that are removed, in the order in which this device came to know it. */
  readonly removals: readonly string[];
}

/** @param after a set that grew out of `before`. */
export function remember(before: Remembered, after: MemberSet): Remembered {
  // Those that nobody has put in order, in files of older versions, are older than what is new now.
  const removals = inOrder(after, inOrder(before.members, before.removals));
  const forgotten = new Set(removals.slice(0, Math.max(0, removals.length - MEMBERS_REMOVED_MAX)));
  if (forgotten.size === 0) return { members: after, removals };
  return {
    members: after.filter(({ device }) => !forgotten.has(device)),
    removals: removals.slice(forgotten.size),
  };
}

/** Who is removed: first those that are known to be, as they are, then the others. */
function inOrder(set: MemberSet, known: readonly string[]): string[] {
  const removed = set.filter((member) => member.removed);
  const devices = new Set(removed.map(({ device }) => device));
  const before = new Set(known);
  const others = removed.filter(({ device }) => !before.has(device));
  return [
    ...[...before].filter((device) => devices.has(device)),
    ...others.sort((a, b) => a.atMs - b.atMs || byName(a.device, b.device)).map(({ device }) => device),
  ];
}
