/**
 * The way to a name without ever leaving the root.
 *
 * A path given to the system whole can be led astray by a symlink in its middle, also by one put there after it was checked.
 * So each directory on the way is opened by itself, relative to its parent's handle and without following symlinks, and
 * the last part is used relative to its parent's handle: `/proc/self/fd/<handle>/<part>`. Node has no `openat`; on Linux
 * this is the same, and it also reaches names that are longer than the system's limit for a path.
 *
 * Where there is no /proc (macOS, Windows) each part is checked before it is passed.
 * RACE: there, a directory swapped for a symlink between the check and the use is followed.
 *
 * A walk lives for one batch, and finds its way anew every few milliseconds. Handles kept longer would follow a directory that
 * the user moves out of the folder.
 * RACE: for so long one that was just moved out is still worked in.
 * @module
 */
import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { baseName, joinName, nameFault, OWN_DIRECTORY, parentOf } from '../../core/model/folder-path.ts';
import type { Trouble } from '../../ports/file-tree.ts';
import { isSpelledOtherwise } from './spelling.ts';
import { errorCode, systemError, trouble } from './trouble.ts';

/** Opens a place in the tree and nothing behind it: no content is read, no permission on the thing itself is needed. */
export const O_PATH = process.platform === 'linux' ? 0o10000000 : 0;
/** On every open in a folder: a symlink is not followed, a pipe without a reader does not block for ever (R17). */
export const O_SAFE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const O_DIRECTORY = constants.O_DIRECTORY ?? 0;

const HAS_HANDLE_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd');
const HANDLES_MAX = 128;
/** A way that was found is believed for so long. */
const BELIEVED_MS = 5;
/** Deeper directories are opened anew each time, so that one name of 4,000 parts cannot use up all handles. */
const DEPTH_KEPT_MAX = 16;

interface Step {
  /** What a part is appended to. */
  readonly path: string;
  readonly handle: number | undefined;
}

export class Walk {
  readonly #root: Step;
  readonly #byHandle: boolean;
  readonly #steps = new Map<string, Step>();
  #foundMs = performance.now();

  /**
   * @param byHandle false checks each part, as on a system without /proc.
   * @throws Error (with the system's code) if the root cannot be opened.
   */
  constructor(root: string, byHandle = HAS_HANDLE_PATHS) {
    this.#byHandle = byHandle;
    this.#root = this.#byHandle ? openStep(root, O_PATH | O_DIRECTORY) : checkedRoot(root);
  }

  /**
   * A path that stands for the directory, good until {@link trim} or {@link forget}; undefined if it is not there or if a part of
   * the way is no directory.
   * @throws Error when the system refuses the way.
   */
  directory(name: string): string | undefined {
    if (name === '') return this.#root.path;
    const kept = this.#steps.get(name);
    if (kept !== undefined) return kept.path;
    const known = this.#nearestKept(name);
    let step = this.#steps.get(known) ?? this.#root;
    let depth = known === '' ? 0 : known.split('/').length;
    let at = known;
    for (const part of name.slice(known === '' ? 0 : known.length + 1).split('/')) {
      const next = this.#enterFrom(step, at, part);
      if (next === undefined) return undefined;
      step = next;
      depth += 1;
      at = joinName(at, part);
      if (depth <= DEPTH_KEPT_MAX || at === name) this.#steps.set(at, step);
    }
    return step.path;
  }

  /** A path that stands for the name, whether it exists or not; undefined if its parent directory is not there. */
  path(name: string): string | undefined {
    const directory = this.directory(parentOf(name));
    return directory === undefined ? undefined : `${directory}/${baseName(name)}`;
  }

  /**
   * Makes a directory and those above it, of our own kind (0700), and returns its path.
   * @param touched gets the directories that gained an entry.
   * @throws Error ENOTDIR if something else stands in the way.
   */
  ensure(name: string, touched: Set<string>): string {
    const there = this.directory(name);
    if (there !== undefined) return there;
    const parent = parentOf(name);
    const path = `${this.ensure(parent, touched)}/${baseName(name)}`;
    try {
      mkdirSync(path, 0o700);
      touched.add(parent);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const made = this.directory(name);
    if (made === undefined) throw systemError('ENOTDIR', `mkdir ${name}`);
    return made;
  }

  /** Drops what is known of a directory and all below: it was removed or moved. */
  forget(name: string): void {
    for (const [known, step] of this.#steps) {
      if (name !== '' && known !== name && !known.startsWith(`${name}/`)) continue;
      closeStep(step);
      this.#steps.delete(known);
    }
  }

  /** Lets go of all but the handles that were opened last, and of all that were found a while ago. Paths given out before are void. */
  trim(): void {
    const nowMs = performance.now();
    if (nowMs - this.#foundMs >= BELIEVED_MS) {
      this.forget('');
      this.#foundMs = nowMs;
    }
    for (const [known, step] of this.#steps) {
      if (this.#steps.size <= HANDLES_MAX) return;
      closeStep(step);
      this.#steps.delete(known);
    }
  }

  /** Is the directory that was found under the name still there? To be asked after what took its time. */
  leadsStill(name: string): boolean {
    const path = this.directory(name);
    const anew = new Walk(this.#root.path, this.#byHandle);
    try {
      const found = anew.directory(name);
      return path !== undefined && found !== undefined && isSameDirectory(path, found);
    } finally {
      anew.close();
    }
  }

  close(): void {
    this.forget('');
    closeStep(this.#root);
  }

  #nearestKept(name: string): string {
    let at = parentOf(name);
    while (at !== '' && !this.#steps.has(at)) at = parentOf(at);
    return at;
  }

  /** One step down; the handle of the step above is let go unless it is kept. */
  #enterFrom(above: Step, aboveName: string, part: string): Step | undefined {
    try {
      return this.#enter(above.path, part);
    } finally {
      if (above !== this.#root && this.#steps.get(aboveName) !== above) closeStep(above);
    }
  }

  #enter(parent: string, part: string): Step | undefined {
    const path = `${parent}/${part}`;
    try {
      const step = this.#byHandle ? openStep(path, O_PATH | O_DIRECTORY | O_SAFE) : checkedStep(path);
      if (step === undefined || !isSpelledOtherwise(parent, part)) return step;
      closeStep(step);
      return undefined;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
      throw error;
    }
  }
}

/** Runs one batch and lets go of all handles, whatever happens. */
export function walking<T>(root: string, run: (walk: Walk) => T): T {
  const walk = new Walk(root);
  try {
    return run(walk);
  } finally {
    walk.close();
  }
}

/** Runs a file's work on an open handle, and closes it. */
export function opened<T>(path: string, flags: number, run: (handle: number) => T): T {
  const handle = openSync(path, flags | O_SAFE);
  try {
    return run(handle);
  } finally {
    closeSync(handle);
  }
}

/** A path that stands for what is open, whatever happens to its name; where there is no such thing, its name. */
export function pathOfHandle(handle: number, path: string): string {
  return HAS_HANDLE_PATHS ? `/proc/self/fd/${handle}` : path;
}

/**
 * What is wrong with a name for this folder, if anything. The core refuses such names first; this is the second wall, at
 * the last place before the disk.
 */
export function nameTrouble(name: string): Trouble | undefined {
  const fault = nameFault(name);
  if (fault !== undefined) return trouble('name-not-allowed', `the name is not canonical: ${fault}`);
  const own = `${name}/`.toLowerCase().startsWith(`${OWN_DIRECTORY}/`);
  return own ? trouble('name-not-allowed', `${OWN_DIRECTORY} is lanfold's own`) : undefined;
}

function isSameDirectory(a: string, b: string): boolean {
  const [one, other] = [statSync(a, { bigint: true }), statSync(b, { bigint: true })];
  return one.dev === other.dev && one.ino === other.ino;
}

function openStep(path: string, flags: number): Step {
  const handle = openSync(path, flags);
  return { path: `/proc/self/fd/${handle}`, handle };
}

function checkedStep(path: string): Step | undefined {
  return lstatSync(path).isDirectory() ? { path, handle: undefined } : undefined;
}

function checkedRoot(root: string): Step {
  if (!lstatSync(`${root}/`).isDirectory()) throw systemError('ENOTDIR', 'open');
  return { path: root, handle: undefined };
}

function closeStep(step: Step): void {
  if (step.handle !== undefined) closeSync(step.handle);
}
