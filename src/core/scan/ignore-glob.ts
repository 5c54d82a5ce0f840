/**
 * One glob of an ignore file, as a tree.
 *
 * `*` any run without `/` · `**` any run · `?` one character but `/` · `[a-z]` one of these · `[!a-z]` one of all others, also
 * `/` · `{a,b}` one of these · an escape character makes the next one plain. Everything else stands for itself, also `]`, `}`
 * and `,` outside (SPEC G7).
 *
 * Compared with Syncthing 1.19.2 on random rules, names and a real tree, that is what it does, with these exceptions. It refuses
 * sets of several ranges (`[a-z0-9]`), and takes an open `{` or an escape at the end as it is where we name the fault. And a
 * `**` between two plain texts may match less than nothing there: `/a/**` + `/b` ignores a/b. Here it ignores a/x/b only.
 * @module
 */

/** A glob is matched from its first node to its last. Characters are Unicode code points. */
export type Glob = readonly GlobNode[];

export type GlobNode =
  | { readonly is: 'character'; readonly code: number }
  | { readonly is: 'one-of'; readonly ranges: readonly CodeRange[]; readonly negated: boolean }
  | { readonly is: 'any-one' }
  | { readonly is: 'run'; readonly crossesSlash: boolean }
  | { readonly is: 'choice'; readonly options: readonly Glob[] };

/** Both ends belong to it. */
export type CodeRange = readonly [low: number, high: number];

/** Why a glob cannot be read, as the end of a sentence that begins with the pattern. */
export interface GlobFault {
  readonly reason: string;
}

/** A longer pattern is a mistake or an attack; the size of what is compiled grows with it. */
export const PATTERN_CHARACTERS_MAX = 4096;
/** Braces in braces: `{a,{b,c}}` is 2 deep. Bounds the recursion below. */
export const BRACES_DEPTH_MAX = 8;

export const SLASH = 0x2f;
/** Characters that a glob cannot do without, so that none of them can be the escape character. */
export const GLOB_CHARACTERS = '/*?[]{},';

/**
 * Reads a glob.
 * @param escape the one character that makes the next one plain; none of {@link GLOB_CHARACTERS}.
 */
export function parseGlob(text: string, escape: string): Glob | GlobFault {
  const characters = Array.from(text);
  if (characters.length > PATTERN_CHARACTERS_MAX) {
    return { reason: `is longer than ${PATTERN_CHARACTERS_MAX} characters` };
  }
  try {
    return new GlobReader(characters, escape).glob();
  } catch (error) {
    if (error instanceof Unreadable) return { reason: error.reason };
    throw error;
  }
}

export function isGlobFault(value: Glob | GlobFault): value is GlobFault {
  return 'reason' in value;
}

/** Leaves the recursive descent; never leaves this file. */
class Unreadable extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

class GlobReader {
  readonly #characters: readonly string[];
  readonly #escape: string;
  #at = 0;

  constructor(characters: readonly string[], escape: string) {
    this.#characters = characters;
    this.#escape = escape;
  }

  glob(): Glob {
    return this.#sequence(0);
  }

  /** Up to the end, or inside braces up to the `,` or `}` that ends this option (which stays unread). */
  #sequence(depth: number): GlobNode[] {
    const nodes: GlobNode[] = [];
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (depth > 0 && (next === ',' || next === '}')) break;
      nodes.push(this.#node(depth));
    }
    return nodes;
  }

  #node(depth: number): GlobNode {
    switch (this.#peek()) {
      case '*':
        return { is: 'run', crossesSlash: this.#stars() > 1 };
      case '?':
        this.#at += 1;
        return { is: 'any-one' };
      case '[':
        this.#at += 1;
        return this.#set();
      case '{':
        this.#at += 1;
        return this.#choice(depth + 1);
      case undefined:
      default:
        return { is: 'character', code: this.#plain() };
    }
  }

  /** A run of three or more means no more than `**`. */
  #stars(): number {
    const from = this.#at;
    while (this.#peek() === '*') this.#at += 1;
    return this.#at - from;
  }

  #set(): GlobNode {
    const negated = this.#take('!');
    const ranges: CodeRange[] = [];
    while (!this.#take(']')) {
      const low = this.#plain('has a "[" without "]"');
      // A `-` before the closing bracket is a plain one.
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']';
      if (isRange) this.#at += 1;
      const high = isRange ? this.#plain('has a "[" without "]"') : low;
      if (high < low) throw new Unreadable('has a range in "[ ]" that runs backwards');
      ranges.push([low, high]);
    }
    if (ranges.length === 0) throw new Unreadable('has nothing between "[" and "]"');
    return { is: 'one-of', ranges, negated };
  }

  #choice(depth: number): GlobNode {
    if (depth > BRACES_DEPTH_MAX) throw new Unreadable(`has braces nested more than ${BRACES_DEPTH_MAX} deep`);
    const options: Glob[] = [];
    do options.push(this.#sequence(depth));
    while (this.#take(','));
    if (!this.#take('}')) throw new Unreadable('has a "{" without "}"');
    return { is: 'choice', options };
  }

  /** One plain or escaped character. */
  #plain(reasonAtEnd = `ends with "${this.#escape}", which must stand before another character`): number {
    if (this.#peek() === this.#escape) this.#at += 1;
    const code = this.#peek()?.codePointAt(0);
    if (code === undefined) throw new Unreadable(reasonAtEnd);
    this.#at += 1;
    return code;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }
}
