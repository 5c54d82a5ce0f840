/**
 * I1: when all links are whole and nothing moves any more, every node has the same tree, but for names of which a node says
 * that something is wrong with them there.
 * @module
 */
import { type ContentKeys, excerpt } from './content-key.ts';
import type { Entry, Snapshot } from './snapshot.ts';
import type { Report } from './violation.ts';

export interface NodeTree {
  readonly node: string;
  readonly snapshot: Snapshot;
}

/** Compares whole trees at the end of a run: names, types, bytes, permissions, link targets, modification times of files. */
export function checkConvergence(
  trees: readonly NodeTree[],
  isExcused: (name: string) => boolean,
  keys: ContentKeys,
  report: Report,
): void {
  const [first, ...others] = trees;
  if (first === undefined) return;
  const expected = describe(first.snapshot, keys);
  for (const other of others) {
    const actual = describe(other.snapshot, keys);
    const names = [...new Set([...expected.keys(), ...actual.keys()])].sort();
    const differences = names.flatMap((name) => {
      const [left = 'nothing', right = 'nothing'] = [expected.get(name), actual.get(name)];
      return left === right || isExcused(name)
        ? []
        : [`${name}: ${first.node} has ${left}, ${other.node} has ${right}`];
    });
    if (differences.length > 0) report({ rule: 'I1', text: differences.join('; ') });
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
