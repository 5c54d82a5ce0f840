/**
 * The system calls that Node does not have, through koffi where it is installed, else done with what Node has.
 *
 * koffi is an optional dependency (13 ms and some 2 MB): nothing is loaded before the first use. Linux on 64-bit
 * machines only; elsewhere the plain ways are used.
 * @module
 */
import { linkSync, lstatSync, renameSync, statfsSync, unlinkSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { release } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type * as Koffi from 'koffi';
import { errorCode, systemError } from './trouble.ts';

type Path = string | Buffer;
type NativeCall = (...values: readonly unknown[]) => number;

interface Native {
  readonly errno: () => number;
  readonly syncfs: NativeCall;
  readonly syncFileRange: NativeCall;
  readonly renameat2: NativeCall;
  readonly utimensat: NativeCall;
  readonly fcntl: NativeCall;
}

const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;
const UTIME_OMIT = 0x3ffffffen;
const SYNC_FILE_RANGE_WAIT_BEFORE = 1;
const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;
const SIGURG = 23;
const NS_PER_S = 1_000_000_000n;

/**
 * File systems of which one flush of all reaches the disk and says what it could not do: ext2 to ext4, XFS, Btrfs, F2FS, tmpfs. FUSE
 * passes it on to no server, overlayfs swallows errors, FAT sends the disk no flush.
 */
const FLUSHED_AS_A_WHOLE: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994]);
/** File systems whose other writers sit on other machines, unseen by our kernel: NFS, SMB 1 and 2, 9P, Ceph, FUSE. */
const SHARED_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, 0xff534d42, 0xfe534d42, 0x01021997, 0x00c36400, 0x65735546,
]);

export class SystemCalls {
  #native: Native | undefined | 'not-tried';
  #hasLost = false;

  /** @param useNative false keeps to Node's own calls, as on a machine without koffi. */
  constructor(useNative = true) {
    this.#native = useNative ? 'not-tried' : undefined;
  }

  /** Whether the calls are there that Node does not have. */
  get isNative(): boolean {
    return this.#load() !== undefined;
  }

  /**
   * Whether {@link syncFileSystem} makes all durable that is on the file system of this path, and says if it could not. Of a file
   * whose bytes were lost before, when nobody asked yet, only {@link checkWritten} says so.
   */
  canSyncFileSystem(path: string): boolean {
    return !this.#hasLost && this.isNative && tellsOfLosses(release()) && FLUSHED_AS_A_WHOLE.has(statfsSync(path).type);
  }

  /** Bytes were lost: from now on nothing is flushed as a whole, for one by one tells more. */
  distrust(): void {
    this.#hasLost = true;
  }

  /**
   * After a flush of all: has the system written what it had of this file?
   *
   * The flush of all says once for the whole file system that bytes were lost, to whoever asks first, be it another program. The
   * file itself remembers it until somebody asks about it. This asks without another flush of the disk.
   * @throws Error if bytes of it were lost.
   */
  checkWritten(handle: number): void {
    const native = this.#load();
    if (native === undefined) throw systemError('ENOSYS', 'sync_file_range');
    if (native.syncFileRange(handle, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) !== 0) throw failure(native, 'sync_file_range');
  }

  /**
   * Flushes the whole file system that the handle is on: one call instead of a flush per file.
   * @throws Error if bytes could not be written.
   */
  syncFileSystem(handle: number): void {
    const native = this.#load();
    if (native === undefined) throw systemError('ENOSYS', 'syncfs');
    if (native.syncfs(handle) !== 0) throw failure(native, 'syncfs');
  }

  /** Sets the modification time: exact with koffi, else through a double (worst error 120 ns). A symlink is followed. */
  setModified(path: string, modifiedNs: bigint): void {
    const native = this.#load();
    const seconds = floorDivide(modifiedNs, NS_PER_S);
    const rest = modifiedNs - seconds * NS_PER_S;
    if (native === undefined) {
      // As text: Node takes a negative number for "now" (R16).
      const text = String(Number(seconds) + Number(rest) / 1e9);
      utimesSync(path, text, text);
      return;
    }
    const times = new BigInt64Array([0n, UTIME_OMIT, seconds, rest]); // two timespecs: accessed, modified
    if (native.utimensat(AT_FDCWD, terminated(path), times, 0) !== 0) throw failure(native, 'utimensat');
  }

  /**
   * Moves an entry to a name where nothing may stand.
   * @throws Error EEXIST if something stands there.
   */
  moveNoReplace(from: Path, to: Path): void {
    const native = this.#load();
    if (native !== undefined) {
      if (native.renameat2(AT_FDCWD, terminated(from), AT_FDCWD, terminated(to), RENAME_NOREPLACE) === 0) return;
      const error = failure(native, 'renameat2');
      if (!isUnsupported(error)) throw error;
    }
    if (linkAndUnlink(from, to)) return;
    // RACE: a name made between the look and the rename is replaced. Only where the disk has neither call.
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw systemError('EEXIST', 'rename');
    renameSync(from, to);
  }

  /**
   * Does anyone hold the file open for writing, or mapped so? Asked by taking a read lease and giving it back at once: the
   * kernel grants it only while there is no writer.
   *
   * A writer that comes in the microseconds between waits until the lease is back; one that opens without blocking is
   * told to try again. The kernel announces a writer by a signal, by default SIGIO, which would end the process, hence
   * SIGURG, which nobody minds.
   */
  writers(handle: number, path: string): 'none' | 'some' | 'unknown' {
    return this.canLease(path) ? this.whileUnwritten(handle, () => {}) : 'unknown';
  }

  /** Would the kernel know of writers there? */
  canLease(path: string): boolean {
    return this.isNative && !SHARED_FILE_SYSTEMS.has(statfsSync(path).type);
  }

  /**
   * Runs something while nobody can write to the file: whoever comes to do it waits so long. `unknown`: it ran, but who knows.
   * @returns `some`: it did not run, for somebody has the file open for writing, or mapped so.
   */
  whileUnwritten(handle: number, run: () => void): 'none' | 'some' | 'unknown' {
    const native = this.#load();
    const isSignalled = native !== undefined && native.fcntl(handle, F_SETSIG, SIGURG) === 0;
    const isLeased = isSignalled && native.fcntl(handle, F_SETLEASE, F_RDLCK) === 0;
    if (isSignalled && !isLeased && errorCode(failure(native, 'fcntl')) === 'EAGAIN') return 'some';
    try {
      run();
      return isLeased ? 'none' : 'unknown';
    } finally {
      if (isLeased) native.fcntl(handle, F_SETLEASE, F_UNLCK);
    }
  }

  #load(): Native | undefined {
    if (this.#native === 'not-tried') this.#native = loadNative();
    return this.#native;
  }
}

/**
 * Does syncfs of this kernel say what could not be written? Since 5.8 it does of bytes, since 5.17 of names.
 * @param kernel as `6.1.0-18-amd64`.
 */
export function tellsOfLosses(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 17);
}

/** True for what an old kernel or a simple file system says of a call that it does not have. */
export function isUnsupported(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EINVAL' || code === 'ENOSYS' || code === 'EOPNOTSUPP' || code === 'ENOTSUP';
}

function loadNative(): Native | undefined {
  if (
    process.platform !== 'linux' ||
    !['x64', 'arm64', 'riscv64', 'loong64', 'ppc64', 's390x'].includes(process.arch)
  ) {
    return undefined;
  }
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    const library = koffi.load(null);
    return {
      errno: () => koffi.errno(),
      syncfs: library.func('int syncfs(int handle)') as NativeCall,
      syncFileRange: library.func(
        'int sync_file_range(int handle, int64_t offset, int64_t bytes, unsigned int flags)',
      ) as NativeCall,
      renameat2: library.func(
        'int renameat2(int fromDirectory, const void *from, int toDirectory, const void *to, unsigned int flags)',
      ) as NativeCall,
      utimensat: library.func(
        'int utimensat(int directory, const void *path, const void *times, int flags)',
      ) as NativeCall,
      fcntl: library.func('int fcntl(int handle, int command, long value)') as NativeCall,
    };
  } catch {
    return undefined; // not installed, or a C library without one of the calls
  }
}

function linkAndUnlink(from: Path, to: Path): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EPERM' || code === 'EMLINK' || isUnsupported(error)) return false; // a directory, or a disk without links
    throw error;
  }
  unlinkSync(from);
  return true;
}

function failure(native: Native, call: string): Error {
  return systemError(getSystemErrorName(-native.errno()), call);
}

function terminated(path: Path): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.of(0)]);
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
