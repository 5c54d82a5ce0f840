/**
 * Names that are gone here and wait for a person (R12), each with all that was recorded below it.
 * @module
 */
import { parentOf, topmostOf } from '../../core/model/folder-path.ts';

export class HeldNames {
  #names: ReadonlySet<string> = new Set();
  /** All directories above them. */
  #above: ReadonlySet<string> = new Set();

  get all(): ReadonlySet<string> {
    return this.#names;
  }

  /** Those that are below no other. */
  get topmost(): string[] {
    return topmostOf(this.#names);
  }

  /** Is the name one of them, or below or above one? */
  touches(name: string): boolean {
    if (this.#above.has(name)) return true;
    for (let at = name; at !== ''; at = parentOf(at)) if (this.#names.has(at)) return true;
    return false;
  }

  /** Instead of those before, if there are any. */
  hold(names: Iterable<string>): void {
    this.#names = new Set(names);
    const above = new Set<string>();
    for (const name of this.#names)
      for (let at = parentOf(name); at !== '' && !above.has(at); at = parentOf(at)) above.add(at);
    this.#above = above;
  }

  release(): void {
    this.hold([]);
  }
}
