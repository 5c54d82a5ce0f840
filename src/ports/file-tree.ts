/**
 * One folder on a disk: looked at, read, and changed.
 *
 * All names are relative to the folder's root and canonical ({@link nameFault} is undefined). No call ever leaves the root:
 * a symlink in the place of a parent directory makes a name absent to lookers and refused to changers, also when it is put
 * there between two of our system calls.
 *
 * If the root itself cannot be opened, every call rejects: a lost root is never taken for an empty one.
 *
 * Calls take batches, because a message to a worker costs more than a look. Results come in the order of the batch, and one
 * bad item never spoils the others.
 *
 * Receiving goes: {@link FileTree.stage} (any number of writes and copies, verified as they land) → {@link FileTree.apply}
 * (all staged bytes made durable, then each change put in place, then the directories made durable). Whatever a change
 * replaces or removes is first moved into the history, or set aside under another name. A process that dies at any instant
 * leaves each name with its old content or its new one, and staged bytes that the next run can use.
 */
import type { EntryType, Look } from '../core/model/file-record.ts';

/** `unknown`: the system cannot tell, and only age and quiet count. `untold`: it could not be asked just now, and is to be asked again. */
export type Writers = 'none' | 'some' | 'unknown' | 'untold';

export interface FileTree {
  /**
   * Says whether the folder is the one it was: `folderKey` is kept in the folder's own directory.
   * - `ok`: the key is there and equal.
   * - `unmarked`: the root exists without a key (a new folder, or an unmounted disk: the caller knows which).
   * - `other-folder`: another key.
   */
  check(folderKey: string): Promise<RootState>;
  /** Makes the folder's own directory and writes its key, durably. */
  mark(folderKey: string): Promise<void>;

  /**
   * What is in a directory, one level, sorted by name. Absent (or not a directory): undefined. A directory that cannot be
   * read is Trouble: an error is not absence.
   */
  list(directory: string): Promise<Listing | Trouble | undefined>;
  /** '' is the root itself. */
  look(names: readonly string[]): Promise<Looked[]>;
  /** Is each of these a directory on which another disk is mounted? Absent, or not to be told: false. */
  mounted(names: readonly string[]): Promise<boolean[]>;
  /** Reads files and hashes their blocks. A file that changed meanwhile shows in `before` ≠ `after`. */
  hash(jobs: readonly HashJob[]): Promise<Hashed[]>;
  /** Reads blocks of regular files; with a `hash`, bytes that do not match it come back as `wrong-content`. */
  read(jobs: readonly ReadJob[]): Promise<(Uint8Array | Trouble)[]>;
  /** Is anyone holding the file open for writing? */
  writers(names: readonly string[]): Promise<Writers[]>;
  /**
   * Renames a directory entry whose name is not in normal form C; `false` if something else has the wanted name. Where the disk takes
   * both for one name nothing is done.
   */
  normalize(directory: string, rawName: Uint8Array, wanted: string): Promise<boolean | Trouble>;

  /**
   * Lands bytes in staged files. Each is verified by its SHA-256; what does not match is not kept. The jobs' data are given
   * away: they must not be used any more. Nothing else is asked for about a staged file before its jobs are done.
   */
  stage(jobs: readonly StageJob[]): Promise<Staged[]>;
  /**
   * Which blocks of a staged file are already there and right, after a crash or a cut: one byte per block, 1 for right.
   * Nothing staged: an empty array.
   */
  resume(jobs: readonly ResumeJob[]): Promise<Uint8Array[]>;
  /** Removes staged files, all that are not in `keep` when `keep` is given; then also what a kill has left of copies. */
  unstage(stages: readonly string[] | { keep: ReadonlySet<string> }): Promise<void>;

  /**
   * Removes unfinished copies that a kill has left among the user's files ({@link unfinishedCopyId}): those that are noted as ours, and
   * those that nobody has touched since `beforeMs`, for a power cut may take the note. What is no such copy stays.
   */
  removeUnfinished(names: readonly string[], beforeMs: number): Promise<void>;

  /** Makes the staged content durable and puts each change in place, in order. */
  apply(changes: readonly Change[]): Promise<Applied[]>;

  /** Versions that the history holds of one name, newest first. */
  history(name: string): Promise<HistoryEntry[]>;
  /** The same of many names, in one walk over the history. Each name that was asked for has a list, if an empty one. */
  histories(names: readonly string[]): Promise<Map<string, HistoryEntry[]>>;
  /** Names that the history has versions of at any depth below a directory ('' for the root), sorted. */
  historyBelow(directory: string): Promise<string[]>;
  /** Stages a copy of a file's history entry, for a change to put in place. */
  stageFromHistory(entry: HistoryEntry, stage: string): Promise<Staged>;
  /** Forgets history beyond a limit, counted in what it takes on the disk; returns the bytes that are left of what may go. */
  pruneHistory(limits: PruneLimits): Promise<number>;

  /** Of the disk that the root is on. */
  space(): Promise<Space>;
  close(): Promise<void>;
}

export type RootState = 'ok' | 'unmarked' | 'other-folder' | 'missing' | 'not-a-directory' | 'unreadable';

export interface Listing {
  readonly entries: readonly ListedEntry[];
  /** Entries that cannot have a record: their raw names are not UTF-8. Shown with U+FFFD. */
  readonly unusable: readonly string[];
}

export interface ListedEntry {
  /** The entry's own name (one part), as it is on disk. */
  readonly base: string;
  /** Undefined when the entry could not be looked at. */
  readonly look: Look | undefined;
  readonly trouble?: Trouble;
  /** Another disk is mounted there. */
  readonly isMount?: true;
}

/** A look, nothing there, or trouble. */
export type Looked = Look | undefined | Trouble;

/**
 * Why the disk refused. `changed`: the target is not what the caller saw last. `in-use`: a program holds it open for writing, and
 * what that writes next would go to where the target is moved. `no-history`: something else stands in the place of the history.
 */
export interface Trouble {
  readonly trouble:
    | 'absent'
    | 'denied'
    | 'changed'
    | 'not-empty'
    | 'parent'
    | 'disk-full'
    | 'read-only'
    | 'name-not-allowed'
    | 'exists'
    | 'not-a-file'
    | 'wrong-content'
    | 'not-mounted'
    | 'in-use'
    | 'no-history'
    | 'io';
  /** The system's own words, for the log and for `status`. */
  readonly detail: string;
  /** A change is in place all the same, perhaps: nobody knows whether it is durable. */
  readonly mayBeDone?: true;
}

export function isTrouble(value: unknown): value is Trouble {
  return typeof value === 'object' && value !== null && 'trouble' in value;
}

export interface HashJob {
  readonly name: string;
  /** 0: choose by size, as {@link blockSizeFor} does; else the block size that the name had before. */
  readonly blockSizeBefore: number;
}

export type Hashed =
  | { readonly before: Look; readonly after: Look; readonly blockSize: number; readonly blocks: Uint8Array }
  | Trouble;

export interface ReadJob {
  readonly name: string;
  readonly offset: number;
  /** Fewer come back when the file ends before. */
  readonly bytes: number;
  /** SHA-256 that the bytes must have; undefined: not checked. */
  readonly hash: Uint8Array | undefined;
}

/** Where one block of a staged file comes from. */
export type StageJob = {
  /** Name of the staged file, made by {@link stageName}; created on first use with the final `size`. */
  readonly stage: string;
  /** A part of it landed before: if it is gone, that is `absent`, and not to be begun anew with zeros in the place of the part. */
  readonly mustExist?: boolean;
  readonly size: number;
  readonly offset: number;
  readonly bytes: number;
  readonly hash: Uint8Array;
} & (
  | { readonly from: 'bytes'; readonly data: Uint8Array }
  | { readonly from: 'file'; readonly name: string; readonly sourceOffset: number }
);

/** true: landed and verified. */
export type Staged = true | Trouble;

export interface ResumeJob {
  readonly stage: string;
  readonly size: number;
  readonly blockSize: number;
  readonly blocks: Uint8Array;
}

/** What the caller saw last under a name; the change is refused as `changed` if anything else is there now. */
export type Expected = Look | undefined;

/** What becomes of what stands in the way. `set-aside`: it stays in the folder under `name`, as a conflict copy. */
export type Displace = { readonly to: 'history' } | { readonly to: 'set-aside'; readonly name: string };

export type Change =
  | {
      readonly change: 'file';
      readonly name: string;
      readonly stage: string;
      readonly permissions: number | undefined;
      readonly modifiedNs: bigint;
      readonly expected: Expected;
      readonly displace: Displace;
    }
  | {
      readonly change: 'symlink';
      readonly name: string;
      readonly target: Uint8Array;
      readonly expected: Expected;
      readonly displace: Displace;
    }
  /** Makes a directory, or sets the permissions of one that is there. A file in its place is displaced. */
  | {
      readonly change: 'directory';
      readonly name: string;
      readonly permissions: number | undefined;
      readonly expected: Expected;
      readonly displace: Displace;
    }
  /** Same content: only permissions and modification time. */
  | {
      readonly change: 'attributes';
      readonly name: string;
      readonly permissions: number | undefined;
      readonly modifiedNs: bigint;
      readonly expected: Expected;
    }
  /** Removes a file or symlink (into the history), or an empty directory (never more than the directory itself). */
  | { readonly change: 'delete'; readonly name: string; readonly expected: Expected; readonly displace: Displace }
  /**
   * Moves a file to a name where nothing may stand: content that a peer renamed. Where only the case differs, anything is renamed, a
   * directory with all that is in it; attributes are given to files alone.
   */
  | {
      readonly change: 'move';
      readonly from: string;
      readonly name: string;
      readonly expectedFrom: Expected;
      readonly permissions: number | undefined;
      readonly modifiedNs: bigint;
    };

/** What stands under the name after the change (undefined after a delete), or why it was left as it was. */
export type Applied = { readonly look: Look | undefined } | Trouble;

export interface HistoryEntry {
  readonly name: string;
  /** When it was moved there, milliseconds since 1970. */
  readonly atMs: number;
  /** The slot that holds it; opaque to callers. */
  readonly slot: string;
  readonly type: EntryType;
  readonly size: number;
  readonly permissions: number;
  readonly modifiedNs: bigint;
  /** Raw target of a symlink; empty for others. */
  readonly symlinkTarget: Uint8Array;
}

export interface HistoryLimits {
  readonly keepMs: number;
  readonly bytesMax: number;
}

/** Moments are milliseconds since 1970. */
export interface PruneLimits {
  /** What was kept between these two is too old. */
  readonly old: { readonly fromMs: number; readonly beforeMs: number };
  /** When what is too old has gone, more goes until no more is left: first what is larger by itself, then the oldest. */
  readonly bytesMax: number;
  /** What was kept since then stays, however much it is, and does not count. Default: nothing. */
  readonly keptFromMs?: number;
}

export interface Space {
  /** That may still be written by this user. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}
