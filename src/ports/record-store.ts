/**
 * What this device knows: its own records of each folder, and what each peer says it has.
 *
 * Calls are synchronous and each change is one transaction that is durable when the call returns (R1: bytes first, then
 * this, then the announcement). Whole after a kill or a power cut at any instant. Nothing here grows with a folder's size in
 * memory: lists come in pages.
 */
import type { FileRecord, LocalRecord } from '../core/model/file-record.ts';
import type { Gap } from '../core/session/sequence-gaps.ts';

export interface RecordStore {
  /** Opens a folder's records; a folder never seen gets a new index ID. */
  folder(folderId: string): FolderRecords;
  folderIds(): string[];
  /** Forgets everything about a folder. No file is touched. */
  dropFolder(folderId: string): void;
  /** True when the last run did not close the store, or could not set a note: what it was doing is to be doubted (R3). */
  readonly uncleanStop: boolean;
  /**
   * Holds the whole store against itself: pages, sequence numbers, lists of blocks, counts.
   * @param pause called often, so that others can work; what it throws ends the check.
   * @returns what is wrong, a sentence each. The store goes on as it is; if there is anything, its next open begins anew.
   */
  check(pause: () => Promise<void>): Promise<readonly string[]>;
  close(): void;
}

/** How a peer is told apart in the store: its short ID. */
export type PeerKey = bigint;

export interface FolderRecords {
  readonly folderId: string;
  /** Random, not 0; told to peers so that they know whether their picture of our sequence still holds. */
  indexId(): bigint;
  /** A new index ID, after any doubt about our sequence numbers: peers will ask for everything again. */
  renewIndexId(): bigint;
  /** The random key that is also kept in the folder's own directory (R13); undefined until {@link setFolderKey}. */
  folderKey(): string | undefined;
  setFolderKey(key: string): void;
  /** A small named value that outlives the process (cursors, flags). */
  note(name: string): string | undefined;
  setNote(name: string, value: string | undefined): void;

  local(name: string): LocalRecord | undefined;
  /** Own records one level below a directory that exist (not deleted, not invalid), by name. */
  children(directory: string): LocalRecord[];
  /** Own records at any depth below a directory that are not deleted, by name, from `after` on (exclusive). */
  below(directory: string, after: string, limit: number): LocalRecord[];
  /** Own records by sequence, `sequence` > `after`: what a peer that has heard `after` still has to be told. */
  changesSince(after: number, limit: number): FileRecord[];
  /** The highest own sequence number so far; 0 for none. */
  maxSequence(): number;
  /** The next own record gets a number so much higher than the last one, at least 1: what lies between stays a gap (R14). */
  goOn(distance: number): void;
  /** Own sequence numbers that were never given. */
  gaps(): readonly Gap[];
  /** The latest time of change (ctime) among the looks of own records, of those not after `notAfterNs`. */
  latestChangeNs(notAfterNs: bigint): bigint | undefined;
  /** The time of change (ctime) of the own record that was saved last, of those whose look changed between these times. */
  lastSavedChangeNs(fromNs: bigint, toNs: bigint): bigint | undefined;
  /** Own records of files whose look changed (ctime) at that time or later. Goes over all looks. */
  changedFrom(fromNs: bigint, limit: number): LocalRecord[];
  /**
   * Saves own records in one durable transaction; each gets the next sequence number, in the order given.
   * @param note kept with them.
   * @returns the records as saved, with their sequence numbers.
   */
  saveLocal(records: readonly LocalRecord[], note?: { readonly name: string; readonly value: string }): FileRecord[];
  /** Updates only what was seen on disk: no sequence number moves, peers hear nothing. */
  saveLooks(looks: readonly LookUpdate[]): void;
  /** Forgets own records, as if the names had never been heard of here. */
  forgetLocal(names: readonly string[]): void;

  /** What a peer said of one name. */
  remote(peer: PeerKey, name: string): FileRecord | undefined;
  /** Stores part of a peer's index. `replace`: the first part of a full index, everything said before is dropped. */
  saveRemote(peer: PeerKey, records: readonly FileRecord[], replace: boolean): void;
  /**
   * Goes over so many of a peer's records, in the order of its sequence numbers from `after` on (exclusive).
   * @returns names that it says are deleted and that are not so here, and where it ended; undefined once there are no more.
   */
  deletedAt(peer: PeerKey, after: number, limit: number): { names: string[]; end: number } | undefined;
  /** Which index of the peer we hold, and up to where. indexId 0n: none. */
  remoteIndex(peer: PeerKey): { indexId: bigint; maxSequence: number };
  setRemoteIndex(peer: PeerKey, indexId: bigint): void;
  /** Forgets all that a peer said. */
  dropRemote(peer: PeerKey): void;
  remotes(): PeerKey[];

  /** Own record and every peer's, of one name. */
  versions(name: string): Versions;
  /** The version that all should have, of one name; undefined when nobody has a valid one. */
  newest(name: string): FileRecord | undefined;
  /**
   * Names whose newest version is not here, in pulling order: directories, then files and symlinks, then deletes of files,
   * then deletes of directories with the deepest first; by name within each.
   */
  need(after: NeedCursor | undefined, limit: number): NeededName[];
  /** Peers that said they have exactly this version, whole and valid. */
  holders(record: FileRecord): PeerKey[];

  /** Own files with this content: the same list of blocks. */
  filesWithBlocks(blocks: Uint8Array, blockSize: number, limit: number): LocalRecord[];
  /** Places in own files that hold a block, for files of more than one block. */
  blockPlaces(hash: Uint8Array, limit: number): BlockPlace[];

  counts(): FolderCounts;
  /** How far a peer is, by what it said. */
  completion(peer: PeerKey): Completion;
}

export interface LookUpdate {
  readonly name: string;
  readonly look: LocalRecord['look'];
}

export interface Versions {
  readonly local: LocalRecord | undefined;
  readonly remotes: readonly { readonly peer: PeerKey; readonly record: FileRecord }[];
}

export type NeedPhase = 'directory' | 'file' | 'delete-file' | 'delete-directory';

export interface NeededName {
  readonly name: string;
  readonly phase: NeedPhase;
  /** Bytes of the newest version; 0 for deletes. */
  readonly bytes: number;
}

/** Where the last page ended. Without a name: before the first of that phase. */
export interface NeedCursor {
  readonly phase: NeedPhase;
  readonly name: string | undefined;
}

export interface BlockPlace {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface Totals {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly bytes: number;
}

export interface FolderCounts {
  /** Own records that exist. */
  readonly local: Totals & { readonly deleted: number };
  /** Newest versions that exist. */
  readonly global: Totals;
  /** Names whose newest version is not here: to fetch, and to delete. */
  readonly need: { readonly items: number; readonly deletes: number; readonly bytes: number };
}

export interface Completion {
  /** Names that the peer lacks: to fetch, and to delete. */
  readonly needItems: number;
  readonly needDeletes: number;
  readonly needBytes: number;
  /** Whole percent of bytes (names where all are empty), 100 only if nothing is missing. */
  readonly percent: number;
}
