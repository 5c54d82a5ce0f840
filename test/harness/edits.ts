/**
 * Changes a folder as a person and their programs do, at random from a seed, and writes down what was done.
 * Another program may be syncing the same folder meanwhile, so a name can be gone at any moment: such a change is not
 * counted, and another is drawn.
 * @module
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join, sep } from 'node:path';
import { Random } from './random.ts';
import { isGone } from './snapshot.ts';
import { parentOf, under } from './tree.ts';

/** One change that was made. `content` is the SHA-256 (hex) of a written file's bytes, or a symlink's target. */
export type Edit = {
  readonly kind: EditKind;
  readonly name: string;
  /** Where a rename went. */
  readonly to?: string;
  readonly content?: string;
};

export type EditKind =
  | 'create'
  | 'overwrite'
  | 'edit'
  | 'append'
  | 'truncate'
  | 'delete'
  | 'rename'
  | 'rename-directory'
  | 'chmod'
  | 'make-directory'
  | 'remove-tree'
  | 'file-to-directory'
  | 'directory-to-file'
  | 'file-to-symlink'
  | 'symlink';

export type EditOptions = {
  readonly seed: number;
  readonly count: number;
  /** Put into the names that are made, so that two sides that edit at once do not make the same ones by chance. */
  readonly label?: string;
  /** The kinds to draw from; all, in the weights of {@link EDIT_WEIGHTS}, by default. */
  readonly kinds?: readonly EditKind[];
};

/** How often each kind comes, of the sum of all. */
export const EDIT_WEIGHTS: Readonly<Record<EditKind, number>> = {
  create: 20,
  overwrite: 12,
  edit: 12,
  append: 8,
  truncate: 4,
  delete: 14,
  rename: 12,
  'rename-directory': 2,
  chmod: 4,
  'make-directory': 4,
  'remove-tree': 1,
  'file-to-directory': 2,
  'directory-to-file': 1,
  'file-to-symlink': 2,
  symlink: 2,
};

const SIZE_BYTES_MAX = 64 << 10;
/** The whole tree is listed anew after so many draws: between them another program's changes show as misses. */
const DRAWS_PER_LISTING = 50;
/** A tree that is removed holds at most so many names, so that one draw cannot end the test. */
const REMOVED_NAMES_MAX = 100;
/** What the other program's changes make of ours: the name is gone, taken, or of another kind by now. */
const MISSED: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'ENOTEMPTY',
  'EISDIR',
  'ELOOP',
  'EINVAL',
  'EACCES',
]);
/** Draws without one that could be done, after which the tree is taken for unusable. */
const MISSES_MAX = 1000;

/** Makes `options.count` changes below `root`, one after the other, and returns them in order. */
export function editTree(root: string, options: EditOptions): Edit[] {
  const editor = new Editor(root, options);
  const edits: Edit[] = [];
  for (let misses = 0; edits.length < options.count;) {
    const edit = editor.tryOne();
    if (edit !== undefined) edits.push(edit);
    else if (++misses > MISSES_MAX) throw new Error(`Cannot edit "${root}": nothing in it can be changed`);
  }
  return edits;
}

/** Makes changes one by one, for a test that does other things between them. */
export class Editor {
  readonly #root: string;
  readonly #random: Random;
  readonly #label: string;
  readonly #kinds: readonly EditKind[];
  #files: string[] = [];
  #directories: string[] = [];
  #names = 0;
  #drawsLeft = 0;
  #made = 0;

  constructor(root: string, options: Omit<EditOptions, 'count'>) {
    this.#root = fs.realpathSync(root);
    this.#random = new Random(options.seed);
    this.#label = options.label ?? 'edit';
    this.#kinds =
      options.kinds ??
      Object.entries(EDIT_WEIGHTS).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind as EditKind));
  }

  /** Makes one change; undefined when another program's change came before it (at most its first half was made then). */
  tryOne(): Edit | undefined {
    if (this.#drawsLeft-- <= 0) this.#list();
    try {
      const kind = this.#random.pick(this.#kinds);
      return { kind, ...this.#makers[kind]() };
    } catch (error) {
      if (error instanceof RangeError || (error instanceof Error && 'code' in error && MISSED.has(error.code)))
        return undefined;
      throw error;
    }
  }

  /** One function for each kind: makes the change, or throws when it cannot be made. */
  readonly #makers: Readonly<Record<EditKind, () => Omit<Edit, 'kind'>>> = {
    create: () => this.#create(this.#newName()),
    overwrite: () => {
      // As most editors save: beside, then renamed over.
      const name = this.#aFile();
      const beside = under(parentOf(name), `.save-${this.#label}-${this.#made++}`);
      const { content } = this.#create(beside);
      fs.renameSync(this.#at(beside), this.#at(name));
      return { name, content };
    },
    edit: () => this.#changeInPlace('edit'),
    append: () => this.#changeInPlace('append'),
    truncate: () => this.#changeInPlace('truncate'),
    delete: () => ({ name: this.#deleteFile() }),
    rename: () => this.#rename(this.#aFile()),
    'rename-directory': () => {
      this.#drawsLeft = 0;
      return this.#rename(this.#aDirectory());
    },
    chmod: () => {
      const name = this.#aFile();
      fs.chmodSync(this.#at(name), (fs.lstatSync(this.#at(name)).mode & 0o777) ^ 0o111);
      return { name };
    },
    'make-directory': () => {
      const name = this.#newName();
      fs.mkdirSync(this.#at(name));
      this.#directories.push(name);
      return { name };
    },
    'remove-tree': () => ({ name: this.#removeTree() }),
    'file-to-directory': () => {
      const name = this.#deleteFile();
      fs.mkdirSync(this.#at(name));
      this.#create(under(name, 'was a file'));
      return { name };
    },
    'directory-to-file': () => this.#create(this.#removeTree()),
    'file-to-symlink': () => this.#link(this.#deleteFile(), `was-a-file-${this.#random.word()}`),
    symlink: () => this.#link(this.#newName(), `../${this.#random.word()}`),
  };

  /** The real path of a name. A parent that has become a symlink is a miss: nothing outside the root is ever touched. */
  #at(name: string): string {
    const parent = join(this.#root, parentOf(name));
    if (fs.realpathSync(parent) !== parent) throw new RangeError(`"${name}" is behind a symlink`);
    return join(this.#root, name);
  }

  #aFile(): string {
    const name = this.#random.pick(this.#files);
    if (!fs.lstatSync(this.#at(name)).isFile()) throw new RangeError(`"${name}" is no longer a file`);
    return name;
  }

  #aDirectory(): string {
    const name = this.#random.pick(this.#directories);
    if (name === '') throw new RangeError('The root stays');
    return name;
  }

  #newName(): string {
    return under(this.#random.pick(this.#directories), `${this.#random.word()}-${this.#label}-${this.#made++}`);
  }

  #removeTree(): string {
    const name = this.#aDirectory();
    const within = entriesBelow(this.#at(name));
    if (within.length > Math.min(REMOVED_NAMES_MAX, this.#names / 4)) throw new RangeError(`"${name}" holds too much`);
    fs.rmSync(this.#at(name), { recursive: true });
    this.#drawsLeft = 0;
    return name;
  }

  #create(name: string): { name: string; content: string } {
    const bytes = this.#random.bytes(this.#random.percent(5) ? 0 : this.#random.between(1, SIZE_BYTES_MAX));
    fs.writeFileSync(this.#at(name), bytes, { flag: 'wx' });
    return { name, content: sha256(bytes) };
  }

  #deleteFile(): string {
    const name = this.#aFile();
    fs.unlinkSync(this.#at(name));
    return name;
  }

  #rename(name: string): { name: string; to: string } {
    const to = this.#newName();
    fs.renameSync(this.#at(name), this.#at(to));
    return { name, to };
  }

  #link(name: string, content: string): { name: string; content: string } {
    fs.symlinkSync(content, this.#at(name));
    return { name, content };
  }

  #changeInPlace(how: 'edit' | 'append' | 'truncate'): { name: string; content: string } {
    const name = this.#aFile();
    const file = fs.openSync(this.#at(name), fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
    try {
      const { size } = fs.fstatSync(file);
      const position = how === 'append' ? size : this.#random.below(size + 1);
      const bytes = this.#random.bytes(this.#random.between(1, 4096));
      if (how === 'truncate') fs.ftruncateSync(file, position);
      else fs.writeSync(file, bytes, 0, bytes.length, position);
      return { name, content: sha256(readAll(file)) };
    } finally {
      fs.closeSync(file);
    }
  }

  #list(): void {
    this.#drawsLeft = DRAWS_PER_LISTING;
    this.#files = [];
    this.#directories = [''];
    const found = entriesBelow(this.#root);
    this.#names = found.length;
    for (const { path, entry } of found) {
      const name = path.slice(this.#root.length + sep.length);
      if (/^\.(?:lanfold|stfolder|stversions|stignore)(?:\/|$)/.test(name)) continue;
      // Half-written files of the sync programs are not the person's to change.
      if (/^\.(?:syncthing|lanfold)[.-]/.test(entry.name)) continue;
      if (entry.isFile()) this.#files.push(name);
      else if (entry.isDirectory()) this.#directories.push(name);
    }
    // The order of a listing is the disk's; the same seed must draw the same names.
    this.#files.sort();
    this.#directories.sort();
  }
}

/** Everything below a directory. Node's own recursive listing would follow symlinks, in circles and out of the tree. */
function entriesBelow(directory: string): { path: string; entry: fs.Dirent }[] {
  const found: { path: string; entry: fs.Dirent }[] = [];
  const waiting = [directory];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const entry of listed(next)) {
      const path = join(next, entry.name);
      found.push({ path, entry });
      if (entry.isDirectory()) waiting.push(path);
    }
  }
  return found;
}

/** A directory that another program has removed meanwhile is empty. */
function listed(directory: string): fs.Dirent[] {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readAll(file: number): Buffer {
  const bytes = Buffer.alloc(fs.fstatSync(file).size);
  fs.readSync(file, bytes, 0, bytes.length, 0);
  return bytes;
}
