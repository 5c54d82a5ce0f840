/**
 * Makes folders like those that people have, from a seed: mostly small files, some large, deep paths, links, modes, old
 * times, and names that programs stumble over.
 * @module
 */
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Random } from './random.ts';

export type TreeOptions = {
  readonly seed: number;
  /** Regular files to make, those with hard names not counted. */
  readonly files: number;
  /** Whether to add {@link HARD_NAMES} and their like; true by default. */
  readonly hardNames?: boolean;
  /** One symlink for so many files; 25 by default, 0 for none. */
  readonly filesPerSymlink?: number;
  /** The largest file; 2 MiB by default. */
  readonly sizeBytesMax?: number;
};

/** What was made: everything below the root, counted. */
export type TreeCounts = { files: number; directories: number; symlinks: number; sizeBytes: number };

/**
 * Names that are legal on Linux and that both programs can send: all are NFC (Syncthing renames others), none ends in a
 * way that either program takes for its own.
 */
export const HARD_NAMES: readonly string[] = [
  ' leading and trailing ',
  '-rf',
  '~tilde',
  '#hash',
  '%2e%2e',
  '...',
  '.hidden',
  'line\nbreak',
  'tab\tand\u0001control',
  `quotes'"\``,
  'back\\slash',
  'question? star* <angle> |pipe| colon:',
  'CON',
  'trailing dot.',
  'emoji \u{1f98a}\u{1f469}\u200d\u{1f4bb}.txt',
  '\u65e5\u672c\u8a9e.md',
  '\u00fcn\u00efc\u00f6d\u00e9',
  '\u202eright-to-left',
  'Case',
  'case',
  'a'.repeat(255),
  `${'\u00e9'.repeat(126)}abc`, // 255 bytes, 129 letters
];

/** File mode and how many of 100 files have it. */
const FILE_MODES: readonly (readonly [mode: number, percent: number])[] = [
  [0o755, 12],
  [0o600, 5],
  [0o664, 5],
  [0o444, 2],
];
const DIRECTORY_MODES: readonly number[] = [0o755, 0o755, 0o755, 0o775, 0o700];
const DEPTH_MAX = 12;
const FILES_PER_DIRECTORY = 9;
/** Old times lie between these: 2001-09-09 and 2024-02-04. */
const OLDEST_S = 1_000_000_000;
const NEWEST_S = 1_707_000_000;

/** Fills `root`, which is made when it is missing. The same options give the same names, bytes and modes. */
export function makeTree(root: string, options: TreeOptions): TreeCounts {
  const random = new Random(options.seed);
  const counts: TreeCounts = { files: 0, directories: 0, symlinks: 0, sizeBytes: 0 };
  mkdirSync(root, { recursive: true });
  const directories = makeDirectories(root, random, Math.ceil(options.files / FILES_PER_DIRECTORY), counts);
  const names: string[] = [];
  const sizeBytesMax = options.sizeBytesMax ?? 2 << 20;
  const addFile = (name: string): void => {
    names.push(name);
    writeLikePeople(join(root, name), random, sizeBytesMax, counts);
  };
  for (let made = 0; made < options.files; made++) {
    addFile(
      under(random.pick(directories), `${random.word()}-${made}.${random.pick(['ts', 'js', 'json', 'md', 'png'])}`),
    );
  }
  if (options.hardNames !== false) addHardNames(root, addFile, counts);
  const filesPerSymlink = options.filesPerSymlink ?? 25;
  if (filesPerSymlink > 0) {
    for (let made = 0; made < Math.ceil(options.files / filesPerSymlink); made++) {
      symlinkSync(linkTarget(random, names, directories), join(root, under(random.pick(directories), `link-${made}`)));
      counts.symlinks++;
    }
  }
  return counts;
}

/** Some wide, one chain that is deep, and one that stays empty. The first is the root itself. */
function makeDirectories(root: string, random: Random, count: number, counts: TreeCounts): string[] {
  const directories = [''];
  const add = (parent: string, name: string): string => {
    const path = under(parent, name);
    mkdirSync(join(root, path));
    chmodSync(join(root, path), random.pick(DIRECTORY_MODES));
    counts.directories++;
    return path;
  };
  for (let made = 0; made < count; made++) {
    const parent = random.pick(directories);
    if (parent.split('/').length < DEPTH_MAX) directories.push(add(parent, `${random.word()}.${made}`));
  }
  let chain = '';
  for (let depth = 0; depth < 30; depth++) chain = add(chain, `deep${depth}`);
  directories.push(chain);
  add('', 'empty directory');
  return directories;
}

/** Files with hard names, and a hard name as a directory, where what stumbles is other code. */
function addHardNames(root: string, addFile: (name: string) => void, counts: TreeCounts): void {
  for (const parent of ['hard names', 'line\nbreak \u{1f98a} dir']) {
    mkdirSync(join(root, parent));
    counts.directories++;
    for (const name of HARD_NAMES) addFile(`${parent}/${name}`);
  }
}

function writeLikePeople(path: string, random: Random, sizeBytesMax: number, counts: TreeCounts): void {
  const sizeBytes = Math.min(drawSize(random), sizeBytesMax);
  writeFileSync(path, random.bytes(sizeBytes));
  let draw = random.below(100);
  const mode = FILE_MODES.find(([, percent]) => (draw -= percent) < 0)?.[0] ?? 0o644;
  chmodSync(path, mode);
  if (random.percent(50)) {
    const seconds = random.between(OLDEST_S, NEWEST_S) + random.below(1_000_000) / 1_000_000;
    utimesSync(path, seconds, seconds);
  }
  counts.files++;
  counts.sizeBytes += sizeBytes;
}

/** Sizes as in a source tree: about 10 KiB in the mean, three of four within one block of a disk. */
function drawSize(random: Random): number {
  const draw = random.below(1000);
  if (draw < 20) return 0;
  if (draw < 730) return random.between(1, 4 << 10);
  if (draw < 960) return random.between(4 << 10, 32 << 10);
  if (draw < 998) return random.between(32 << 10, 256 << 10);
  return random.between(256 << 10, 2 << 20);
}

/** To a file, to a directory, to nothing, or out of the tree: a sync program carries the text, it never follows. */
function linkTarget(random: Random, names: readonly string[], directories: readonly string[]): string {
  switch (random.below(4)) {
    case 0:
      return names.length > 0 ? random.pick(names) : 'nothing';
    case 1:
      return `../${random.pick(directories)}`;
    case 2:
      return `no such file ${random.word()}`;
    default:
      return `/nonexistent/${random.word()}`;
  }
}

/** A name below a directory, both relative to the root, whose own name is ''. */
export function under(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** The directory that a relative name is in; '' for the root. */
export function parentOf(name: string): string {
  const parent = dirname(name);
  return parent === '.' ? '' : parent;
}
