/**
 * What a peer's cluster config says of who else shares its folders.
 * @module
 */
import { readListed, readMember, type ListedDevice, type ToldMember } from '../../core/wire/member.ts';
import type { ClusterConfig } from '../../core/wire/messages.ts';
import { WireError } from '../../core/wire/wire-error.ts';

export type Words =
  /** Of each folder the member set, as a lanfold tells it. */
  | { readonly members: ReadonlyMap<string, readonly ToldMember[]> }
  /** Of each folder the devices, as a Syncthing lists them. */
  | { readonly listed: ReadonlyMap<string, readonly ListedDevice[]> };

export type ToldMembers = Words | { readonly fault: string };

/** @param source IP address of the far end. */
export function toldMembers({ folders }: ClusterConfig, source: string): ToldMembers {
  return read(() => {
    const told = folders.filter(({ members }) => members.length > 0);
    return {
      members: new Map(told.map(({ id, members }) => [id, members.map((member) => readMember(member, source))])),
    };
  });
}

/** @param source IP address of the far end. */
export function listedDevices({ folders }: ClusterConfig, source: string): ToldMembers {
  return read(() => ({
    listed: new Map(folders.map(({ id, devices }) => [id, devices.map((device) => readListed(device, source))])),
  }));
}

function read(reading: () => ToldMembers): ToldMembers {
  try {
    return reading();
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    return { fault: `malformed members from the peer: ${cause.message}` };
  }
}
