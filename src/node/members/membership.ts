/**
 * Who is trusted and shares which folder: each change as a function from one configuration to the next.
 *
 * A folder's member set decides (core/members). From it follow the folder's peers, and whom this device trusts: a member that
 * is new here is trusted from then on; who shares no folder with us any more, and waits for none, is no longer trusted.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { HINTS_MAX, MEMBERS_MAX } from '../../core/limits.ts';
import { isMember, membersIn, NO_MEMBERS, type Member, type MemberSet } from '../../core/members/member-set.ts';
import { remember } from '../../core/members/removals.ts';
import { admit, foundMembers, hear, introduce, remove, takeBack, type Act } from '../../core/members/statements.ts';
import type { HostPort } from '../../core/wire/announcement.ts';
import type { ListedDevice, ToldMember } from '../../core/wire/member.ts';
import { printAddress } from '../address.ts';
import type { Configuration, ConfiguredFolder, ConfiguredPeer } from '../configuration.ts';

/** What came with the news of a device, for the case that it is new here. */
interface Hints extends Partial<Pick<ListedDevice, 'addresses' | 'introducer'>> {
  /** Where it is said to be by whom no person has made an introducer. */
  readonly places?: readonly HostPort[];
}
type HintsOf = (device: string) => Hints | undefined;

const NO_HINTS: HintsOf = () => undefined;

/** The folders of a file from before there were member sets get theirs: who shares them now. */
export function withFoundMembers(configuration: Configuration, own: string, atMs: number): Configuration {
  const folders = configuration.folders.map((folder) =>
    folder.members === undefined ? { ...folder, members: [...foundMembers(own, folder.peers, atMs)] } : folder,
  );
  return { ...configuration, folders };
}

/**
 * A person trusts a device: it is added, or its addresses and name are replaced. It shares `peer.folders`: those that are
 * known from now on, the others once they are added.
 */
export function withPeer(configuration: Configuration, peer: ConfiguredPeer, act: Act): Configuration {
  const before = configuration.peers.find(({ id }) => id === peer.id);
  const others = configuration.peers.filter(({ id }) => id !== peer.id);
  const addresses = peer.addresses.length > 0 ? peer.addresses : (before?.addresses ?? []);
  const shared = union(before?.folders ?? [], peer.folders ?? []);
  const waiting = shared.filter((id) => !configuration.folders.some((folder) => folder.id === id));
  const added = before ?? { addedBy: act.by, addedMs: act.atMs };
  const merged = withWaiting({ ...added, ...peer, addresses }, waiting);
  let next: Configuration = { ...configuration, peers: [...others, merged] };
  for (const folder of configuration.folders) {
    if (!shared.includes(folder.id)) continue;
    next = withMembers(next, folder.id, admit(setOf(folder), peer.id, merged.name ?? '', act), act.by);
  }
  return next;
}

/** What this device calls a peer, for itself alone. */
export function withName(configuration: Configuration, id: string, name: string): Configuration {
  return { ...configuration, peers: configuration.peers.map((peer) => (peer.id === id ? { ...peer, name } : peer)) };
}

/** A person ends all trust in a device: it is removed from every folder, for all members. */
export function withoutPeer(configuration: Configuration, id: string, act: Act): Configuration {
  let next: Configuration = { ...configuration, peers: configuration.peers.filter((peer) => peer.id !== id) };
  for (const folder of configuration.folders)
    next = withMembers(next, folder.id, remove(setOf(folder), id, act), act.by);
  return next;
}

/**
 * A person adds a folder, or shares it with more peers. Those that waited for it share it now. Where this device had been
 * removed from it, it takes part again.
 * @param words what others say of this device in the folder: that it was removed, before it forgot the folder.
 */
export function withFolder(
  configuration: Configuration,
  folder: Pick<ConfiguredFolder, 'id' | 'path' | 'peers' | 'held'>,
  act: Act,
  words: readonly Member[] = [],
): Configuration {
  const before = configuration.folders.find(({ id }) => id === folder.id);
  const waiting = configuration.peers.filter((peer) => peer.folders?.includes(folder.id)).map((peer) => peer.id);
  let members = before === undefined ? NO_MEMBERS : setOf(before);
  members = admit(takeBack(members, words), act.by, '', act);
  for (const device of union(folder.peers, waiting))
    members = admit(members, device, nameOf(configuration, device), act);
  const held = before?.held ?? folder.held;
  const { peers, members: known, removals } = before ?? { peers: [], members: [], removals: [] };
  const added = {
    ...folder,
    peers,
    members: known ?? [],
    removals: removals ?? [],
    ...(held === undefined ? {} : { held }),
  };
  const next = {
    ...withoutFolder(configuration, folder.id),
    folders: [...configuration.folders.filter(({ id }) => id !== folder.id), added],
  };
  return withMembers(next, folder.id, members, act.by);
}

/** A person has said that a new folder may join. */
export function withReleased(configuration: Configuration, folderId: string): Configuration {
  return {
    ...configuration,
    folders: configuration.folders.map((folder) => {
      const next = { ...folder };
      if (folder.id === folderId) delete next.held;
      return next;
    }),
  };
}

/** A person stops syncing a folder here. The others keep this device as a member. */
export function withoutFolder(configuration: Configuration, id: string): Configuration {
  return {
    ...configuration,
    peers: configuration.peers.map((peer) => withWaiting(peer, peer.folders?.filter((folder) => folder !== id) ?? [])),
    folders: configuration.folders.filter((folder) => folder.id !== id),
  };
}

/** A person has this device leave a folder: the first half, which the others are told. */
export function withDeparture(configuration: Configuration, folderId: string, act: Act): Configuration {
  const folder = configuration.folders.find(({ id }) => id === folderId);
  return folder === undefined
    ? configuration
    : withMembers(configuration, folderId, remove(setOf(folder), act.by, act), act.by);
}

/** A device said who the members of a folder are. @returns the same configuration when nothing of it counts as news. */
export function withTold(
  configuration: Configuration,
  folderId: string,
  from: string,
  told: readonly ToldMember[],
  own: string,
): Configuration {
  const folder = configuration.folders.find(({ id }) => id === folderId);
  // Who is removed from a folder has no say in it, and nothing to hear: a person may take part again.
  if (folder === undefined || !isMember(setOf(folder), own)) return configuration;
  const said = told.map(({ member }) => member);
  const places = new Map(told.map(({ member, addresses }) => [member.device, addresses]));
  return withMembers(configuration, folderId, hear(setOf(folder), from, said), own, (device) => ({
    places: places.get(device) ?? [],
  }));
}

/** An introducer listed the devices of the folders that it shares with us. Without effect when it is none. */
export function withListed(
  configuration: Configuration,
  from: string,
  listed: ReadonlyMap<string, readonly ListedDevice[]>,
  act: Act,
): Configuration {
  if (configuration.peers.find(({ id }) => id === from)?.introducer !== true) return configuration;
  let next = configuration;
  for (const folder of configuration.folders) {
    const devices = listed.get(folder.id);
    // Of a folder that it does not list, it says nothing: it may share it again in a moment.
    if (devices === undefined || !isMember(setOf(folder), act.by)) continue;
    const hints = new Map(devices.map((device) => [device.device, device]));
    const members = introduce(setOf(folder), from, devices, act.atMs);
    next = withMembers(next, folder.id, members, act.by, (device) => hints.get(device));
  }
  return next;
}

function setOf(folder: ConfiguredFolder): MemberSet {
  return folder.members ?? NO_MEMBERS;
}

/** Puts a folder's members into force. */
function withMembers(
  configuration: Configuration,
  folderId: string,
  members: MemberSet,
  own: string,
  hints: HintsOf = NO_HINTS,
): Configuration {
  const before = configuration.folders.find(({ id }) => id === folderId);
  if (before === undefined || before.members === members) return configuration;
  const count = membersIn(members).length;
  if (count > MEMBERS_MAX && count > membersIn(setOf(before)).length) {
    const subject = `folder "${folderId}" has ${MEMBERS_MAX} members, which is the most that it can have`;
    throw new LanfoldError('E_USAGE', { subject });
  }
  const others = isMember(members, own) ? membersIn(members).filter(({ device }) => device !== own) : [];
  const remembered = remember({ members: setOf(before), removals: before.removals ?? [] }, members);
  const folder = {
    ...before,
    members: [...remembered.members],
    removals: [...remembered.removals],
    peers: others.map(({ device }) => device),
  };
  const folders = configuration.folders.map((other) => (other.id === folderId ? folder : other));
  const known = new Set(configuration.peers.map(({ id }) => id));
  const newcomers = others
    .filter(({ device }) => !known.has(device))
    .map(({ device, name, by, atMs }): ConfiguredPeer => {
      const { addresses = [], introducer = false, places = [] } = hints(device) ?? {};
      return {
        id: device,
        addresses: addresses.map(printAddress),
        addedBy: by,
        addedMs: atMs,
        ...(name === '' ? {} : { name }),
        ...(introducer ? { introducer } : {}),
        ...(places.length === 0 ? {} : { hints: places.slice(0, HINTS_MAX).map(printAddress) }),
      };
    });
  const isLost = (peer: ConfiguredPeer): boolean =>
    before.peers.includes(peer.id) &&
    (peer.folders ?? []).length === 0 &&
    !folders.some(({ peers }) => peers.includes(peer.id));
  return { ...configuration, folders, peers: [...configuration.peers.filter((peer) => !isLost(peer)), ...newcomers] };
}

function withWaiting(peer: ConfiguredPeer, folders: readonly string[]): ConfiguredPeer {
  const next = { ...peer, folders: [...folders] };
  if (folders.length === 0) delete (next as ConfiguredPeer).folders;
  return next;
}

function nameOf(configuration: Configuration, device: string): string {
  return configuration.peers.find(({ id }) => id === device)?.name ?? '';
}

function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}
