/**
 * The system's limits on watching, and what a person can do about them.
 * @module
 */
import { readFileSync } from 'node:fs';

export interface Advice {
  readonly reason: string;
  /** A command, ready to be pasted; undefined when no command helps. */
  readonly fix: string | undefined;
}

export type InotifyLimit = 'max_user_watches' | 'max_user_instances' | 'max_queued_events';

/** The limit of this moment; undefined on systems without inotify. */
export function inotifyLimit(limit: InotifyLimit): number | undefined {
  try {
    const value = Number(readFileSync(`/proc/sys/fs/inotify/${limit}`, 'utf8'));
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A watch costs the kernel about 1 KiB when it is used, and nothing while it is only allowed. */
const WATCHES_SENSIBLE = 524_288;
const INSTANCES_SENSIBLE = 1_024;

export function watchesAdvice(watched: number, unwatched: number): Advice {
  const limit = inotifyLimit('max_user_watches');
  const directories = `${unwatched} of ${watched + unwatched} directories`;
  return {
    reason: `Cannot watch ${directories}: the limit of watches is reached; changes there wait for the periodic scan`,
    fix: sysctl('max_user_watches', Math.max(WATCHES_SENSIBLE, roomFor(limit ?? 0, unwatched))),
  };
}

export function instancesAdvice(): Advice {
  const limit = inotifyLimit('max_user_instances');
  return {
    reason: 'Cannot watch the folder: the limit of inotify instances is reached; changes wait for the periodic scan',
    fix: sysctl('max_user_instances', Math.max(INSTANCES_SENSIBLE, roomFor(limit ?? 0, 1))),
  };
}

/** Twice of what is needed now (a tree grows, and other programs watch too), as a power of two. */
function roomFor(limit: number, more: number): number {
  return 2 ** Math.ceil(Math.log2(2 * (limit + more)));
}

function sysctl(limit: InotifyLimit, value: number): string | undefined {
  return process.platform === 'linux' ? `sudo sysctl fs.inotify.${limit}=${value}` : undefined;
}
