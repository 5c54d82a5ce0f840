/**
 * What a person has decided: this device's name, whom it trusts, which folders it shares with whom. One JSON file, written
 * whole or not at all.
 * @module
 */
import * as v from 'valibot';
import { LanfoldError } from '../core/errors.ts';

const PeerSchema = v.object({
  /** Device ID in its text form. */
  id: v.string(),
  name: v.optional(v.string()),
  /** `host:port` each. */
  addresses: v.array(v.string()),
  /** IDs of folders that it is to share as soon as they are added here. */
  folders: v.optional(v.array(v.string())),
});

const FolderSchema = v.object({
  id: v.string(),
  /** Absolute. */
  path: v.string(),
  /** Device IDs in their text form. */
  peers: v.array(v.string()),
});

const ConfigurationSchema = v.object({
  version: v.number(),
  name: v.optional(v.string()),
  peers: v.array(PeerSchema),
  folders: v.array(FolderSchema),
});

export type Configuration = v.InferOutput<typeof ConfigurationSchema>;
export type ConfiguredPeer = v.InferOutput<typeof PeerSchema>;
export type ConfiguredFolder = v.InferOutput<typeof FolderSchema>;

export const CONFIGURATION_VERSION = 1;
export const EMPTY_CONFIGURATION: Configuration = { version: CONFIGURATION_VERSION, peers: [], folders: [] };

/**
 * @param path what to name in an error.
 * @throws LanfoldError `E_STATE_TOO_NEW` or `E_STATE_BROKEN`.
 */
export function parseConfiguration(text: string, path: string): Configuration {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LanfoldError('E_STATE_BROKEN', { subject: path, because: 'it is not JSON', cause });
  }
  if (isNewer(json)) throw new LanfoldError('E_STATE_TOO_NEW', { subject: path });
  const parsed = v.safeParse(ConfigurationSchema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new LanfoldError('E_STATE_BROKEN', {
    subject: path,
    because: `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`,
  });
}

export function printConfiguration(configuration: Configuration): string {
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}

function isNewer(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'version' in json && Number(json.version) > CONFIGURATION_VERSION;
}

/**
 * The configuration with one peer added, or its addresses and name replaced. It shares `folders`: those that are known from
 * now on, the others once they are added.
 */
export function withPeer(configuration: Configuration, peer: ConfiguredPeer): Configuration {
  const before = configuration.peers.find(({ id }) => id === peer.id);
  const others = configuration.peers.filter(({ id }) => id !== peer.id);
  const addresses = peer.addresses.length > 0 ? peer.addresses : (before?.addresses ?? []);
  const name = peer.name ?? before?.name;
  const shared = union(before?.folders ?? [], peer.folders ?? []);
  const folders = shared.filter((id) => !configuration.folders.some((folder) => folder.id === id));
  const merged = {
    id: peer.id,
    addresses,
    ...(name === undefined ? {} : { name }),
    ...(folders.length === 0 ? {} : { folders }),
  };
  return {
    ...configuration,
    peers: [...others, merged],
    folders: configuration.folders.map((folder) =>
      shared.includes(folder.id) ? { ...folder, peers: union(folder.peers, [peer.id]) } : folder,
    ),
  };
}

export function withoutPeer(configuration: Configuration, id: string): Configuration {
  return {
    ...configuration,
    peers: configuration.peers.filter((peer) => peer.id !== id),
    folders: configuration.folders.map((folder) => ({ ...folder, peers: folder.peers.filter((peer) => peer !== id) })),
  };
}

/** The configuration with one folder added, or shared with more peers. Those that waited for it share it now. */
export function withFolder(configuration: Configuration, folder: ConfiguredFolder): Configuration {
  const before = configuration.folders.find(({ id }) => id === folder.id);
  const others = configuration.folders.filter(({ id }) => id !== folder.id);
  const waiting = configuration.peers.filter((peer) => peer.folders?.includes(folder.id)).map((peer) => peer.id);
  const peers = union(before?.peers ?? [], folder.peers, waiting);
  return { ...withoutFolder(configuration, folder.id), folders: [...others, { ...folder, peers }] };
}

export function withoutFolder(configuration: Configuration, id: string): Configuration {
  return {
    ...configuration,
    peers: configuration.peers.map((peer) => notWaitingFor(id, peer)),
    folders: configuration.folders.filter((folder) => folder.id !== id),
  };
}

function notWaitingFor(folderId: string, { folders, ...peer }: ConfiguredPeer): ConfiguredPeer {
  const rest = folders?.filter((id) => id !== folderId) ?? [];
  return rest.length === 0 ? peer : { ...peer, folders: rest };
}

function union(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}
