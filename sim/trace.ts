/**
 * What happened in a run, as one hash: two runs of one plan that differ in anything have different hashes.
 * @module
 */
import { createHash } from 'node:crypto';

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #print: ((line: string) => void) | undefined;
  readonly #nowMs: () => number;

  /** `print`: also wants each line, for people. */
  constructor(nowMs: () => number, print?: (line: string) => void) {
    this.#nowMs = nowMs;
    this.#print = print;
  }

  note(what: string): void {
    const line = `${this.#nowMs().toFixed(3).padStart(12)}  ${what}`;
    this.#hash.update(line);
    this.#print?.(line);
  }

  /** The hash of all that was noted. Called once, last. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16);
  }
}
