/**
 * What people have decided, here and at other members: this device's name, whom it trusts, which folders it shares with whom.
 * One JSON file, written whole or not at all. What changes it is in membership.ts.
 * @module
 */
import * as v from 'valibot';
import { LanfoldError } from '../core/errors.ts';

/** JSON has no infinite numbers, but `1e999` is read as one, and would be written as null. */
const Finite = v.pipe(v.number(), v.finite());

const PeerSchema = v.object({
  /** Device ID in its text form. */
  id: v.string(),
  name: v.optional(v.string()),
  /** `host:port` each. */
  addresses: v.array(v.string()),
  /** Where other members said that it is when it was new here. */
  hints: v.optional(v.array(v.string())),
  /** IDs of folders that it is to share as soon as they are added here. */
  folders: v.optional(v.array(v.string())),
  /** A Syncthing whose lists of devices are followed. */
  introducer: v.optional(v.boolean()),
  /** By which device's word it is trusted, and since when (milliseconds since 1970). Missing in files of older versions. */
  addedBy: v.optional(v.string()),
  addedMs: v.optional(Finite),
});

/** See core/members/member-set.ts. */
const MemberSchema = v.object({
  /** Device ID in its text form. */
  device: v.string(),
  name: v.string(),
  generation: Finite,
  removed: v.boolean(),
  by: v.string(),
  atMs: Finite,
});

const FolderSchema = v.object({
  id: v.string(),
  /** Absolute. */
  path: v.string(),
  /** Device IDs in their text form: of the members, the others that are not removed. */
  peers: v.array(v.string()),
  /** All that is known of who is and was a member. Missing in files of older versions, where only {@link peers} were. */
  members: v.optional(v.array(MemberSchema)),
  /** Device IDs of the removed ones, in the order in which this device came to know it. See core/members/removals.ts. */
  removals: v.optional(v.array(v.string())),
  /** It is new here, and a person has yet to say that it may join. */
  held: v.optional(v.boolean()),
});

const ConfigurationSchema = v.object({
  version: Finite,
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
  if (typeof json !== 'object' || json === null || !('version' in json)) return false;
  return typeof json.version === 'number' && json.version > CONFIGURATION_VERSION;
}
