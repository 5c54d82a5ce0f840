/**
 * What an engine is given, and what it tells.
 * @module
 */
import type { Endpoint, Hint } from '../core/discovery/candidates.ts';
import type { LanfoldError } from '../core/errors.ts';
import type { MemberSet } from '../core/members/member-set.ts';
import type { FileRecord } from '../core/model/file-record.ts';
import type { PairingCrypto } from '../core/pairing/cpace.ts';
import type { ListedDevice, ToldMember } from '../core/wire/member.ts';
import type { ClusterConfig } from '../core/wire/messages.ts';
import type { HistoryLimits } from '../ports/file-tree.ts';
import type { Address } from '../ports/network.ts';
import type { DiscoveryEdges } from './discovery/layer.ts';
import type { Folder } from './folder/folder.ts';
import type { Peer } from './peer/peer.ts';

export interface EngineOptions {
  /** What peers see as this device's name. */
  readonly name: string;
  readonly listen: { readonly host?: string; readonly ports: readonly number[] };
  readonly discovery?: DiscoveryEdges;
  /** Without it nobody can be paired with a code. */
  readonly pairing?: PairingCrypto;
  readonly events?: Partial<EngineEvents>;
}

export interface EngineEvents {
  /** A peer connected, was lost, or said who it is. */
  peer(peer: Peer): void;
  /** A peer connected that was not. */
  connected(peer: Peer): void;
  /** A peer that is not connected said, or somebody in its name, where it is. */
  seen(peer: Peer, hint: Hint): void;
  /** A folder's state changed. */
  folder(folder: Folder): void;
  /** Own records were saved: changes made here, and changes brought here. */
  saved(folderId: string, records: readonly FileRecord[]): void;
  /** A peer told part of its index: what it has. */
  told(folderId: string): void;
  /** Something is less than it should be; the engine goes on. */
  warning(warning: LanfoldError): void;
  /** A device that is not trusted here tried to connect. */
  stranger(device: Uint8Array, from: Address): void;
  /** A lanfold told who the members of a folder are. Nothing of it is believed yet, nor has any effect. */
  members(from: Peer, folderId: string, told: readonly ToldMember[]): void;
  /** A peer said what it shares with us. */
  configured(peer: Peer, config: ClusterConfig): void;
  /** A Syncthing that is an introducer listed the devices of all folders that it shares with us. */
  listed(from: Peer, listed: ReadonlyMap<string, readonly ListedDevice[]>): void;
}

export interface FolderSetup {
  readonly id: string;
  /** Where it is, in the words of the disk edge. */
  readonly root: string;
  /** Raw device IDs that it is shared with. */
  readonly peers: readonly Uint8Array[];
  /** Who is and was a member, as other lanfolds are told. Default: they are told nothing. */
  readonly members?: MemberSet;
  /** Why it must not be synced: it is stopped from the beginning. */
  readonly stopped?: LanfoldError | undefined;
  readonly historyLimits?: HistoryLimits;
  /** It was configured before: it waits for a root that is not there, also if its records are lost. Default false. */
  readonly waits?: boolean;
  /** A person has to agree before anything is brought or told. */
  readonly isHeld?: boolean;
}

/** What a person has configured of a device. */
export interface PeerSetup {
  readonly device: Uint8Array;
  readonly name?: string;
  readonly addresses: readonly Endpoint[];
  /** Where others say that it is: dialled on the own links alone. */
  readonly hints?: readonly Endpoint[];
  readonly introducer?: boolean;
}
