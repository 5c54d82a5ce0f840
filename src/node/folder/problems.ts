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
/** Of all names and texts together, in UTF-16 units: peers choose names, and whoever asks for the status has to get an answer. */
const LISTED_UNITS_MAX = 512 * 1024;

export class Problems {
  readonly #byName = new Map<string, { readonly problem: Problem; readonly until: Until }>();
  /** Those of them that could not be read, whatever is wrong with them since. */
  readonly #unread = new Set<string>();
  /** Units of all that is listed. */
  #units = 0;
  readonly #onReadable: (name: string) => void;

  /** @param onReadable is told of a name that could not be read and may be readable now: nobody has looked at it, nor at what is below it. */
  constructor(onReadable: (name: string) => void) {
    this.#onReadable = onReadable;
  }

  set(name: string, reason: string, text: string, until: Until): void {
    const problem = { name, reason, text };
    const before = this.of(name);
    const units = this.#units + unitsOf(problem) - unitsOf(before);
    if (before === undefined && (units > LISTED_UNITS_MAX || this.#byName.size >= LISTED_MAX)) return;
    this.#units = units;
    this.#byName.set(name, { problem, until });
    if (reason === 'unreadable') this.#unread.add(name);
  }

  /** Why the name is listed; undefined if it is not. */
  of(name: string): Problem | undefined {
    return this.#byName.get(name)?.problem;
  }

  clear(name: string): void {
    this.#remove(name);
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
        this.#remove(name);
        // What is in the directory was looked at, and not the directory itself.
        if (this.#unread.delete(name) && name === directory) this.#onReadable(name);
      }
    };
  }

  list(): Problem[] {
    return [...this.#byName.values()].map(({ problem }) => problem);
  }

  #remove(name: string): void {
    this.#units -= unitsOf(this.of(name));
    this.#byName.delete(name);
  }
}

function unitsOf(problem: Problem | undefined): number {
  return problem === undefined ? 0 : problem.name.length + problem.text.length;
}
