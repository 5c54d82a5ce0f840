/**
 * What the ways of watching have in common. {@link createWatcher} chooses one of them and keeps it alive.
 * @module
 */
import type { WatchNews } from '../../ports/watcher.ts';

export interface WatchBackEnd {
  /**
   * Arms everything below the root; resolves when that is done.
   * @throws WatchUnavailable when this way of watching cannot be had now. It is closed then.
   */
  start(events: BackEndEvents): Promise<void>;
  /**
   * Makes something happen that this back end must hear of (R5), and it answers with `alive`. It also answers where there
   * is nothing to try it with, and with `rootGone` if another directory stands where the root was.
   */
  probe(): void;
  /** May be called at any time, also twice, and while `start` runs, which then resolves. No events follow. */
  close(): Promise<void>;
}

export interface BackEndEvents {
  touched(news: readonly WatchNews[]): void;
  lost(directory: string): void;
  /** The answer to a probe. */
  alive(): void;
  /** The limit of watches is reached: so many directories of the tree are watched, so many are not. Once per start. */
  limited(watched: number, unwatched: number): void;
  /** The root was removed, renamed, unmounted or replaced. Nothing more will come. */
  rootGone(): void;
  /** The back end broke. Nothing more will come. */
  failed(error: Error): void;
}

/**
 * - `library`: koffi is not installed, or does not run here.
 * - `instances`: the system gives no more inotify instances.
 * - `watches`: not even the root can have a watch.
 * - `root`: there is no directory to watch.
 * - `other`: anything else; `message` has the system's words.
 */
export type UnavailableBecause = 'library' | 'instances' | 'watches' | 'root' | 'other';

export class WatchUnavailable extends Error {
  override readonly name = 'WatchUnavailable';
  readonly because: UnavailableBecause;
  constructor(because: UnavailableBecause, message: string) {
    super(message);
    this.because = because;
  }
}

/** Which trouble a failed system call on the root means. */
export function unavailableBecause(code: string | undefined): UnavailableBecause {
  if (code === 'ENOSPC') return 'watches';
  if (code === 'EMFILE' || code === 'ENFILE') return 'instances';
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENODEV') return 'root';
  return 'other';
}
