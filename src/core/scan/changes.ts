/**
 * A look at the disk, held against the records: is it a change of this device's user, and if so, what is its record?
 *
 * Here the seed's echo dies (SPEC E1): what stands on disk and equals the newest version that any peer announced is that
 * version, whoever put it there and whenever; only content that nobody has announced gets a new version of our own.
 * @module
 */
import {
  NO_BYTES,
  sameBytes,
  sameContent,
  type EntryType,
  type FileRecord,
  type LocalRecord,
  type Look,
} from '../model/file-record.ts';
import { COUNTERS_PER_VECTOR_MAX } from '../limits.ts';
import {
  aheadOf,
  bumpVersion,
  countedBy,
  mergeVersions,
  NO_VERSION,
  type VersionVector,
} from '../model/version-vector.ts';
import { lacks } from '../index/newest.ts';

/** The device that changes, and its time. */
export interface Author {
  /** Its short ID. */
  readonly device: bigint;
  readonly nowMs: number;
  /** How far it has counted in the name, as peers tell ({@link countOf}). Default: not at all. */
  readonly told?: bigint;
  /** The highest counter that it may have given to any name, where its clock comes to that second again. Default: none. */
  readonly given?: bigint;
}

/** What was found under a name. `blockSize` and `blocks` are 0 and empty but for files. */
export interface Sighting {
  readonly look: Look & { readonly type: EntryType };
  readonly blockSize: number;
  readonly blocks: Uint8Array;
}

export type Finding =
  /** Nothing that peers should hear of: only the look is new. */
  | { readonly found: 'same' }
  /** It is the newest version that we had not recorded yet; `exact` unless times or permissions still differ. */
  | { readonly found: 'newest'; readonly record: FileRecord; readonly exact: boolean }
  /** A change made here. */
  | { readonly found: 'change'; readonly record: FileRecord };

/**
 * @param newest the newest version of the name that is known, own or a peer's.
 * @param hashOf SHA-256, for the lineage of the content that is replaced.
 * @param placed an older one that may have been put in place and not recorded.
 */
export function judge(
  name: string,
  mine: LocalRecord | undefined,
  newest: FileRecord | undefined,
  seen: Sighting,
  author: Author,
  hashOf: (bytes: Uint8Array) => Uint8Array,
  placed?: FileRecord,
): Finding {
  const record = recordOf(mine, name, seen);
  const before = mine?.record;
  if (before !== undefined && !before.invalid && sameContent(before, record) && sameAttributes(before, record)) {
    return { found: 'same' };
  }
  for (const known of [newest, placed]) {
    if (known === undefined || !lacks(before, known) || !sameContent(known, record)) continue;
    return { found: 'newest', record: known, exact: sameAttributes(known, record) };
  }
  if (mine !== undefined && isStillUnclaimed(mine, record, seen.look)) return { found: 'same' };
  const changed = hasUnsetWish(before, record) ? { ...record, permissions: seen.look.permissions } : record;
  return {
    found: 'change',
    record: stamp(changed, before, author, hashOf, newest?.deleted ? newest.version : NO_VERSION),
  };
}

/**
 * Bytes without a claim, damaged ones say, get none by other permissions, nor by a time that was set back (SPEC E4): who makes
 * them his own saves or touches them.
 */
function isStillUnclaimed({ record: before, look }: LocalRecord, record: FileRecord, seen: Look): boolean {
  if (look === undefined || before.type !== 'file' || before.invalid || before.version.length > 0) return false;
  return sameContent(before, record) && seen.modifiedNs <= look.modifiedNs;
}

/**
 * The permissions of a record without a claim are a peer's, and nobody has asked the disk for them yet: they are no wish that a
 * change made here meanwhile has to keep (SPEC E3).
 */
function hasUnsetWish(before: FileRecord | undefined, record: FileRecord): boolean {
  return before !== undefined && before.version.length === 0 && record.type === 'file' && !sameContent(before, record);
}

/**
 * A record with a new version by `author`, on top of the one before.
 * @param seen a further version to build on: a delete by a peer that the user has made good again.
 */
export function stamp(
  record: FileRecord,
  before: FileRecord | undefined,
  author: Author,
  hashOf: (bytes: Uint8Array) => Uint8Array,
  seen: VersionVector = NO_VERSION,
): FileRecord {
  // After being ignored a name starts anew: concurrent with what others did meanwhile, never silently over it.
  const base: VersionVector = before === undefined || before.invalid ? NO_VERSION : before.version;
  const replaced = before !== undefined && before.type === 'file' && !before.deleted && !before.invalid;
  return {
    ...record,
    version: next(mergeVersions(base, seen), author),
    modifiedBy: author.device,
    sequence: 0,
    previousBlocksHash: replaced && before.blocks.length > 0 ? hashOf(before.blocks) : NO_BYTES,
  };
}

/**
 * The version after one by its author. Peers may know one of his counters in the name that he has forgotten, after a power cut,
 * or that lost a conflict here: no version may stand for two contents.
 */
function next(version: VersionVector, { device, nowMs, told = 0n, given = 0n }: Author): VersionVector {
  // Also on top of what is here: a power cut may have taken the next version of the very same one.
  const count = given > told ? given : told;
  const counted = mergeVersions(version, countedBy(device, count));
  const bumped = bumpVersion(counted, device, nowMs / 1000);
  if (bumped.length <= COUNTERS_PER_VECTOR_MAX) return bumped;
  // One more would be refused by all, so that nobody could edit the name again: it begins anew with what is higher than all that was
  // counted before, whatever somebody claimed of us. So it is concurrent with what it was, and at worst stays beside it.
  return aheadOf(bumped, counted);
}

/** The record of a name that is gone. */
export function deletion(before: FileRecord, author: Author, hashOf: (bytes: Uint8Array) => Uint8Array): FileRecord {
  return { ...stamp(gone(before), before, author, hashOf), modifiedNs: BigInt(Math.floor(author.nowMs)) * 1_000_000n };
}

/** `mine` again, with a version that has also seen `others` (SPEC M5). */
export function revival(mine: FileRecord, others: readonly FileRecord[], author: Author): FileRecord {
  const merged = others.reduce<VersionVector>((version, other) => mergeVersions(version, other.version), mine.version);
  return {
    ...mine,
    version: next(merged, author),
    modifiedBy: author.device,
    sequence: 0,
  };
}

/** The record of an ignored name: known, not served, version unchanged (bep.md §7.2). */
export function ignoredRecord(record: FileRecord): FileRecord {
  return { ...gone(record), deleted: false, invalid: true, modifiedNs: record.modifiedNs, sequence: 0 };
}

/**
 * A record without a claim: what stands on disk must not travel, and gives way to whatever a peer has (SPEC E4). Used for
 * files that a rebuilt database knows nothing about, and for damaged content.
 */
export function disowned(record: FileRecord): FileRecord {
  return { ...record, version: NO_VERSION, sequence: 0 };
}

/**
 * The record of damaged content: no claim, and the bytes that are there, or nobody would see that the good ones lack. Nobody made it, which
 * it says for good, also where we die before it is listed.
 */
export function damaged(record: FileRecord, seen: Sighting): FileRecord {
  const { look, blockSize, blocks } = seen;
  // What a power cut brought back from under something else is none of what the record says.
  const isFile = record.type === 'file' && look.type === 'file';
  const before = isFile ? { ...record, size: look.size, blockSize, blocks } : recordOf(undefined, record.name, seen);
  return disowned({ ...before, previousBlocksHash: NO_BYTES, modifiedBy: 0n });
}

function gone(record: FileRecord): FileRecord {
  return { ...record, size: 0, deleted: true, invalid: false, blockSize: 0, blocks: NO_BYTES, symlinkTarget: NO_BYTES };
}

/** What the disk shows, as a record without a version. */
function recordOf(mine: LocalRecord | undefined, name: string, seen: Sighting): FileRecord {
  const { look } = seen;
  const isFile = look.type === 'file';
  // The disk may keep another time or other bits than we asked for; while it shows what it showed then, the wish stands.
  const known = mine?.look?.type === look.type && !mine.record.invalid ? mine : undefined;
  const modifiedNs = known?.look?.modifiedNs === look.modifiedNs ? known.record.modifiedNs : look.modifiedNs;
  const permissions = known?.look?.permissions === look.permissions ? known.record.permissions : look.permissions;
  return {
    name,
    type: look.type,
    size: isFile ? look.size : 0,
    permissions: look.type === 'symlink' ? 0 : permissions,
    noPermissions: look.type === 'symlink' || (known?.record.noPermissions ?? false),
    modifiedNs: look.type === 'symlink' ? 0n : modifiedNs,
    modifiedBy: 0n,
    deleted: false,
    invalid: false,
    version: NO_VERSION,
    sequence: 0,
    blockSize: isFile ? seen.blockSize : 0,
    blocks: isFile ? seen.blocks : NO_BYTES,
    symlinkTarget: look.type === 'symlink' ? look.symlinkTarget : NO_BYTES,
    previousBlocksHash: NO_BYTES,
  };
}

/** Permissions and, for files, the time: what a peer would have to set. A directory's time follows its children. */
export function sameAttributes(a: FileRecord, b: FileRecord): boolean {
  if (a.type === 'symlink') return true;
  const samePermissions = a.noPermissions || b.noPermissions || a.permissions === b.permissions;
  return samePermissions && (a.type === 'directory' || a.modifiedNs === b.modifiedNs);
}

/**
 * Did a power cut set the file back to what it was before (SPEC E9)? No program can give an inode an older time of change; a clock
 * that is set back while somebody edits can, but then the content is another.
 * @param blocksHash SHA-256 of the list of blocks that is there now.
 */
export function wasSetBack({ record, look }: LocalRecord, seen: Look, blocksHash: Uint8Array): boolean {
  return look !== undefined && seen.changedNs < look.changedNs && sameBytes(record.previousBlocksHash, blocksHash);
}

/**
 * Is this what a power cut leaves of a file? (R3: its recorded time or an older one, but no bytes, or zeros at its end)
 * @param tail the last bytes of the file as it is now, at most one block.
 */
export function looksDamaged(mine: LocalRecord, look: Look, tail: Uint8Array): boolean {
  const { record, look: before } = mine;
  if (record.type !== 'file' || record.deleted || record.size === 0 || before === undefined) return false;
  if (look.type !== 'file' || look.modifiedNs > before.modifiedNs) return false;
  return look.size === 0 || (tail.length > 0 && sameBytes(tail, new Uint8Array(tail.length)));
}

/**
 * Has a person brought another version, with its old time? A power cut sets both times back: who gives a file an older one, or takes
 * it from an archive, moves the other. But somebody may have done that to zeros that the cut has left: of the recorded size.
 * @param isFresh was the recorded one written right before the cut?
 */
export function wasBroughtBack({ record, look: before }: LocalRecord, look: Look, isFresh: boolean): boolean {
  if (before === undefined || look.size === 0) return false;
  const isBackdated = look.modifiedNs < before.modifiedNs && look.changedNs > before.changedNs;
  return isBackdated && (look.size !== record.size || !isFresh);
}
