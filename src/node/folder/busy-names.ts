/**
 * Names that are being put in place right now: a look at them would see a state of no record, and what is known of them
 * must not change until the record is saved.
 */
export class BusyNames {
  readonly #names = new Set<string>();
  readonly #waiting: (() => void)[] = [];

  has(name: string): boolean {
    return this.#names.has(name);
  }

  take(names: readonly string[]): void {
    for (const name of names) this.#names.add(name);
  }

  release(names: readonly string[]): void {
    for (const name of names) this.#names.delete(name);
    for (const go of this.#waiting.splice(0)) go();
  }

  /** @returns undefined when all of these are free already. */
  free(names: readonly string[]): Promise<void> | undefined {
    return names.some((name) => this.has(name)) ? this.#free(names) : undefined;
  }

  async #free(names: readonly string[]): Promise<void> {
    while (names.some((name) => this.has(name))) await new Promise<void>((go) => this.#waiting.push(go));
  }
}
