/**
 * All globs of a folder as one machine that reads a name once, whatever the number of globs.
 *
 * Each glob becomes a small graph of states (Thompson's construction). Walking all of them side by side takes time in
 * proportion to the name, so no pattern can make it slow: `a*a*a*…b` has nothing to go back to. The set of states reached by
 * a beginning of a name is remembered with the sets that follow it, so most names cost one map look-up per character.
 *
 * The same sets answer a question that a regular expression cannot: may anything that *begins* so still match?
 * @module
 */
import { SLASH } from './ignore-glob.ts';
import type { CodeRange, Glob } from './ignore-glob.ts';

/** What the machine needs to know of a rule; rules are known by their place in the list, and the first one wins. */
export interface AutomatonRule {
  readonly glob: Glob;
  /** Only from the root, or also below any directory. */
  readonly rooted: boolean;
  readonly foldCase: boolean;
  /** A negated rule: what it matches is not ignored. */
  readonly negated: boolean;
}

/** What was found out about a name, or about all names that begin so. */
export interface Reached {
  /** The first rule that matches exactly this; Infinity if none does. */
  readonly rule: number;
  /** The first negated rule that can match this or a name that begins so; Infinity if none can. */
  readonly negated: number;
}

/** A remembered step costs about 100 bytes, and a name's directory shares its steps with all names in it. */
const STEPS_REMEMBERED_MAX = 20_000;
/** A set costs some 15 bytes more for each state in it, and a pattern such as `**a????…` may have it hold thousands. */
const STATES_REMEMBERED_MAX = 2_000_000;
/** Ways from state to state that one rule may have: of plain characters it has as many as characters, of `{,a}{,a}…` the square. */
const PATHS_PER_RULE_MAX = 20_000;
/** Of all rules: ten thousand lines of people. What is built of them takes some 100 MB at most. */
const PATHS_MAX = 500_000;

/** The rules need more memory than they are worth; `rule` is the place of the first that is too much. */
export class TooManyPaths extends Error {
  readonly rule: number;

  constructor(rule: number) {
    super(`Rule ${rule} has too many paths`);
    this.rule = rule;
  }
}

/** A state that waits for a character, or that says "matched". States without either (forks) exist only while building. */
interface State {
  readonly accepts: (code: number) => boolean;
  /** States that may be next once the character came. */
  readonly next: readonly number[];
  /** The rule that is matched when the name ends here; Infinity for any other state. */
  readonly rule: number;
  readonly negated: number;
}

interface StateSet extends Reached {
  readonly states: readonly number[];
  readonly steps: Map<number, StateSet>;
}

export class IgnoreAutomaton {
  readonly #states: readonly State[];
  readonly #begin: readonly number[];
  /** The set of `#begin`, kept at hand because its key is as long as all rules together. */
  #beginSet: StateSet | undefined;
  #sets = new Map<string, StateSet>();
  #stepsRemembered = 0;
  #statesRemembered = 0;

  /** @throws TooManyPaths */
  constructor(rules: readonly AutomatonRule[]) {
    const graph = new Graph();
    this.#begin = graph.addRules(rules);
    this.#states = graph.states;
  }

  read(name: string): Reached {
    let set = (this.#beginSet ??= this.#setOf(this.#begin));
    for (const character of name) set = this.#step(set, character.codePointAt(0) ?? 0);
    return set;
  }

  #step(set: StateSet, code: number): StateSet {
    const known = set.steps.get(code);
    if (known !== undefined) return known;
    const following = new Set<number>();
    for (const id of set.states) {
      const state = this.#states[id];
      if (state?.accepts(code) === true) for (const next of state.next) following.add(next);
    }
    const isFull = this.#stepsRemembered >= STEPS_REMEMBERED_MAX || this.#statesRemembered >= STATES_REMEMBERED_MAX;
    if (isFull) this.#forget();
    const next = this.#setOf([...following].sort((a, b) => a - b));
    // After a forget() `set` belongs to nothing that is remembered; it goes away with the name that is being read.
    set.steps.set(code, next);
    this.#stepsRemembered += 1;
    return next;
  }

  #setOf(states: readonly number[]): StateSet {
    const key = states.join();
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    let rule = Infinity;
    let negated = Infinity;
    for (const id of states) {
      rule = Math.min(rule, this.#states[id]?.rule ?? Infinity);
      negated = Math.min(negated, this.#states[id]?.negated ?? Infinity);
    }
    const set: StateSet = { states, rule, negated, steps: new Map() };
    this.#sets.set(key, set);
    this.#statesRemembered += states.length;
    return set;
  }

  #forget(): void {
    this.#sets = new Map();
    this.#beginSet = undefined;
    this.#stepsRemembered = 0;
    this.#statesRemembered = 0;
  }
}

/** Builds states from the end of a glob to its beginning, so that each knows what comes after it. */
class Graph {
  readonly states: State[] = [];
  #paths = 0;
  /** The one that is being added, and how many paths there may be in all when it is. */
  #rule = { index: 0, pathsMax: PATHS_MAX };

  /** @returns the states in which a name begins. */
  addRules(rules: readonly AutomatonRule[]): number[] {
    const rooted: number[] = [];
    const anywhere: number[] = [];
    let negatedAnywhere = Infinity;
    for (const [index, rule] of rules.entries()) {
      const negated = rule.negated ? index : Infinity;
      this.#rule = { index, pathsMax: Math.min(PATHS_MAX, this.#paths + PATHS_PER_RULE_MAX) };
      const end = this.#add({ accepts: () => false, next: [], rule: index, negated });
      const begin = this.#addGlob(rule.glob, [end], rule.foldCase, negated);
      (rule.rooted ? rooted : anywhere).push(...begin);
      if (!rule.rooted) negatedAnywhere = Math.min(negatedAnywhere, negated);
    }
    if (anywhere.length === 0) return rooted;
    // One "any directories, then" for all rules that need it, instead of one each.
    this.#rule = { index: rules.length - 1, pathsMax: Infinity };
    const slash = this.#add({
      accepts: (code) => code === SLASH,
      next: anywhere,
      rule: Infinity,
      negated: negatedAnywhere,
    });
    return [...rooted, ...anywhere, ...this.#addRun(true, [slash], negatedAnywhere)].sort((a, b) => a - b);
  }

  /** @returns the states to be in before the glob; `after` are those to be in behind it. */
  #addGlob(glob: Glob, after: readonly number[], foldCase: boolean, negated: number): readonly number[] {
    let next = after;
    for (const node of glob.toReversed()) {
      switch (node.is) {
        case 'character': {
          const wanted = foldCase ? folded(node.code) : node.code;
          const accepts = foldCase
            ? (code: number): boolean => folded(code) === wanted
            : (code: number): boolean => code === wanted;
          next = [this.#add({ accepts, next, rule: Infinity, negated })];
          break;
        }
        case 'any-one':
          next = [this.#add({ accepts: (code) => code !== SLASH, next, rule: Infinity, negated })];
          break;
        case 'one-of': {
          const accepts = (code: number): boolean => isWithin(code, node.ranges, foldCase) !== node.negated;
          next = [this.#add({ accepts, next, rule: Infinity, negated })];
          break;
        }
        case 'run':
          next = this.#addRun(node.crossesSlash, next, negated);
          break;
        case 'choice': {
          const behind = next;
          next = [...new Set(node.options.flatMap((option) => this.#addGlob(option, behind, foldCase, negated)))];
          this.#count(next.length);
          break;
        }
      }
    }
    return next;
  }

  /** Any number of characters, none included: a state that comes back to itself, beside what follows it. */
  #addRun(crossesSlash: boolean, after: readonly number[], negated: number): number[] {
    const self = this.states.length;
    const next = [self, ...after];
    this.#add({ accepts: (code) => crossesSlash || code !== SLASH, next, rule: Infinity, negated });
    return next;
  }

  #add(state: State): number {
    this.#count(state.next.length);
    return this.states.push(state) - 1;
  }

  #count(paths: number): void {
    this.#paths += paths;
    if (this.#paths > this.#rule.pathsMax) throw new TooManyPaths(this.#rule.index);
  }
}

function isWithin(code: number, ranges: readonly CodeRange[], foldCase: boolean): boolean {
  const alternatives = foldCase ? [code, folded(code), raised(code)] : [code];
  return ranges.some(([low, high]) => alternatives.some((one) => low <= one && one <= high));
}

function folded(code: number): number {
  return single(String.fromCodePoint(code).toLowerCase()) ?? code;
}

function raised(code: number): number {
  return single(String.fromCodePoint(code).toUpperCase()) ?? code;
}

/** A few characters become two in the other case (ß: SS); they are matched only as they are. */
function single(text: string): number | undefined {
  const code = text.codePointAt(0);
  return code !== undefined && String.fromCodePoint(code) === text ? code : undefined;
}
