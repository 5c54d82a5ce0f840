/**
 * Who is a member of a folder: a replicated set that every member keeps whole and tells whole.
 *
 * A device's membership is a counter that goes `added 1 → removed 1 → added 2 → removed 2 → …`. The higher generation counts,
 * and at the same one the removal. Only a person begins a new generation; what devices say of each other never does. So no
 * order of introductions brings a removed device back, and all members that have heard the same agree.
 *
 * Invariant: merging is a join (commutative, associative, idempotent): it takes the larger of two entries in a total order.
 * @module
 */
import { byName } from '../model/folder-path.ts';

export interface Member {
  /** Device ID in its text form. */
  readonly device: string;
  /** What it is called where it was added; may be empty. */
  readonly name: string;
  /** From 1 on. */
  readonly generation: number;
  readonly removed: boolean;
  /** Device ID of who added or removed it. Nobody proves it: it is for people to read. */
  readonly by: string;
  /** When, milliseconds since 1970, by the clock of that device. For people to read. */
  readonly atMs: number;
}

/** Sorted by device, each device once. */
export type MemberSet = readonly Member[];

export const NO_MEMBERS: MemberSet = [];

export function memberOf(set: MemberSet, device: string): Member | undefined {
  return set.find((member) => member.device === device);
}

export function isMember(set: MemberSet, device: string): boolean {
  return memberOf(set, device)?.removed === false;
}

/** Devices that are in it and not removed. */
export function membersIn(set: MemberSet): Member[] {
  return set.filter(({ removed }) => !removed);
}

/** True when both say the same of who is in and who is out; who said so first, when, and names may differ. */
export function haveSameMembers(a: MemberSet, b: MemberSet): boolean {
  return (
    a.length === b.length &&
    a.every(({ device, generation, removed }, index) => {
      const other = b[index];
      return other?.device === device && other.generation === generation && other.removed === removed;
    })
  );
}

/** @returns `set` itself when nothing of `told` is news. */
export function mergeMembers(set: MemberSet, told: readonly Member[]): MemberSet {
  const byDevice = new Map(set.map((member) => [member.device, member]));
  let isNews = false;
  for (const member of told) {
    const known = byDevice.get(member.device);
    if (known !== undefined && compareMembers(known, member) >= 0) continue;
    byDevice.set(member.device, member);
    isNews = true;
  }
  return isNews ? [...byDevice.values()].sort((a, b) => byName(a.device, b.device)) : set;
}

/** Which of two entries of one device counts: positive for `a`. The first two decide, the others make the order total. */
export function compareMembers(a: Member, b: Member): number {
  return (
    a.generation - b.generation ||
    Number(a.removed) - Number(b.removed) ||
    b.atMs - a.atMs || // who said it first is named
    byName(b.by, a.by) ||
    byName(a.name, b.name) // a name counts more than none
  );
}
