/**
 * A folder's members ↔ the wire (rule Y9). Between lanfolds only.
 * @module
 */
import { MEMBER_NAME_BYTES_MAX } from '../limits.ts';
import type { Member } from '../members/member-set.ts';
import { DEVICE_ID_BYTES, deviceIdText, parseDeviceId } from '../model/device-id.ts';
import { toUtf8 } from '../text.ts';
import { announcedAddresses, type HostPort } from './announcement.ts';
import type { ClusterDevice, ClusterMember, ClusterMemberDraft } from './messages.ts';
import { WireError } from './wire-error.ts';

/** A member as another told of it. */
export interface ToldMember {
  readonly member: Member;
  /** Where it may be: hints, which nobody vouches for. */
  readonly addresses: readonly HostPort[];
}

/** A device that a Syncthing lists as one that shares a folder. */
export interface ListedDevice {
  /** Device ID in its text form. */
  readonly device: string;
  readonly name: string;
  readonly addresses: readonly HostPort[];
  /** It is to be an introducer, too. */
  readonly introducer: boolean;
}

/**
 * @param source IP address of the far end: an address without a host is its own.
 * @throws WireError when it names no device, or counts what cannot be.
 */
export function readMember(wire: ClusterMember, source: string): ToldMember {
  const { generation, removed, atMs, name } = wire;
  if (generation < 1 || atMs < 0) throw new WireError('bad-field', 'A member has an impossible generation or time');
  const member = { device: readDevice(wire.device), by: readDevice(wire.by), name, generation, removed, atMs };
  return { member, addresses: announcedAddresses(wire, source) };
}

/** @throws WireError when it names no device. */
export function readListed(wire: ClusterDevice, source: string): ListedDevice {
  return {
    device: readDevice(wire.id),
    name: cutName(wire.name),
    addresses: announcedAddresses(wire, source),
    introducer: wire.introducer,
  };
}

/** @param addresses as URLs; no host in one means this device. */
export function writeMember(member: Member, addresses: readonly string[]): ClusterMemberDraft {
  const { generation, removed, atMs } = member;
  return {
    device: rawDevice(member.device),
    by: rawDevice(member.by),
    name: cutName(member.name),
    generation,
    removed,
    atMs,
    addresses,
  };
}

/** A name as it fits into a member's entry: cut between characters. */
export function cutName(name: string): string {
  if (toUtf8(name).length <= MEMBER_NAME_BYTES_MAX) return name;
  let cut = '';
  let bytes = 0;
  for (const character of name) {
    bytes += toUtf8(character).length;
    if (bytes > MEMBER_NAME_BYTES_MAX) break;
    cut += character;
  }
  return cut;
}

function readDevice(bytes: Uint8Array): string {
  if (bytes.length !== DEVICE_ID_BYTES) throw new WireError('bad-field', 'A member is named by no device ID');
  return deviceIdText(bytes);
}

/** The raw form of an ID that is kept here, and so is one. */
export function rawDevice(id: string): Uint8Array {
  const parsed = parseDeviceId(id);
  if (!parsed.ok) throw new Error(`A member has no device ID: ${parsed.message}`);
  return parsed.device;
}
