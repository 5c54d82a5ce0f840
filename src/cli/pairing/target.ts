/**
 * Where a folder that is joined is put.
 * @module
 */
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';

/**
 * What a person would expect: this directory, if it is empty or called like the folder and not the home directory; else a new one
 * of the folder's name in it.
 * @param label what the other side calls the folder; only its harmless characters are used.
 */
export function defaultTarget(label: string, here = process.cwd()): string {
  const name = directoryName(label);
  if (here !== homedir() && here !== '/') {
    if (basename(here).toLowerCase() === name.toLowerCase() || contentOf(here) === 0) return here;
  }
  return join(here, name);
}

/** As {@link defaultTarget}, but not inside a folder that is shared already: beside it then. */
export function outsideShared(
  label: string,
  shared: readonly { readonly path: string }[],
  here = process.cwd(),
): string {
  const around = shared.find(({ path }) => here === path || here.startsWith(path + sep));
  return around === undefined ? defaultTarget(label, here) : join(dirname(around.path), directoryName(label));
}

/** As a person types it: `~` is the home directory, and what is relative is relative to here. */
export function typedTarget(typed: string, here = process.cwd()): string {
  if (typed === '~') return homedir();
  return resolve(here, typed.startsWith('~/') ? join(homedir(), typed.slice(2)) : typed);
}

/** `~/Photos` for what lies in the home directory. */
export function shownPath(path: string): string {
  const home = homedir();
  return path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}

/** How many entries of the user's a directory has; 0 for one that is not there. */
export function contentOf(directory: string): number {
  try {
    return readdirSync(directory).filter((name) => name !== '.lanfold').length;
  } catch {
    return 0;
  }
}

/** The label comes from another computer: it names one new directory here, and nothing else. */
function directoryName(label: string): string {
  const name = label
    .replaceAll(/[/\\\p{Cc}\p{Cf}]/gu, '')
    .replace(/^[\s.]+/, '') // together: what is left of " .." must not be ".."
    .trim();
  return name === '' ? 'lanfold' : name.slice(0, 64);
}
