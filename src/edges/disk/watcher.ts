/**
 * The watcher of one folder on a real disk: chooses a way of watching, asks it now and then whether it is alive, and
 * starts it anew when it is not.
 *
 * - Linux: inotify in a thread; where koffi is missing, `fs.watch` on each directory.
 * - macOS, Windows: `fs.watch`, recursive.
 * - Where nothing can be watched it says so, tries again at each check, and leaves the rest to the caller's periodic scan.
 *
 * After every gap, whatever its cause, it says `lost('')` when it watches again: the look that this causes sees all that
 * happened before, and the watch what happens after. Where it cannot watch again at once, it also says it at the
 * start of the gap.
 * @module
 */
import { lstatSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { nameInNews } from '../../core/model/folder-path.ts';
import type { WatchListener, WatchNews, Watcher } from '../../ports/watcher.ts';
import { type BackEndEvents, type WatchBackEnd, WatchUnavailable } from './watcher-back-end.ts';
import { FsWatchBackEnd } from './watcher-fs-watch.ts';
import { InotifyBackEnd } from './watcher-inotify.ts';
import { type Advice, inotifyLimit, instancesAdvice, watchesAdvice } from './watcher-limits.ts';

export interface WatcherOptions {
  /** Default: the best that this system has, and the next one where it cannot be had. */
  readonly backend?: BackEndKind;
  /** Time between two checks; default 30 s (R5). */
  readonly checkEveryMs?: number;
  /** A back end that does not answer a check within this time is dead; default 5 s. */
  readonly answerWithinMs?: number;
  /** Watches to use at most, of those that all programs of the user share. Default: all that the system gives. */
  readonly watchesMax?: number;
  /** Inotify only: wait before the queue is read. With it, a test can make the queue overflow. Default 0. */
  readonly readDelayMs?: number;
}

/** `recursive` is `fs.watch` with the system's own recursion. */
export type BackEndKind = 'inotify' | 'fs-watch' | 'recursive';

/** Watches `root`, which may be a symlink: it is followed once, at each start. */
export function createWatcher(root: string, options: WatcherOptions = {}): Watcher {
  return new DiskWatcher(root, options);
}

class DiskWatcher implements Watcher {
  readonly #root: string;
  readonly #options: WatcherOptions;
  #listener: WatchListener | undefined;
  /** Undefined while nothing is watched. */
  #backEnd: WatchBackEnd | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The system's limit on watches when it was reached; a higher one is a reason to start anew. */
  #limitReached: number | undefined;
  #reasonSaid: string | undefined;
  #onAlive: (() => void) | undefined;
  /** At most one unasked restart between two checks, so that what breaks at once does not keep the machine busy. */
  #mayRestart = true;
  #letGoEnded: Promise<void> = Promise.resolve();
  #reopening: Promise<void> | undefined;
  #isClosed = false;

  constructor(root: string, options: WatcherOptions) {
    this.#root = root;
    this.#options = options;
  }

  async start(listener: WatchListener): Promise<void> {
    this.#listener = listener;
    await this.#open();
    this.#checkLater();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#onAlive?.();
    await this.#letGo();
    await this.#reopening;
  }

  #letGo(): Promise<void> {
    const before = this.#letGoEnded;
    this.#letGoEnded = this.#backEnd?.close().then(() => before) ?? before;
    this.#backEnd = undefined;
    return this.#letGoEnded;
  }

  /** Starts the first back end that can be had; says so if there is none. */
  async #open(): Promise<void> {
    let failure: unknown;
    this.#limitReached = undefined;
    for (const kind of this.#kinds()) {
      try {
        const backEnd = this.#make(kind, await realpath(this.#root));
        if (this.#isClosed) return;
        this.#backEnd = backEnd;
        await backEnd.start(this.#eventsOf(backEnd));
        if (this.#limitReached === undefined) this.#restored();
        return;
      } catch (error) {
        this.#backEnd = undefined;
        failure = error;
      }
    }
    if (!this.#isClosed) this.#degrade(adviceOn(failure));
  }

  #restored(): void {
    if (this.#reasonSaid === undefined) return;
    this.#reasonSaid = undefined;
    this.#listener?.restored();
  }

  #reopen(): Promise<void> {
    this.#reopening ??= this.#openAnew().finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  async #openAnew(): Promise<void> {
    const isNewGap = this.#backEnd !== undefined;
    await this.#letGo();
    if (this.#isClosed) return;
    await this.#open();
    if ((isNewGap || this.#backEnd !== undefined) && !this.#isClosed) this.#listener?.lost('');
  }

  #kinds(): readonly BackEndKind[] {
    if (this.#options.backend !== undefined) return [this.#options.backend];
    if (process.platform === 'linux') return ['inotify', 'fs-watch'];
    return process.platform === 'darwin' || process.platform === 'win32' ? ['recursive'] : ['fs-watch'];
  }

  #make(kind: BackEndKind, root: string): WatchBackEnd {
    const { watchesMax = Number.MAX_SAFE_INTEGER, readDelayMs = 0 } = this.#options;
    if (kind === 'inotify') return new InotifyBackEnd(root, { watchesMax, readDelayMs });
    return new FsWatchBackEnd(root, { watchesMax, isRecursive: kind === 'recursive' });
  }

  #eventsOf(backEnd: WatchBackEnd): BackEndEvents {
    // A back end that was let go of may still have a word on its way.
    const ifCurrent =
      <Values extends unknown[]>(take: (...values: Values) => void) =>
      (...values: Values): void => {
        if (this.#backEnd === backEnd && !this.#isClosed) take(...values);
      };
    return {
      touched: ifCurrent((news: readonly WatchNews[]) => {
        this.#onAlive?.();
        this.#listener?.touched(news.map(({ name, what }) => ({ name: this.#nameOf(name, what), what })));
      }),
      lost: ifCurrent((directory: string) => this.#listener?.lost(directory)),
      alive: ifCurrent(() => this.#onAlive?.()),
      limited: ifCurrent((watched: number, unwatched: number) => {
        this.#limitReached = inotifyLimit('max_user_watches');
        this.#degrade(watchesAdvice(watched, unwatched));
      }),
      rootGone: ifCurrent(() => {
        void this.#letGo(); // the next checks look whether it is back
        this.#listener?.lost('');
        this.#degrade(ROOT_GONE);
      }),
      failed: ifCurrent((error: Error) => {
        if (this.#mayRestart) {
          this.#mayRestart = false;
          void this.#reopen();
        } else {
          void this.#letGo();
          this.#listener?.lost('');
          this.#degrade(adviceOn(error));
        }
      }),
    };
  }

  #nameOf(name: string, what: WatchNews['what']): string {
    if (process.platform === 'linux') return name; // disks there know forms apart, but for one kind, of which the next walk sees all
    const isThere = (normal: string): boolean =>
      lstatSync(join(this.#root, normal), { throwIfNoEntry: false }) !== undefined;
    return nameInNews(name, what === 'vanished', isThere);
  }

  /** Says each state of things once, however often it is met again. */
  #degrade({ reason, fix }: Advice): void {
    if (this.#reasonSaid === reason) return;
    this.#reasonSaid = reason;
    this.#listener?.degraded(reason, fix);
  }

  #checkLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#check(), this.#options.checkEveryMs ?? 30_000).unref();
  }

  async #check(): Promise<void> {
    const backEnd = this.#backEnd;
    const isLimitRaised =
      this.#limitReached !== undefined && (inotifyLimit('max_user_watches') ?? 0) > this.#limitReached;
    if (backEnd === undefined || isLimitRaised || !(await this.#answers(backEnd))) await this.#reopen();
    this.#mayRestart = true;
    this.#checkLater();
  }

  #answers(backEnd: WatchBackEnd): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isAlive: boolean): void => {
        clearTimeout(this.#timer);
        this.#onAlive = undefined;
        resolve(isAlive);
      };
      this.#onAlive = () => settle(true);
      // When this thread was busy for long, the answer may wait behind this timer: let it come first.
      const onTime = (): void => void setImmediate(() => settle(false));
      this.#timer = setTimeout(onTime, this.#options.answerWithinMs ?? 5_000).unref();
      backEnd.probe();
    });
  }
}

const ROOT_GONE: Advice = {
  reason: 'Cannot watch the folder: it was removed, renamed, unmounted or replaced',
  fix: undefined,
};

function adviceOn(failure: unknown): Advice {
  if (!(failure instanceof WatchUnavailable)) {
    const { code, message } = failure as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? ROOT_GONE : cannotWatch(message);
  }
  if (failure.because === 'watches') return watchesAdvice(0, 1);
  if (failure.because === 'instances') return instancesAdvice();
  return failure.because === 'root' ? ROOT_GONE : cannotWatch(failure.message);
}

function cannotWatch(message: string): Advice {
  return { reason: `Cannot watch the folder, its changes wait for the periodic scan: ${message}`, fix: undefined };
}
