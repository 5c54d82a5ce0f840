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

/** More than this is a number, not a list: a folder of a million unreadable files must not fill the memory. */
const LISTED_MAX = 1000;

export class Problems {
  readonly #byName = new Map<string, Problem>();
  #unlisted = 0;

  set(name: string, reason: string, text: string): void {
    if (!this.#byName.has(name) && this.#byName.size >= LISTED_MAX) {
      this.#unlisted += 1;
      return;
    }
    this.#byName.set(name, { name, reason, text });
  }

  clear(name: string): void {
    this.#byName.delete(name);
  }

  /** Forgets those of one reason, before they are found anew. */
  clearAll(reason: string): void {
    this.#unlisted = 0;
    for (const [name, problem] of this.#byName) if (problem.reason === reason) this.#byName.delete(name);
  }

  list(): Problem[] {
    return [...this.#byName.values()];
  }

  get count(): number {
    return this.#byName.size + this.#unlisted;
  }
}
