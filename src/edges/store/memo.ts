/**
 * Answers that are asked for far more often than they change, kept until the next change of the folder's records: a name that is
 * looked at is asked for five times in a row.
 *
 * The store is one process's alone (exclusive lock), and each change goes through the object that holds this: what is kept
 * cannot be overtaken. During a change nothing is kept, since it may still be undone.
 * @module
 */
const ANSWERS_MAX = 1000;

export class Memo {
  readonly #answers = new Map<string, { readonly answer: unknown }>();
  #changing = 0;

  /** The kept answer, or a new one; `read` always gives the same type for a key. */
  get<T>(key: string, read: () => T): T {
    const kept = this.#answers.get(key);
    if (kept !== undefined) return kept.answer as T;
    const answer = read();
    if (this.#changing > 0) return answer;
    // A walk asks for a million names between two changes.
    if (this.#answers.size >= ANSWERS_MAX) this.#answers.clear();
    this.#answers.set(key, { answer });
    return answer;
  }

  /** Runs what may change any of the answers. */
  change<T>(work: () => T): T {
    this.#answers.clear();
    this.#changing += 1;
    try {
      return work();
    } finally {
      this.#changing -= 1;
    }
  }
}
