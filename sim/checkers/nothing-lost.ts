/**
 * I2: every content that a person completed is, at every instant, on some disk, in the folder (there too as a conflict copy)
 * or in the history, unless a person who had it before their eyes replaced or removed it.
 *
 * "Before their eyes" is judged by what happened before what: the content stood under that name on that very node when the
 * operation ran. What that content had once replaced was given up by the operation that made it, so ancestors need no rule.
 * Strict: the history does not count, so that it cannot hide what would be a loss without it. Who then writes into a file what it
 * held before has changed nothing: what others who had that content gave up stays given up (SPEC M1).
 * @module
 */
import type { Inode } from '../../src/edges/memory/memory-disk.ts';
import { type ContentKeys, excerpt } from './content-key.ts';
import type { Snapshot } from './snapshot.ts';
import type { Report } from './violation.ts';

/** A file, with what it holds now. */
type Held = Pick<Inode, 'content'>;

export class NothingLost {
  readonly #keys: ContentKeys;
  readonly #report: Report;
  readonly #strict: boolean;
  /** Contents that must be somewhere, with their beginning. */
  readonly #owed = new Map<string, string>();
  /** By file that a person is writing: what it held before, if that was given up already. */
  readonly #givenUp = new WeakMap<Held, string | undefined>();
  /** By node: contents that are there. */
  readonly #held = new Map<string, ReadonlySet<string>>();

  constructor(keys: ContentKeys, report: Report, strict: boolean) {
    this.#keys = keys;
    this.#report = report;
    this.#strict = strict;
  }

  completed(file: Held): void {
    const { content } = file;
    const key = this.#keys.of(content);
    const isAsBefore = this.#givenUp.get(file) === key;
    this.#givenUp.delete(file);
    // All empty files are alike: of none of them can be said whether it is lost.
    if (content.length > 0 && !(this.#strict && isAsBefore)) this.#owed.set(key, excerpt(content));
  }

  replaced(file: Held): void {
    const key = this.#keys.of(file.content);
    const wasOwed = this.#owed.delete(key);
    // What it held before the first of several writes counts: between them nobody has finished it.
    if (!this.#givenUp.has(file)) this.#givenUp.set(file, wasOwed ? undefined : key);
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
