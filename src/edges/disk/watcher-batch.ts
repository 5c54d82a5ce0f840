/**
 * News on their way: many raw events become few news.
 *
 * For each name the last word on its existence and the last word on its content are kept; an older word is no reason to
 * look that the newer one is not. When more names wait than a listener could want one by one, all of them become one
 * "look at everything again", so that a slow listener costs bounded memory.
 * @module
 */
import type { WatchNews } from '../../ports/watcher.ts';

/** About 5 MB of names. A listener that is this far behind is faster with one walk of the tree. */
export const WAITING_NAMES_MAX = 32_768;

type What = WatchNews['what'];
interface Waiting {
  existence: What | undefined;
  content: What | undefined;
}

export class NewsBatch {
  readonly #waitingMax: number;
  #waiting = new Map<string, Waiting>();
  #lost = new Set<string>();

  constructor(waitingMax: number = WAITING_NAMES_MAX) {
    this.#waitingMax = waitingMax;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#lost.size === 0;
  }

  add(name: string, what: What): void {
    if (this.#lost.has('')) return; // covered: the look that it causes comes later than this event
    const waiting = this.#waiting.get(name);
    if (what === 'written' || what === 'closed') {
      if (waiting === undefined) this.#waiting.set(name, { existence: undefined, content: what });
      else waiting.content = what;
    } else if (waiting === undefined) {
      this.#waiting.set(name, { existence: what, content: undefined });
    } else {
      waiting.existence = what;
      // What was closed stood there before; what was written may be the new one, for all that a back end knows.
      if (what === 'vanished' || waiting.content === 'closed') waiting.content = undefined;
    }
    if (this.#waiting.size > this.#waitingMax) this.lose('');
  }

  /** News below `directory` were lost. */
  lose(directory: string): void {
    if (this.#lost.has('')) return;
    if (directory === '') {
      this.#waiting.clear();
      this.#lost.clear();
    }
    this.#lost.add(directory);
  }

  /** Hands out all that waits, and forgets it. */
  take(): { readonly news: WatchNews[]; readonly lost: string[] } {
    const news: WatchNews[] = [];
    for (const [name, { existence, content }] of this.#waiting) {
      if (existence !== undefined) news.push({ name, what: existence });
      if (content !== undefined) news.push({ name, what: content });
    }
    const lost = [...this.#lost];
    this.#waiting = new Map();
    this.#lost = new Set();
    return { news, lost };
  }
}
