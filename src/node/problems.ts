/**
 * Names of a folder that are not as they should be, and why: one bad file never stops the others, and `status` lists it.
 */
export interface Problem {
  readonly name: string;
  /** Stable word for programs. */
  readonly reason: string;
  /** One sentence for people. */
  readonly text: string;
}

/** More than this are not listed: a folder of a million unreadable files must not fill the memory. */
const LISTED_MAX = 1000;

export class Problems {
  readonly #byName = new Map<string, Problem>();
  /** Names among them whose newest version cannot be put in place: over once nobody wants it any more. */
  readonly #wanted = new Set<string>();

  /** What stands under the name cannot be synced. */
  set(name: string, reason: string, text: string): void {
    this.#wanted.delete(name);
    if (!this.#byName.has(name) && this.#byName.size >= LISTED_MAX) return;
    this.#byName.set(name, { name, reason, text });
  }

  /** The newest version of the name cannot be put in place. */
  setWanted(name: string, reason: string, text: string): void {
    this.set(name, reason, text);
    if (this.#byName.has(name)) this.#wanted.add(name);
  }

  clear(name: string): void {
    this.#byName.delete(name);
    this.#wanted.delete(name);
  }

  /** Forgets those of names that are not wanted any more: deleted everywhere meanwhile, say. */
  clearUnwanted(isWanted: (name: string) => boolean): void {
    for (const name of this.#wanted) if (!isWanted(name)) this.clear(name);
  }

  list(): Problem[] {
    return [...this.#byName.values()];
  }
}
