/**
 * A folder under a watcher, and all that the watcher said of it.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WatchListener, WatchNews, Watcher } from '../../src/ports/watcher.ts';

/** Nothing here takes long; this is for a machine that is busy with something else. */
const PATIENCE_MS = 20_000;

export class WatchedFolder implements WatchListener, AsyncDisposable {
  readonly #outer: string;
  readonly #watcher: Watcher;
  readonly root: string;
  /** A directory beside the root, on the same disk, that is not watched. */
  readonly outside: string;
  news: WatchNews[] = [];
  lostDirectories: string[] = [];
  readonly degradations: { readonly reason: string; readonly fix: string | undefined }[] = [];
  restorations = 0;
  onNews: ((news: readonly WatchNews[]) => void) | undefined;
  #wake: (() => void) | undefined;
  #fences = 0;

  private constructor(outer: string, watcher: (root: string) => Watcher) {
    this.#outer = outer;
    this.root = join(outer, 'root');
    this.outside = join(outer, 'outside');
    this.#watcher = watcher(this.root);
  }

  static async open(watcher: (root: string) => Watcher, prepare?: (root: string) => void): Promise<WatchedFolder> {
    const outer = mkdtempSync(join(tmpdir(), 'lanfold-test-watcher-'));
    const folder = new WatchedFolder(outer, watcher);
    mkdirSync(folder.outside);
    mkdirSync(folder.path('.lanfold'), { recursive: true });
    prepare?.(folder.root);
    await folder.#watcher.start(folder);
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher.close();
    rmSync(this.#outer, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  close(): Promise<void> {
    return this.#watcher.close();
  }

  touched(news: readonly WatchNews[]): void {
    this.news.push(...news);
    this.onNews?.(news);
    this.#wake?.();
  }

  lost(directory: string): void {
    this.lostDirectories.push(directory);
    this.#wake?.();
  }

  restored(): void {
    this.restorations += 1;
  }

  degraded(reason: string, fix: string | undefined): void {
    this.degradations.push({ reason, fix });
    this.#wake?.();
  }

  /** What was said of a name, in order. */
  of(name: string): WatchNews['what'][] {
    return this.news.filter((news) => news.name === name).map(({ what }) => what);
  }

  has(name: string, what: WatchNews['what']): boolean {
    return this.of(name).includes(what);
  }

  /** True if someone who follows the news comes to look at this name. */
  isCovered(name: string): boolean {
    return this.news.some(
      (news) => news.name === name || (news.what === 'appeared-directory' && name.startsWith(`${news.name}/`)),
    );
  }

  forget(): void {
    this.news = [];
    this.lostDirectories = [];
  }

  /** Resolves when the condition holds; it is asked after every word of the watcher, and now and then. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > endMs)
        throw new Error(`Waited in vain until ${what}; news: ${JSON.stringify(this.news.slice(-20))}`);
      const word = Promise.withResolvers<void>();
      this.#wake = word.resolve;
      const timer = setTimeout(word.resolve, 50);
      await word.promise;
      clearTimeout(timer);
    }
  }

  /** Resolves when all that happened before has been told: news of one directory come in order. */
  async fence(): Promise<void> {
    const name = `fence-${this.#fences++}`;
    writeFileSync(this.path(name), '');
    await this.until(`${name} is told`, () => this.has(name, 'appeared'));
  }
}
