/**
 * What happened in a run, as one hash: two runs of one plan that differ in anything have different hashes.
 * @module
 */
import { createHash, type Hash } from 'node:crypto';

export class Trace {
  readonly #hash: Hash | undefined;
  readonly #print: ((line: string) => void) | undefined;
  readonly #nowMs: () => number;

  /** `print`: also wants each line, for people. `isHashed`: somebody wants the hash. */
  constructor(nowMs: () => number, print: ((line: string) => void) | undefined, isHashed: boolean) {
    this.#nowMs = nowMs;
    this.#print = print;
    this.#hash = isHashed || print !== undefined ? createHash('sha256') : undefined;
  }

  /** The line is made only if somebody wants it: most worlds are run for what is wrong with them alone. */
  note(what: () => string): void {
    if (this.#hash === undefined) return;
    const line = `${this.#nowMs().toFixed(3).padStart(12)}  ${what()}`;
    this.#hash.update(line);
    this.#print?.(line);
  }

  /** The hash of all that was noted; '' if nobody wanted it. Called once, last. */
  digest(): string {
    return this.#hash?.digest('hex').slice(0, 16) ?? '';
  }
}
