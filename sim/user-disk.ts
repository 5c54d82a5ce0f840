/**
 * What people's programs do to a disk that is more than one call.
 * @module
 */
import type { MemoryDisk } from '../src/edges/memory/memory-disk.ts';

/** Removes a path and all that is below it. */
export function removeAll(disk: MemoryDisk, path: string): void {
  const inode = disk.find(path);
  if (inode?.type !== 'directory') {
    disk.unlink(path);
    return;
  }
  for (const base of [...inode.children.keys()].sort()) removeAll(disk, `${path}/${base}`);
  disk.removeDirectory(path);
}
