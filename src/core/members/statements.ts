/**
 * What changes a folder's members: a person's acts here, what a member says, and what an introducer lists.
 *
 * Whose word counts: **what a device says counts if it is a member here at the moment when it says it, and not of itself**,
 * unless it leaves. Nothing is signed. So the words of a removed device count for nothing, and what it said before it was
 * known to be removed stands, as what any member said. Two members that remove each other are both removed where both
 * removals are known: nobody could tell which came first, and the one who is wrongly out is brought back by a person.
 * @module
 */
import { MEMBERS_TOLD_MAX, STRANGERS_REMOVED_MAX } from '../limits.ts';
import { isMember, memberOf, membersIn, mergeMembers, NO_MEMBERS, type Member, type MemberSet } from './member-set.ts';

/** Who does it, and when. */
export interface Act {
  readonly by: string;
  readonly atMs: number;
}

/** So much ahead of what we know is no history of adding and removing: it would put a removal beyond our reach. */
const GENERATIONS_AHEAD_MAX = 1000;

/** A person adds a device, which is also how a removed one comes back. */
export function admit(set: MemberSet, device: string, name: string, act: Act): MemberSet {
  const known = memberOf(set, device);
  if (known?.removed === false) return set;
  const added = { device, name, generation: (known?.generation ?? 0) + 1, removed: false, ...act };
  return mergeMembers(set, [added]);
}

/** What others say of a device that has forgotten its own part in it: that a person lets it in again must count for more. */
export function takeBack(set: MemberSet, words: readonly Member[]): MemberSet {
  return mergeMembers(
    set,
    words.filter(({ removed, generation }) => removed && generation <= GENERATIONS_AHEAD_MAX),
  );
}

/** A person removes a device, or it leaves. Who is not in the set stays a stranger. */
export function remove(set: MemberSet, device: string, act: Act): MemberSet {
  const known = memberOf(set, device);
  return known === undefined ? set : mergeMembers(set, [{ ...known, removed: true, ...act }]);
}

/** A device said who the members are. @returns `set` itself when it may not say so, and when it says nothing new. */
export function hear(set: MemberSet, from: string, told: readonly Member[]): MemberSet {
  if (!isMember(set, from)) return set;
  const known = new Map(set.map((member) => [member.device, member]));
  const believed = told.filter((member) => {
    const generation = known.get(member.device)?.generation;
    if (member.generation > (generation ?? 0) + GENERATIONS_AHEAD_MAX) return false;
    // Else a device could put itself out of reach of a removal that is on its way.
    return member.device !== from || member.removed || member.generation === generation;
  });
  // What needs no room first, so that it counts whatever else is said: whom it removes leaves some.
  const bringsIn = ({ device, removed }: Member): boolean => !removed && known.get(device)?.removed !== false;
  const isStrange = ({ device, removed }: Member): boolean => removed && !known.has(device);
  const after = mergeMembers(
    set,
    believed.filter((member) => !bringsIn(member) && !isStrange(member)),
  );
  const inside = membersIn(after).length;
  const newcomers = believed.filter(
    (member) => bringsIn(member) && member.generation > (memberOf(after, member.device)?.generation ?? 0),
  );
  return mergeMembers(after, [
    ...newcomers.slice(0, Math.max(0, MEMBERS_TOLD_MAX - inside)),
    ...believed.filter(isStrange).slice(0, Math.max(0, STRANGERS_REMOVED_MAX - (after.length - inside))),
  ]);
}

/**
 * A Syncthing that a person made an introducer lists the devices of a folder. They are added, and those that it added and
 * no longer lists are removed. It brings back nobody, not even whom it took away itself: that is a person's business.
 */
export function introduce(
  set: MemberSet,
  introducer: string,
  listed: readonly { readonly device: string; readonly name: string }[],
  atMs: number,
): MemberSet {
  if (!isMember(set, introducer)) return set;
  const act: Act = { by: introducer, atMs };
  const names = new Map(listed.map(({ device, name }) => [device, name]));
  const withdrawn = membersIn(set)
    .filter(({ device, by }) => by === introducer && device !== introducer && !names.has(device))
    .map((member) => ({ ...member, removed: true, ...act }));
  let after = mergeMembers(set, withdrawn);
  for (const [device, name] of names) {
    const isNew = memberOf(after, device) === undefined && membersIn(after).length < MEMBERS_TOLD_MAX;
    if (isNew) after = admit(after, device, name, act);
  }
  return after;
}

/** The members of a folder that was shared before sets were kept. */
export function foundMembers(own: string, peers: readonly string[], atMs: number): MemberSet {
  let set = NO_MEMBERS;
  for (const device of [own, ...peers]) set = admit(set, device, '', { by: own, atMs });
  return set;
}
