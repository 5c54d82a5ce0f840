/**
 * Counts what was tried and what was found, and prints it as a table.
 * @module
 */

interface Row {
  tried: number;
  killed: number;
  faulty: number;
}

export class Tally {
  /** One line for each fault, with where it happened. */
  readonly faults: string[] = [];
  readonly #rows = new Map<string, Row>();
  readonly #say: (line: string) => void;

  /** @param say is told of each fault at once. */
  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** @param place where exactly, for whoever wants to see a fault again. */
  count(group: string, kind: string, killed: boolean, faults: readonly string[], place = kind): void {
    const key = `${group}\t${kind}`;
    const row = this.#rows.get(key) ?? { tried: 0, killed: 0, faulty: 0 };
    this.#rows.set(key, row);
    row.tried += 1;
    if (killed) row.killed += 1;
    if (faults.length === 0) return;
    row.faulty += 1;
    for (const fault of faults) {
      const line = `${group}, ${place}: ${fault}`;
      this.faults.push(line);
      this.#say(line);
    }
  }

  get killed(): number {
    return [...this.#rows.values()].reduce((sum, { killed }) => sum + killed, 0);
  }

  get tried(): number {
    return [...this.#rows.values()].reduce((sum, { tried }) => sum + tried, 0);
  }

  /** A table: what was going on, at what it died, how often that was reached, and how often something was wrong. */
  lines(): string[] {
    const cells = [...this.#rows]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, { tried, killed, faulty }]) => [...key.split('\t'), `${killed} of ${tried}`, `${faulty} at fault`]);
    const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
    return cells.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}
