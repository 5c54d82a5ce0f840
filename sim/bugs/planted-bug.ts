/**
 * A bug that can be put into the product on purpose, so that the tests can prove that they would find it. The product
 * carries nothing of it: the source is changed while it is loaded (`plant.ts`).
 * @module
 */

/** Who finds it: random histories, or one test where no random history gets to. */
export type Detector = Histories | NamedTest | Nobody;

export interface Histories {
  /** The first seed, and how many: bounds what CI spends. Measured, with room to spare. */
  readonly seeds: number;
  readonly firstSeed?: number;
  /** What is only in a history counts as lost. */
  readonly strict?: boolean;
  /** Nodes in a world. Default: as `npm run sim`. */
  readonly nodes?: number;
  /** What people do in a world. Default: as `npm run sim`. */
  readonly ops?: number;
}

export interface NamedTest {
  /** A test file, from the root of the repository. */
  readonly file: string;
  /** The beginning of the title of the one test that fails. */
  readonly test: string;
}

/** No test can show it yet. */
export interface Nobody {
  /** What it takes to find it. */
  readonly waitsFor: string;
}

export interface Edit {
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug extends Edit {
  readonly name: string;
  /** What goes wrong, in one line. */
  readonly what: string;
  /** The source file, from the root of the repository. */
  readonly file: string;
  /** The same mistake in other places, of the same file if none is given, where one guard stands behind another. */
  readonly also?: readonly (Edit & { readonly file?: string })[];
  /** The promise that is broken: a rule of SPEC.md, or an invariant of the oracle. */
  readonly breaks: string;
  readonly foundBy: Detector;
}

/** A source as it is after these edits. @throws Error when a snippet is not there exactly once: then the product has moved on. */
export function withEdits(what: string, edits: readonly Edit[], source: string): string {
  return edits.reduce((text, { find, replace }) => {
    const parts = text.split(find);
    if (parts.length !== 2)
      throw new Error(`Cannot change ${what}: there is ${parts.length - 1} times ${JSON.stringify(find)}`);
    return parts.join(replace);
  }, source);
}
