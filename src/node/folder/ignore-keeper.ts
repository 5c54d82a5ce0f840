/**
 * The folder's ignore patterns as they are now.
 *
 * While a file of patterns is being written, nothing that the old patterns or the half-written ones hold back gets out: an
 * editor that empties the file first must not share what it is about to ignore.
 * @module
 */
import { IGNORE_FILE } from '../../core/model/folder-path.ts';
import { NO_IGNORES, stricter, type Ignores } from '../../core/scan/ignore.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import { readIgnores } from './ignore-file.ts';
import { findUnseen, forgetFreed, startAnew, type FreedContext } from './ignored-names.ts';

/** After the last news of a file of patterns, before they are taken for what the user means. */
const QUIET_MS = 1000;

export interface IgnoreKeeperOptions extends FreedContext {
  readonly clock: Clock;
  /** The patterns are others now. */
  readonly onChange: () => void;
  readonly onFailure: (cause: unknown) => void;
}

export class IgnoreKeeper {
  readonly #options: IgnoreKeeperOptions;
  #rules: Ignores = NO_IGNORES;
  /** Those before somebody began to write them. */
  #before: Ignores = NO_IGNORES;
  /** What holds while they are being written. */
  #meanwhile: Ignores | undefined;
  /** Text by name, of the file and those that it includes; undefined before the first reading. */
  #texts: ReadonlyMap<string, string | undefined> | undefined;
  #timer: Timer | undefined;
  /** The last load that has not ended. */
  #last: Promise<unknown> | undefined;
  /** Loads that have not begun. */
  #waiting = 0;
  /** They are others than those that {@link IgnoreKeeperOptions.onChange} was last called for, whoever read them. */
  #isUntold = false;

  constructor(options: IgnoreKeeperOptions) {
    this.#options = options;
    // What was on the disk while the patterns became others starts anew.
    options.mounts.whenBack((directory) => forgetFreed(options, this.rules, directory));
  }

  get rules(): Ignores {
    return this.#meanwhile ?? this.#rules;
  }

  /**
   * Reads the patterns, unless they are being written just now. Names that are ignored no longer start anew, as if never
   * heard of.
   * @returns true if the patterns are others than before.
   * @throws LanfoldError `E_IGNORE_FILE`.
   */
  async load(): Promise<boolean> {
    // One after the other: what was read first would hold in the end, if it took longer to be judged.
    this.#waiting += 1;
    const loading = this.#last === undefined ? this.#load() : this.#last.then(() => this.#load());
    const last = loading.catch(() => {});
    this.#last = last;
    try {
      return await loading;
    } finally {
      if (this.#last === last) this.#last = undefined;
    }
  }

  async #load(): Promise<boolean> {
    this.#waiting -= 1;
    if (this.#timer !== undefined) return false;
    const { rules, texts } = await readIgnores(this.#options.tree);
    const isChanged = this.#texts === undefined || !sameTexts(this.#texts, texts);
    const before = this.#texts === undefined ? undefined : this.#rules;
    // Asked while the old rules still hold: after that whoever walks may take what is gone for deleted.
    const unseen = isChanged ? await findUnseen(this.#options, before, rules) : undefined;
    const wasStricter = this.#meanwhile !== undefined;
    if (isChanged) {
      this.#texts = texts;
      this.#rules = rules;
      this.#isUntold = true;
    }
    // They have come to rest; so they have, too, when an earlier reading failed and the folder was stopped meanwhile.
    if (this.#timer === undefined && this.#waiting === 0) this.#meanwhile = undefined;
    if (unseen !== undefined) startAnew(this.#options, unseen);
    // RACE: a walk may have read the new patterns before the news of them came; what was recorded as ignored since then, by
    // those that held meanwhile, is freed only now.
    if (isChanged || wasStricter) forgetFreed(this.#options, this.#rules);
    return isChanged;
  }

  /** Something happened to these names. */
  touched(names: readonly string[]): void {
    if (!names.some((name) => name === IGNORE_FILE || this.#texts?.has(name) === true)) return;
    if (this.#timer === undefined) this.#before = this.#rules;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(QUIET_MS, () => void this.#settle());
    void this.#peek();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #peek(): Promise<void> {
    try {
      const { rules } = await readIgnores(this.#options.tree);
      if (this.#timer !== undefined) this.#meanwhile = stricter(this.#before, rules);
    } catch {
      // half-written, perhaps: whoever reads it when it has come to rest complains
    }
  }

  async #settle(): Promise<void> {
    this.#timer = undefined;
    const { onChange, onFailure } = this.#options;
    try {
      await this.load();
      if (this.#timer !== undefined) return; // it goes on
      if (!this.#isUntold) return;
      // Even if a walk has read them in the meantime: it went on by those that held while they were being written.
      this.#isUntold = false;
      onChange();
    } catch (cause) {
      onFailure(cause);
    }
  }
}

function sameTexts(a: ReadonlyMap<string, string | undefined>, b: ReadonlyMap<string, string | undefined>): boolean {
  return a.size === b.size && [...a].every(([name, text]) => b.has(name) && b.get(name) === text);
}
