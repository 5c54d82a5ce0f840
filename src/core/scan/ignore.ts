/**
 * Is this name ours to sync? Answered by the patterns of `.stignore`, in Syncthing's grammar and order, so that a folder that
 * both programs share is the same folder for both.
 *
 * The first rule that matches decides; a name that no rule matches is synced. Names that lanfold and Syncthing keep for
 * themselves are always ignored, whatever the rules say (SPEC N4).
 * @module
 */
import { isInternalName, joinName } from '../model/folder-path.ts';
import { IgnoreAutomaton, TooManyPaths } from './ignore-automaton.ts';
import { faultAt, isIgnoreFault, parseRules } from './ignore-parse.ts';
import type { IgnoreFault, IgnoreOptions, IgnoreRule, ReadInclude } from './ignore-parse.ts';

export type { IgnoreFault, IgnoreOptions, ReadInclude } from './ignore-parse.ts';

/** `file`, `line` and `pattern` name the rule that decided; they are missing where none did. */
export interface IgnoreVerdict {
  readonly ignored: boolean;
  /** It may be removed when only it keeps a deleted directory alive. Only where `ignored`. */
  readonly deletable: boolean;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** The line as it was written. */
  readonly pattern?: string;
}

/** What is asked of patterns. */
export interface Ignores {
  match(name: string): IgnoreVerdict;
  canSkip(directory: string): boolean;
}

const SYNCED: IgnoreVerdict = { ignored: false, deletable: false };
const INTERNAL: IgnoreVerdict = { ignored: true, deletable: false };

/** The rules of one folder. A value: new patterns make a new one. */
export class IgnoreRules implements Ignores {
  readonly #rules: readonly IgnoreRule[];
  readonly #verdicts: readonly IgnoreVerdict[];
  readonly #automaton: IgnoreAutomaton;

  constructor(rules: readonly IgnoreRule[]) {
    this.#rules = rules;
    this.#verdicts = rules.map(({ file, line, pattern, negated, deletable }) => ({
      ignored: !negated,
      deletable: deletable && !negated,
      file,
      line,
      pattern,
    }));
    this.#automaton = new IgnoreAutomaton(rules);
  }

  /** What becomes of a canonical name. The root '' is never ignored. */
  match(name: string): IgnoreVerdict {
    if (isInternalName(name)) return INTERNAL;
    if (name === '' || this.#rules.length === 0) return SYNCED;
    return this.#verdicts[this.#automaton.read(name).rule] ?? SYNCED;
  }

  /**
   * May a walker pass over everything below this directory? True only if all that can be there is ignored.
   *
   * What ignores a directory also ignores its content, unless a negated rule before it matches something below. Rules behind
   * it have no say, since the first match wins. Exact but for one thing: names that no disk can hold count as names.
   */
  canSkip(directory: string): boolean {
    if (directory === '') return false;
    // Asked of a name below, because a directory that only looks like a temporary file does not hide its content.
    if (isInternalName(joinName(directory, 'x'))) return true;
    const { rule } = this.#automaton.read(directory);
    if (this.#verdicts[rule]?.ignored !== true) return false;
    return rule < this.#automaton.read(`${directory}/`).negated;
  }
}

/** Nothing is ignored but what is internal. */
export const NO_IGNORES = new IgnoreRules([]);

/** Ignores what either ignores. */
export function stricter(a: Ignores, b: Ignores): Ignores {
  return {
    match(name) {
      const verdict = a.match(name);
      return verdict.ignored ? verdict : b.match(name);
    },
    canSkip: (directory) => a.canSkip(directory) || b.canSkip(directory),
  };
}

/**
 * Reads an ignore file. Any fault makes all of it unusable: to sync what a person meant to keep out would be worse than to stop.
 * @param file its name relative to the folder's root, for messages and as the start of relative includes.
 */
export function parseIgnores(
  file: string,
  text: string,
  include: ReadInclude,
  options: IgnoreOptions = {},
): IgnoreRules | IgnoreFault {
  const rules = parseRules(file, text, include, options);
  if (isIgnoreFault(rules)) return rules;
  try {
    return new IgnoreRules(rules);
  } catch (error) {
    const rule = error instanceof TooManyPaths ? rules[error.rule] : undefined;
    if (rule === undefined) throw error;
    return faultAt(rule, 'the pattern, or all up to it together, can match in too many ways');
  }
}
