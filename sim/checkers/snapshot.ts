/**
 * What a disk holds of the shared folder at one moment.
 * @module
 */
import { OWN_DIRECTORY } from '../../src/core/model/folder-path.ts';
import type { Inode } from '../../src/edges/memory/memory-disk.ts';

export interface Entry {
  readonly name: string;
  readonly inode: Inode;
}

export interface Snapshot {
  /** Everything people see, by name. */
  readonly visible: readonly Entry[];
  /** Files in the history. */
  readonly history: readonly Entry[];
}

/** `root`: the folder on the disk, undefined while there is none. */
export function takeSnapshot(root: Inode | undefined): Snapshot {
  const visible: Entry[] = [];
  const history: Entry[] = [];
  if (root === undefined) return { visible, history };
  collect(root, '', visible, true);
  const kept = root.children.get(OWN_DIRECTORY)?.children.get('history');
  if (kept !== undefined) collect(kept, '', history, false);
  return { visible, history };
}

function collect(directory: Inode, prefix: string, into: Entry[], skipOwn: boolean): void {
  for (const base of [...directory.children.keys()].sort()) {
    const inode = directory.children.get(base);
    if (inode === undefined || (skipOwn && prefix === '' && base === OWN_DIRECTORY)) continue;
    const name = prefix + base.normalize('NFC'); // some disks keep another form, of what is one name to people
    into.push({ name, inode });
    if (inode.type === 'directory') collect(inode, `${name}/`, into, false);
  }
}
