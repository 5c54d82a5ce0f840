/**
 * I2: every content that a person completed is, at every instant, on some disk, in the folder (there too as a conflict copy)
 * or in the history, unless a person who had it before their eyes replaced or removed it.
 *
 * "Before their eyes" is judged by what happened before what: the content stood under that name on that very node when the
 * operation ran. What that content had once replaced was given up by the operation that made it, so ancestors need no rule.
 * Strict: the history does not count, so that it cannot hide what would be a loss without it.
 * @module
 */
import { type ContentKeys, excerpt } from './content-key.ts';
import type { Snapshot } from './snapshot.ts';
import type { Report } from './violation.ts';

export class NothingLost {
  readonly #keys: ContentKeys;
  readonly #report: Report;
  readonly #strict: boolean;
  /** Contents that must be somewhere, with their beginning. */
  readonly #owed = new Map<string, string>();
  /** By node: contents that are there. */
  readonly #held = new Map<string, ReadonlySet<string>>();

  constructor(keys: ContentKeys, report: Report, strict: boolean) {
    this.#keys = keys;
    this.#report = report;
    this.#strict = strict;
  }

  completed(content: Uint8Array): void {
    // All empty files are alike: of none of them can be said whether it is lost.
    if (content.length > 0) this.#owed.set(this.#keys.of(content), excerpt(content));
  }

  replaced(content: Uint8Array): void {
    this.#owed.delete(this.#keys.of(content));
  }

  /** A disk lost these before they were durable: those that are nowhere now, nobody owes. */
  excuse(contents: readonly Uint8Array[]): void {
    for (const content of contents)
      if (!this.#isHeld(this.#keys.of(content))) this.#owed.delete(this.#keys.of(content));
  }

  /** What a node's disk holds from now on. */
  disk(node: string, snapshot: Snapshot): void {
    const entries = this.#strict ? snapshot.visible : [...snapshot.visible, ...snapshot.history];
    const files = entries.filter(({ inode }) => inode.type === 'file');
    this.#held.set(node, new Set(files.map(({ inode }) => this.#keys.of(inode.content))));
  }

  /** Called after each event, when all that belongs to it was told. */
  check(): void {
    for (const [key, text] of this.#owed) {
      if (this.#isHeld(key)) continue;
      this.#owed.delete(key);
      this.#report({
        rule: 'I2',
        text: `the content ${text} is on no disk any more, and nobody who saw it gave it up`,
      });
    }
  }

  #isHeld(key: string): boolean {
    return [...this.#held.values()].some((held) => held.has(key));
  }
}
