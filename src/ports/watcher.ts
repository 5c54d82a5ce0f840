/**
 * Raw news of a folder, as the system gives it: unordered, repeated, sometimes lost. What it says is only ever a reason to
 * look, never a fact.
 */
export interface Watcher {
  /**
   * Starts watching everything below the root but the own directory. Resolves when all directories are watched, or the
   * watcher knows that it cannot (it then says so by `degraded` and goes on as well as it can).
   */
  start(listener: WatchListener): Promise<void>;
  close(): Promise<void>;
}

export interface WatchListener {
  /** Names that something happened to, relative to the root ('' is the root itself). */
  touched(news: readonly WatchNews[]): void;
  /** News were lost: look at everything below `directory` again. */
  lost(directory: string): void;
  /** Watching is less than it should be from here on; `fix` is what a person can do, if anything. */
  degraded(reason: string, fix: string | undefined): void;
  /** It is as it should be again. */
  restored(): void;
}

export interface WatchNews {
  readonly name: string;
  /**
   * `written`: content or attributes moved, a writer may still be at it. `closed`: a writer let go of it.
   * `appeared`/`vanished`: by creation, deletion or rename. `appeared-directory`: everything below is news too.
   */
  readonly what: 'written' | 'closed' | 'appeared' | 'appeared-directory' | 'vanished';
}
