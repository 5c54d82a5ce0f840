/**
 * What this device tells a peer that it shares with it, and with whom else (bep.md §4.1).
 *
 * A Syncthing is told the other members as devices of the folder: it looks at them only if its user made this device an
 * introducer. A lanfold is told the folder's whole member set instead, removed ones included (rule Y9).
 * @module
 */
import type { Endpoint } from '../../core/discovery/candidates.ts';
import { isMember, memberOf, membersIn, type MemberSet } from '../../core/members/member-set.ts';
import { deviceIdText, shortId } from '../../core/model/device-id.ts';
import { cutName, rawDevice, writeMember } from '../../core/wire/member.ts';
import type { BodyDraft } from '../../core/wire/message-frame.ts';
import type { ClusterDeviceDraft, ClusterFolderDraft, ClusterMemberDraft } from '../../core/wire/messages.ts';
import type { Folder } from '../folder/folder.ts';
import { urlsOf } from '../address.ts';

export type ConfigDraft = BodyDraft<'ClusterConfig'>;
export type FolderDraft = ClusterFolderDraft;

export interface Offered {
  readonly folder: Folder;
  readonly members: MemberSet;
}

/** A device, as this one knows it. */
export interface Known {
  readonly name: string;
  /** As URLs: where it may be. */
  readonly addresses: readonly string[];
}

/** This device and the one that is told. */
export interface Ends {
  /** Raw device IDs. */
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
  /** Text form of both. */
  readonly ownId: string;
  readonly peerId: string;
  /** What is known of a device, this one included. */
  readonly known: (device: string) => Known;
}

/**
 * What is known of everybody, for what one peer is told.
 * @param own this device, and where it listens.
 */
export function endsOf(
  own: { readonly device: Uint8Array; readonly name: string; readonly at: readonly Endpoint[] },
  peer: Uint8Array,
  peers: readonly { id: string; name: string | undefined; whereabouts(nowMs: number): Endpoint[] }[],
  nowMs: number,
): Ends {
  const byId = new Map(peers.map((other) => [other.id, other]));
  const ownId = deviceIdText(own.device);
  const known = (id: string): Known => {
    const other = byId.get(id);
    const at = id === ownId ? own.at : (other?.whereabouts(nowMs) ?? []);
    return { name: (id === ownId ? own.name : other?.name) ?? '', addresses: urlsOf(at) };
  };
  return { own: own.device, ownId, peer, peerId: deviceIdText(peer), known };
}

/** `stopReason` of a folder that is shared as usual, and of one that nothing is to be told of. */
export const RUNNING = 0;
const PAUSED = 1;

/** Each folder names both of us, or the far end would close: this device with its index, the peer with what we hold of its. */
export function ownConfig(offered: readonly Offered[], ends: Ends, toLanfold: boolean): ConfigDraft {
  return {
    folders: offered.map(({ folder, members }) => ({
      id: folder.id,
      label: folder.id,
      devices: [...bothOf(folder, ends), ...(toLanfold ? [] : othersOf(members, ends))],
      ...(toLanfold ? { members: members.map((member) => draftOf(member.device, members, ends)) } : {}),
    })),
  };
}

/** The last word on a folder to who is no longer in it, or from who leaves: that one entry, and nothing else of the folder. */
export function farewell(folderId: string, device: string, members: MemberSet, ends: Ends): FolderDraft {
  return {
    id: folderId,
    stopReason: PAUSED,
    devices: [{ id: ends.own }, { id: ends.peer }],
    members: [draftOf(device, members, ends)],
  };
}

/** Who was removed while it was off hears of it when it comes for something else. */
export function farewellsTo(all: readonly Offered[], ends: Ends): FolderDraft[] {
  const { ownId, peerId } = ends;
  return all
    .filter(({ members }) => isMember(members, ownId) && memberOf(members, peerId)?.removed === true)
    .map(({ folder, members }) => farewell(folder.id, peerId, members, ends));
}

/** A last word stands in the place of all else of its folder. */
export function withWords(config: ConfigDraft, words: readonly FolderDraft[]): ConfigDraft {
  const others = (config.folders ?? []).filter(({ id }) => !words.some((word) => word.id === id));
  return { ...config, folders: [...others, ...words] };
}

function bothOf({ records, admission }: Folder, { own, ownId, peer, known }: Ends): ClusterDeviceDraft[] {
  return [
    {
      id: own,
      name: known(ownId).name,
      addresses: ['dynamic'],
      indexId: records.indexId(),
      // What is not to be told yet is not announced either, or the far end would wait for it (SPEC E5).
      maxSequence: admission.isSilent ? 0 : records.maxSequence(),
    },
    { id: peer, ...records.remoteIndex(shortId(peer)) },
  ];
}

function othersOf(members: MemberSet, { ownId, peerId, known }: Ends): ClusterDeviceDraft[] {
  return membersIn(members)
    .filter(({ device }) => device !== ownId && device !== peerId)
    .map(({ device, name }) => {
      const { name: calledHere, addresses } = known(device);
      return { id: rawDevice(device), name: cutName(calledHere || name), addresses: ['dynamic', ...addresses] };
    });
}

function draftOf(device: string, members: MemberSet, { known }: Ends): ClusterMemberDraft {
  const member = memberOf(members, device);
  if (member === undefined) throw new Error(`${device} is not in the set`);
  const { name, addresses } = known(device);
  // A name that has become known since is told with the entry that lacks it; an entry that has one keeps it.
  return writeMember(member.name === '' ? { ...member, name } : member, member.removed ? [] : addresses);
}
