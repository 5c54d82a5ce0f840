/** What is less than it should be: told to whoever listens, and kept for them until they can. */
import type { LanfoldError } from '../core/errors.ts';

export class Warnings {
  readonly #emit: (warning: LanfoldError) => void;
  /** From before anybody could listen; undefined afterwards. */
  #early: LanfoldError[] | undefined = [];

  constructor(emit: (warning: LanfoldError) => void) {
    this.#emit = emit;
  }

  tell(warning: LanfoldError): void {
    if (this.#early === undefined) this.#emit(warning);
    else this.#early.push(warning);
  }

  /** Whoever wanted to listen does so by now. */
  flush(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const warning of early) this.#emit(warning);
  }
}
