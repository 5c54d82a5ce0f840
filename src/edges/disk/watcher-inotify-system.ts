/**
 * The few system calls that inotify needs and Node lacks, through koffi (an optional dependency), and the shape of the
 * kernel's events: inotify(7), poll(2), eventfd(2).
 * @module
 */
import { isUtf8 } from 'node:buffer';
import { constants, endianness } from 'node:os';

export const IN = {
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  UNMOUNT: 0x2000,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ONLYDIR: 0x1000000,
  DONT_FOLLOW: 0x2000000,
  EXCL_UNLINK: 0x4000000,
  ISDIR: 0x40000000,
} as const;

const WATCHED_EVENTS =
  IN.MODIFY |
  IN.ATTRIB |
  IN.CLOSE_WRITE |
  IN.MOVED_FROM |
  IN.MOVED_TO |
  IN.CREATE |
  IN.DELETE |
  IN.DELETE_SELF |
  IN.MOVE_SELF;
/** A symlink is never followed, and a file that nobody can find any more is no news. */
const WATCH_MASK = WATCHED_EVENTS | IN.ONLYDIR | IN.DONT_FOLLOW | IN.EXCL_UNLINK;

const CLOSE_ON_EXEC = 0o2000000;
const NON_BLOCKING = 0o4000;
const POLL_IN = 1;

export interface InotifySystem {
  /** A new inotify instance. @throws ErrnoException */
  createInstance(): number;
  /** A descriptor that becomes readable when 8 bytes are written to it. @throws ErrnoException */
  createWake(): number;
  /** The watch's number, or the name of the error. The same directory always has the same number. */
  addWatch(instance: number, path: string): number | string;
  removeWatch(instance: number, watch: number): void;
  /** Waits until one of the two is readable, at most `timeoutMs`. Blocks the thread. */
  wait(instance: number, wake: number, timeoutMs: number): { readonly instance: boolean; readonly wake: boolean };
  closeInstance(instance: number): void;
}

/** @throws anything, when koffi is not there or does not run here. */
export async function loadInotifySystem(): Promise<InotifySystem> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const inotifyInit = library.func('int inotify_init1(int flags)');
  const inotifyAddWatch = library.func('int inotify_add_watch(int fd, const char *path, uint32_t mask)');
  const inotifyRemoveWatch = library.func('int inotify_rm_watch(int fd, int wd)');
  const eventfd = library.func('int eventfd(unsigned int initial, int flags)');
  const poll = library.func('int poll(void *fds, unsigned long count, int timeoutMs)');
  const close = library.func('int close(int fd)');

  // struct pollfd { int fd; short events; short revents; } twice
  const polled = new ArrayBuffer(16);
  const pollFds = new Int32Array(polled);
  const pollEvents = new Int16Array(polled);
  const pollBytes = new Uint8Array(polled);

  const opened = (fd: number): number => {
    if (fd >= 0) return fd;
    const code = errorName(koffi.errno());
    throw Object.assign(new Error(`Cannot set up inotify: ${code}`), { code });
  };

  return {
    createInstance: () => opened(inotifyInit(NON_BLOCKING | CLOSE_ON_EXEC) as number),
    createWake: () => opened(eventfd(0, NON_BLOCKING | CLOSE_ON_EXEC) as number),
    addWatch(instance, path) {
      const watch = inotifyAddWatch(instance, path, WATCH_MASK) as number;
      return watch >= 0 ? watch : errorName(koffi.errno());
    },
    removeWatch: (instance, watch) => void inotifyRemoveWatch(instance, watch), // it may be gone already: no matter
    wait(instance, wake, timeoutMs) {
      pollFds[0] = instance;
      pollFds[2] = wake;
      pollEvents[2] = pollEvents[6] = POLL_IN;
      pollEvents[3] = pollEvents[7] = 0;
      const ready = poll(pollBytes, 2, timeoutMs) as number;
      if (ready <= 0) return { instance: false, wake: false }; // time is up, or a signal came
      return { instance: pollEvents[3] !== 0, wake: pollEvents[7] !== 0 };
    },
    closeInstance: (instance) => void close(instance),
  };
}

function errorName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}

export interface InotifyEvent {
  readonly watch: number;
  readonly mask: number;
  /** The entry's name in the watched directory; '' for the directory itself; undefined if it is not UTF-8. */
  readonly base: string | undefined;
}

/** struct inotify_event { int wd; uint32_t mask; uint32_t cookie; uint32_t len; char name[len]; }, in a row. */
export function* inotifyEvents(bytes: Buffer): Generator<InotifyEvent> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = endianness() === 'LE';
  for (let at = 0; at + 16 <= bytes.length;) {
    const nameAt = at + 16;
    const next = nameAt + view.getUint32(at + 12, isLittle);
    yield {
      watch: view.getInt32(at, isLittle),
      mask: view.getUint32(at + 4, isLittle),
      base: nameOf(bytes.subarray(nameAt, next)),
    };
    at = next;
  }
}

/** A name is padded with NULs. */
function nameOf(padded: Buffer): string | undefined {
  const end = padded.indexOf(0);
  const bytes = end === -1 ? padded : padded.subarray(0, end);
  const name = bytes.toString('utf8');
  return name.includes('\uFFFD') && !isUtf8(bytes) ? undefined : name;
}
