/**
 * Names of a folder that are not as they should be, and why: one bad file never stops the others, and `status` lists it.
 * @module
 */
import { isBelow } from '../../core/model/folder-path.ts';

export interface Problem {
  readonly name: string;
  /** Stable word for programs. */
  readonly reason: string;
  /** One sentence for people. */
  readonly text: string;
}

/**
 * When a problem is over, if nobody clears it by name. `found`: a scan of its directory does not find it again. `wanted`: the
 * name's newest version, which cannot be put in place, is wanted by nobody any more. `told`: never by itself.
 */
export type Until = 'found' | 'wanted' | 'told';

/** More than this are not listed: a folder of a million unreadable files must not fill the memory. */
const LISTED_MAX = 1000;

export class Problems {
  readonly #byName = new Map<string, { readonly problem: Problem; readonly until: Until }>();
  /** Those of them that could not be read, whatever is wrong with them since. */
  readonly #unread = new Set<string>();
  readonly #onReadable: (name: string) => void;

  /** @param onReadable is told of a name that could not be read and may be readable now: nobody has looked at it, nor at what is below it. */
  constructor(onReadable: (name: string) => void) {
    this.#onReadable = onReadable;
  }

  set(name: string, reason: string, text: string, until: Until): void {
    if (!this.#byName.has(name) && this.#byName.size >= LISTED_MAX) return;
    this.#byName.set(name, { problem: { name, reason, text }, until });
    if (reason === 'unreadable') this.#unread.add(name);
  }

  /** Why the name is listed; undefined if it is not. */
  of(name: string): Problem | undefined {
    return this.#byName.get(name)?.problem;
  }

  clear(name: string): void {
    this.#byName.delete(name);
    if (this.#unread.delete(name)) this.#onReadable(name);
  }

  /** Forgets those of names that are not wanted any more: deleted everywhere meanwhile, say. */
  clearUnwanted(isWanted: (name: string) => boolean): void {
    for (const [name, { until }] of this.#byName) if (until === 'wanted' && !isWanted(name)) this.clear(name);
  }

  /**
   * Call before everything below a directory is looked at anew.
   * @returns to be called afterwards: forgets what was there before and was not found again.
   */
  beginScan(directory: string): () => void {
    const before = [...this.#byName].filter(
      ([name, { until }]) => until === 'found' && (name === directory || isBelow(name, directory)),
    );
    return () => {
      for (const [name, entry] of before) {
        if (this.#byName.get(name) !== entry) continue;
        this.#byName.delete(name);
        // What is in the directory was looked at, and not the directory itself.
        if (this.#unread.delete(name) && name === directory) this.#onReadable(name);
      }
    };
  }

  list(): Problem[] {
    return [...this.#byName.values()].map(({ problem }) => problem);
  }
}
