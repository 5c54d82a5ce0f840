/**
 * The text of `.stignore`, and of the files that it includes, as a list of rules (SPEC G1–G6).
 * @module
 */
import { GLOB_CHARACTERS, isGlobFault, parseGlob, SLASH } from './ignore-glob.ts';
import type { Glob, GlobNode } from './ignore-glob.ts';

/** One line that is a pattern. Where several rules match a name, the first one decides. */
export interface IgnoreRule {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line as it was written, without the space around it. */
  readonly pattern: string;
  /** What matches is not ignored. */
  readonly negated: boolean;
  /** What matches may be removed when only it keeps a deleted directory alive. */
  readonly deletable: boolean;
  readonly foldCase: boolean;
  /** Matched from the root only, or also below any directory. */
  readonly rooted: boolean;
  readonly glob: Glob;
}

export interface IgnoreFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** One sentence that names file, line and reason; without a full stop. */
  readonly fault: string;
}

/**
 * Gives the text of an included file, or undefined if it cannot be read.
 * @param path relative to the folder's root, already resolved against the file that includes it.
 * @param from the file that includes it.
 */
export type ReadInclude = (path: string, from: string) => string | undefined;

export interface IgnoreOptions {
  /** All patterns match without regard to case, as if each began with `(?i)`: for disks that do not tell names apart by it. */
  readonly foldCase?: boolean;
}

/** More is a mistake or an attack: included files may come from peers. Bounds the recursion below. */
export const INCLUDES_MAX = 100;

const DEFAULT_ESCAPE = '\\';

export function parseRules(
  file: string,
  text: string,
  include: ReadInclude,
  options: IgnoreOptions,
): IgnoreRule[] | IgnoreFault {
  const reader = new RuleReader(include, options.foldCase ?? false);
  return reader.addFile(file, text) ?? reader.rules;
}

export function isIgnoreFault(value: object): value is IgnoreFault {
  return 'fault' in value;
}

class RuleReader {
  readonly rules: IgnoreRule[] = [];
  readonly #include: ReadInclude;
  readonly #foldCase: boolean;
  /** Lines seen in any file: a second one could never decide anything, since the first match wins. */
  readonly #linesSeen = new Set<string>();
  readonly #filesSeen = new Set<string>();

  constructor(include: ReadInclude, foldCase: boolean) {
    this.#include = include;
    this.#foldCase = foldCase;
  }

  addFile(file: string, text: string): IgnoreFault | undefined {
    this.#filesSeen.add(file);
    let escape = DEFAULT_ESCAPE;
    let isBeginning = true;
    for (const [index, raw] of text.split('\n').entries()) {
      const content = raw.trim();
      if (content === '' || content.startsWith('//')) continue;
      const place: Place = { file, line: index + 1 };
      if (content.startsWith('#escape=')) {
        // Not a duplicate in an included file: each file sets its own.
        const wanted = Array.from(content.slice('#escape='.length).trim());
        if (!isBeginning) return faultAt(place, '"#escape=" must come before all patterns');
        if (wanted.length !== 1 || wanted[0] === undefined) return faultAt(place, '"#escape=" needs one character');
        if (GLOB_CHARACTERS.includes(wanted[0])) return faultAt(place, `"${wanted[0]}" cannot be the escape character`);
        escape = wanted[0];
        continue;
      }
      isBeginning = false;
      if (this.#linesSeen.has(content)) continue;
      this.#linesSeen.add(content);
      const fault = content.startsWith('#include')
        ? this.#addInclude(place, content)
        : this.#addPattern(place, content, escape);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #addInclude(place: Place, content: string): IgnoreFault | undefined {
    const wanted = content.slice('#include'.length).trimStart();
    // Not by one expression for both: over a line of a megabyte of spaces that would take hours.
    if (wanted === '' || !/^#include\s/u.test(content))
      return faultAt(place, '"#include" needs a space and the name of a file');
    const path = resolve(place.file, wanted);
    if (path === undefined) return faultAt(place, `the included file "${wanted}" lies outside the folder`);
    if (this.#filesSeen.has(path)) return faultAt(place, `"${path}" is included twice`);
    if (this.#filesSeen.size > INCLUDES_MAX) return faultAt(place, `more than ${INCLUDES_MAX} files are included`);
    const text = this.#include(path, place.file);
    if (text === undefined) return faultAt(place, `the included file "${path}" cannot be read`);
    return this.addFile(path, text);
  }

  #addPattern(place: Place, pattern: string, escape: string): IgnoreFault | undefined {
    const { body, negated, foldCase, deletable } = splitPrefixes(pattern);
    if (body === '') return faultAt(place, `"${pattern}" has no pattern behind its prefix`);
    const rooted = body.startsWith('/');
    // `**/x` says what an `x` without slash in front says anyway: here and below.
    const start = rooted ? 1 : body.startsWith('**/') ? 3 : 0;
    const text = `${body}${body.endsWith('/') ? '**' : ''}`.slice(start);
    const glob = parseGlob(text, escape);
    if (isGlobFault(glob)) return faultAt(place, `"${pattern}" ${glob.reason}`);
    const contentOnly = body.endsWith('/') || body.endsWith('/**');
    this.rules.push({
      ...place,
      pattern,
      negated,
      deletable,
      foldCase: foldCase || this.#foldCase,
      rooted,
      glob: contentOnly ? glob : [...glob, OR_ALL_BELOW],
    });
    return undefined;
  }
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/** `x` means `x` and `x/**`. */
const OR_ALL_BELOW: GlobNode = {
  is: 'choice',
  options: [
    [],
    [
      { is: 'character', code: SLASH },
      { is: 'run', crossesSlash: true },
    ],
  ],
};

interface Prefixed {
  readonly body: string;
  readonly negated: boolean;
  readonly foldCase: boolean;
  readonly deletable: boolean;
}

/** Takes off `!`, `(?i)` and `(?d)`, in any order, each at most once; a second one belongs to the pattern. */
function splitPrefixes(pattern: string): Prefixed {
  const found = new Set<string>();
  let body = pattern;
  for (;;) {
    const prefix = ['!', '(?i)', '(?d)'].find((one) => !found.has(one) && body.startsWith(one));
    if (prefix === undefined) break;
    found.add(prefix);
    body = body.slice(prefix.length);
  }
  return { body, negated: found.has('!'), foldCase: found.has('(?i)'), deletable: found.has('(?d)') };
}

/** The name that `path` means in the directory of the file `from`, or undefined if it leaves the root. */
function resolve(from: string, path: string): string | undefined {
  const parts = from.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return parts.join('/');
}

/** @param reason as the end of the sentence. */
export function faultAt({ file, line }: Place, reason: string): IgnoreFault {
  const place = { file, line };
  return { ...place, fault: `line ${place.line} of ${place.file}: ${reason}` };
}
