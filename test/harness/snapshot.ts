/**
 * What a folder looks like on disk, whole: every name, its type, bytes, mode, time and link target; and how two differ.
 * @module
 */
import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** One name of a tree. */
export type TreeEntry = {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Of a file; 0 for all else. */
  readonly sizeBytes: number;
  /** The twelve permission bits; 0 for a symlink, whose bits mean nothing. */
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** A file's SHA-256 in hex, a symlink's target, '' for all else. */
  readonly content: string;
};

/** Name relative to the root, with `/` between its parts → what is there. Sorted by name. */
export type TreeSnapshot = ReadonlyMap<string, TreeEntry>;

/** Names that belong to the sync programs, not to the person: directly under the root only. */
const INTERNAL_NAMES: ReadonlySet<string> = new Set(['.lanfold', '.stfolder', '.stversions', '.stignore']);

/** Files are read in pieces, so that a 1 GiB file does not sit in memory; by way of one that stays: a tree has 20,000 files. */
const PIECE = Buffer.allocUnsafe(1 << 20);

/**
 * Looks at all of `root` but the sync programs' own names. Temporary files are not skipped: one left behind is a
 * difference that a test wants to see. A name that vanishes meanwhile is left out.
 */
export function snapshotTree(root: string): TreeSnapshot {
  const entries = new Map<string, TreeEntry>();
  const waiting = [''];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for (const name of listDirectory(join(root, directory))) {
      if (directory === '' && INTERNAL_NAMES.has(name)) continue;
      const path = directory === '' ? name : `${directory}/${name}`;
      const entry = look(join(root, path));
      if (entry === undefined) continue;
      entries.set(path, entry);
      if (entry.type === 'directory') waiting.push(path);
    }
  }
  return new Map([...entries].sort(([left], [right]) => (left < right ? -1 : 1)));
}

export type DiffOptions = {
  /** How far apart two files' times may be; 0 by default. Times of directories and symlinks are never compared. */
  readonly mtimeToleranceNs?: bigint;
  /** Whether permission bits count; true by default. */
  readonly modes?: boolean;
  /** The differences to tell at most; 20 by default. A last line says how many more there are. */
  readonly linesMax?: number;
};

/** The differences of two trees as sentences for a person; empty when they are equal. `left` and `right` name the sides. */
export function diffTrees(left: TreeSnapshot, right: TreeSnapshot, options: DiffOptions = {}): string[] {
  const lines: string[] = [];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const mine = left.get(name);
    const theirs = right.get(name);
    if (mine === undefined) lines.push(`${quote(name)}: only right has it (${theirs?.type})`);
    else if (theirs === undefined) lines.push(`${quote(name)}: only left has it (${mine.type})`);
    else lines.push(...diffEntries(mine, theirs, options).map((line) => `${quote(name)}: ${line}`));
  }
  const linesMax = options.linesMax ?? 20;
  if (lines.length <= linesMax) return lines;
  return [...lines.slice(0, linesMax), `... and ${lines.length - linesMax} more`];
}

/** The names that look like a conflict's loser, set aside by lanfold or by Syncthing. */
export function conflictCopies(tree: TreeSnapshot): string[] {
  return [...tree.keys()].filter((name) => /\.sync-conflict-\d{8}-\d{6}/.test(name));
}

function diffEntries(left: TreeEntry, right: TreeEntry, options: DiffOptions): string[] {
  if (left.type !== right.type) return [`left is a ${left.type}, right is a ${right.type}`];
  const lines: string[] = [];
  if (left.sizeBytes !== right.sizeBytes) lines.push(`left has ${left.sizeBytes} bytes, right has ${right.sizeBytes}`);
  else if (left.content !== right.content)
    lines.push(`contents differ: ${quote(left.content)}, ${quote(right.content)}`);
  if (options.modes !== false && left.mode !== right.mode)
    lines.push(`left has mode ${left.mode.toString(8)}, right has ${right.mode.toString(8)}`);
  const apartNs = left.mtimeNs - right.mtimeNs;
  const toleranceNs = options.mtimeToleranceNs ?? 0n;
  if (left.type === 'file' && (apartNs > toleranceNs || -apartNs > toleranceNs))
    lines.push(`left's time is ${apartNs} ns after right's (${left.mtimeNs}, ${right.mtimeNs})`);
  return lines;
}

function look(path: string): TreeEntry | undefined {
  try {
    const stat = lstatSync(path, { bigint: true });
    const { mtimeNs } = stat;
    const mode = Number(stat.mode & 0o7777n);
    if (stat.isDirectory()) return { type: 'directory', sizeBytes: 0, mode, mtimeNs, content: '' };
    if (stat.isSymbolicLink()) return { type: 'symlink', sizeBytes: 0, mode: 0, mtimeNs, content: readlinkSync(path) };
    if (!stat.isFile()) return { type: 'other', sizeBytes: 0, mode, mtimeNs, content: '' };
    return { type: 'file', sizeBytes: Number(stat.size), mode, mtimeNs, content: hashFile(path) };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** SHA-256 of a file's bytes, in hex. */
export function hashFile(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (let count = readSync(file, PIECE); count > 0; count = readSync(file, PIECE))
      hash.update(PIECE.subarray(0, count));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Whether a name is not there (any more), which is no news in a tree that someone is changing. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text);
}
