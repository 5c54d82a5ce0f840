/**
 * I1: when all links are whole and nothing moves any more, each two nodes have the same tree, but for names of which one of the two says
 * that something is wrong with them there; so may a third one that stands between them.
 * @module
 */
import { type ContentKeys, excerpt } from './content-key.ts';
import type { Entry, Snapshot } from './snapshot.ts';
import type { Report } from './violation.ts';

export interface NodeTree {
  readonly node: string;
  readonly snapshot: Snapshot;
  /** The node says that something is wrong with this name there. */
  readonly isExcused: (name: string) => boolean;
  /** The node says that nobody gives it what it wants under this name. */
  readonly isUngiven: (name: string) => boolean;
  /** What has to come from one node to the other does not pass through a third one. */
  readonly isBeside: (node: string) => boolean;
}

/** Compares whole trees at the end of a run: names, types, bytes, permissions, link targets, modification times of files. */
export function checkConvergence(trees: readonly NodeTree[], keys: ContentKeys, report: Report): void {
  const described = trees.map((tree) => ({ tree, entries: describe(tree.snapshot, keys) }));
  for (const [index, one] of described.entries()) {
    for (const other of described.slice(index + 1)) {
      const between = one.tree.isBeside(other.tree.node) ? [one.tree, other.tree] : trees;
      const names = [...new Set([...one.entries.keys(), ...other.entries.keys()])].sort();
      const differences = names.flatMap((name) => {
        const [left = 'nothing', right = 'nothing'] = [one.entries.get(name), other.entries.get(name)];
        if (left === right || between.some(({ isExcused }) => isExcused(name))) return [];
        // Who has it, and wants nothing else, is to give it.
        const isLackedBy = (tree: NodeTree, there: string): boolean => there === 'nothing' || tree.isUngiven(name);
        if (one.tree.isUngiven(name) && isLackedBy(other.tree, right)) return [];
        if (other.tree.isUngiven(name) && isLackedBy(one.tree, left)) return [];
        return [`${name}: ${one.tree.node} has ${left}, ${other.tree.node} has ${right}`];
      });
      if (differences.length > 0) report({ rule: 'I1', text: differences.join('; ') });
    }
  }
}

function describe(snapshot: Snapshot, keys: ContentKeys): Map<string, string> {
  return new Map(snapshot.visible.map((entry) => [entry.name, describeEntry(entry, keys)]));
}

function describeEntry({ inode }: Entry, keys: ContentKeys): string {
  const permissions = inode.permissions.toString(8);
  switch (inode.type) {
    case 'file':
      return `a file ${excerpt(inode.content)} ${keys.of(inode.content)} ${permissions} of ${inode.modifiedNs}`;
    case 'symlink':
      return `a symlink to ${Buffer.from(inode.symlinkTarget).toString()}`;
    case 'directory':
    case 'other':
    default:
      return `a ${inode.type} ${permissions}`;
  }
}
