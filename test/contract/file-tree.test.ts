import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileTree } from '../../src/edges/disk/file-tree.ts';
import { createDiskPool, type DiskPool } from '../../src/edges/disk/pool.ts';
import { type DiskUnderTest, fileTreeContract, type TreeWorld } from './file-tree.ts';

// Idle threads keep no process alive, so nobody has to close these.
const pool = createDiskPool();
const plainPool = createDiskPool({ threads: 1, useNative: false });
fileTreeContract('disk', () => Promise.resolve(realWorld(pool)));
fileTreeContract('disk, with Node’s own calls alone', () => Promise.resolve(realWorld(plainPool)));

function realWorld(pool: DiskPool): TreeWorld {
  const root = mkdtempSync(join(tmpdir(), 'lanfold-tree-'));
  const tree = openFileTree(root, { pool });
  return {
    tree,
    disk: realDisk(root),
    dispose: async () => {
      await tree.close();
      rmSync(root, { recursive: true });
    },
  };
}

function realDisk(root: string): DiskUnderTest {
  const at = (name: string): string => `${root}/${name}`;
  return {
    writeFile: (name, bytes, { modifiedNs } = {}) => {
      writeFileSync(at(name), bytes);
      if (modifiedNs !== undefined) utimesSync(at(name), Number(modifiedNs) / 1e9, Number(modifiedNs) / 1e9);
    },
    hold: (name) => {
      const handle = openSync(at(name), 'r+');
      return () => closeSync(handle);
    },
    readFile: (name) => readFileSync(at(name)),
    makeDirectory: (name) => mkdirSync(at(name)),
    makeSymlink: (name, target) => symlinkSync(target, at(name)),
    remove: (name) => rmSync(at(name), { recursive: true }),
    rename: (from, to) => renameSync(at(from), at(to)),
    exists: (name) => existsSync(at(name)),
    list: (directory) => readdirSync(at(directory)).sort(),
  };
}
