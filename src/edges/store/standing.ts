/**
 * What one name adds to the counts, and whether it is needed: from all that is known of it, and from nothing else.
 *
 * Pure. The store takes away what a name added before a change and puts in what it adds after it, so the counts are exact
 * without ever being counted (SPEC X4).
 * @module
 */
import { lacks, newestOf } from '../../core/index/newest.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import type { NeedPhase } from '../../ports/record-store.ts';
import { exists } from './encode.ts';

/** Whose tally: a source (positive), or one of these. */
export const OWN = -1;
export const NEWEST = -2;
export const NEEDED = -3;

export type Kind = 'files' | 'directories' | 'symlinks' | 'deletes';

const KINDS = { file: 'files', directory: 'directories', symlink: 'symlinks' } as const;

export interface Share {
  readonly subject: number;
  readonly kind: Kind;
  readonly bytes: number;
}

export interface NameNeed {
  readonly phase: NeedPhase;
  readonly bytes: number;
}

export interface Standing {
  readonly shares: readonly Share[];
  readonly need: NameNeed | undefined;
}

/** All that is known of one name: the record of this device, and those of the peers by source. */
export interface NameVersions {
  readonly own: FileRecord | undefined;
  readonly remotes: ReadonlyMap<number, FileRecord>;
}

/**
 * - {@link OWN}: the own record, if it exists or is a delete.
 * - {@link NEWEST}: the newest version.
 * - {@link NEEDED}: the newest version, when it is not here.
 * - A peer: the newest version, when it exists and the peer does not lack it; a delete, when the peer has yet to do it. So
 *   names that a peer never spoke of need no row: what it lacks is the newest versions less these.
 */
export function standingOf(versions: NameVersions): Standing {
  const { own, remotes } = versions;
  const newest = newestOf(allVersions(versions));
  const shares: Share[] = [];
  if (own !== undefined && (own.deleted || exists(own))) shares.push(shareOf(OWN, own));
  if (newest === undefined) return { shares, need: undefined };
  shares.push(shareOf(NEWEST, newest));
  for (const [source, record] of remotes)
    if (isLacking(record, newest) === newest.deleted) shares.push(shareOf(source, newest));
  if (!isLacking(own, newest)) return { shares, need: undefined };
  const share = shareOf(NEEDED, newest);
  shares.push(share);
  return { shares, need: { phase: phaseOf(newest), bytes: share.bytes } };
}

export function allVersions({ own, remotes }: NameVersions): FileRecord[] {
  return own === undefined ? [...remotes.values()] : [own, ...remotes.values()];
}

/** As {@link lacks}, without comparing a record to itself. */
function isLacking(mine: FileRecord | undefined, newest: FileRecord): boolean {
  return mine !== newest && lacks(mine, newest);
}

function shareOf(subject: number, record: FileRecord): Share {
  if (record.deleted) return { subject, kind: 'deletes', bytes: 0 };
  return { subject, kind: KINDS[record.type], bytes: record.type === 'file' ? record.size : 0 };
}

function phaseOf(newest: FileRecord): NeedPhase {
  if (newest.type === 'directory') return newest.deleted ? 'delete-directory' : 'directory';
  return newest.deleted ? 'delete-file' : 'file';
}
