/**
 * News of a folder on a {@link MemoryDisk}, as the system's watching gives them: each directory is watched for itself, a new
 * one only from when its own news is delivered, and news come late and in bursts.
 * @module
 */
import { nameInNews, OWN_DIRECTORY } from '../../core/model/folder-path.ts';
import type { Watcher, WatchListener, WatchNews } from '../../ports/watcher.ts';
import type { Life } from './life.ts';
import type { DiskNews, Inode, MemoryDisk } from './memory-disk.ts';
import type { SeededChance } from './seeded-chance.ts';

export interface MemoryWatcherOptions {
  readonly disk: MemoryDisk;
  /** Path of the folder on the disk. */
  readonly root: string;
  readonly life: Life;
  /** When news come, and which are lost. */
  readonly chance: SeededChance;
  /** The longest that news take. Default: 5 ms. */
  readonly delayMsMax?: number;
  /** How often a burst of news is lost, which the watcher says. Default: never. */
  readonly lossRate?: number;
}

export class MemoryWatcher implements Watcher {
  readonly #options: MemoryWatcherOptions;
  /** Directories that are watched. */
  readonly #watched = new Set<Inode>();
  #waiting: WatchNews[] = [];
  #stop: (() => void) | undefined;

  constructor(options: MemoryWatcherOptions) {
    this.#options = options;
  }

  async start(listener: WatchListener): Promise<void> {
    const { disk, root, life } = this.#options;
    await this.#pause();
    this.#stop = disk.listen((news) => this.#hear(news, listener));
    life.onEnd(this.#stop);
    const inode = disk.find(root);
    if (inode !== undefined) this.#watch(inode);
    await this.#pause();
  }

  async close(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    this.#waiting = [];
    await this.#pause();
  }

  #watch(directory: Inode): void {
    this.#watched.add(directory);
    for (const child of directory.children.values()) if (child.type === 'directory') this.#watch(child);
  }

  #hear(news: DiskNews, listener: WatchListener): void {
    const { root, life, chance, delayMsMax = 5 } = this.#options;
    if (!this.#watched.has(news.directory) || !news.path.startsWith(`${root}/`)) return;
    const name = news.path.slice(root.length + 1);
    if (name === OWN_DIRECTORY || name.startsWith(`${OWN_DIRECTORY}/`)) return;
    this.#waiting.push({ name, what: news.what });
    if (this.#waiting.length === 1) life.after(chance.fraction() * delayMsMax, () => this.#deliver(listener));
  }

  #deliver(listener: WatchListener): void {
    const { disk, root, chance, lossRate = 0 } = this.#options;
    if (this.#stop === undefined) return;
    const news = this.#waiting;
    this.#waiting = [];
    for (const { name, what } of news) {
      const inode = what === 'appeared-directory' ? disk.find(`${root}/${name}`) : undefined;
      if (inode?.type === 'directory') this.#watch(inode);
    }
    const isThere = (name: string): boolean => disk.find(`${root}/${name}`) !== undefined;
    const named = news.map(({ name, what }) => ({ name: nameInNews(name, what === 'vanished', isThere), what }));
    if (chance.happens(lossRate)) listener.lost('');
    else listener.touched(named);
  }

  #pause(): Promise<void> {
    const { life, chance, delayMsMax = 5 } = this.#options;
    return life.wait(chance.fraction() * delayMsMax);
  }
}
