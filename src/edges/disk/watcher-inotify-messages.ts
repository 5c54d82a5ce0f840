/**
 * How the main thread and the inotify thread speak: shared memory and a wake descriptor one way, messages the other.
 * @module
 */
import type { WatchNews } from '../../ports/watcher.ts';
import type { UnavailableBecause } from './watcher-back-end.ts';

export interface InotifyWorkerData {
  readonly root: string;
  readonly watchesMax: number;
  readonly readDelayMs: number;
  /** Shared; see {@link CONTROL}. */
  readonly control: Int32Array<SharedArrayBuffer>;
}

/** Places in the shared memory. CLOSING and PROBE are 0 or 1; HANDLED counts the `news` that the main thread is done with. */
export const CONTROL = { CLOSING: 0, PROBE: 1, HANDLED: 2 } as const;

export type InotifyReport =
  /** Sent first. Writing 8 bytes to it wakes the thread; the main thread closes it when the thread has ended. */
  | { readonly is: 'wake'; readonly descriptor: number }
  | { readonly is: 'armed' }
  | { readonly is: 'unavailable'; readonly because: UnavailableBecause; readonly message: string }
  /** The next one is sent only when HANDLED has counted this one: a busy main thread is not flooded. */
  | { readonly is: 'news'; readonly news: readonly WatchNews[]; readonly lost: readonly string[] }
  | { readonly is: 'limited'; readonly watched: number; readonly unwatched: number }
  | { readonly is: 'alive' }
  | { readonly is: 'root-gone' };
