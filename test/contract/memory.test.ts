import { setImmediate } from 'node:timers/promises';
import { Life } from '../../src/edges/memory/life.ts';
import { MemoryClock } from '../../src/edges/memory/memory-clock.ts';
import { MemoryDisk, removeTree } from '../../src/edges/memory/memory-disk.ts';
import { MemoryNetwork } from '../../src/edges/memory/memory-network.ts';
import { MemoryTree } from '../../src/edges/memory/memory-tree.ts';
import { Scheduler } from '../../src/edges/memory/scheduler.ts';
import { SeededChance } from '../../src/edges/memory/seeded-chance.ts';
import { type DiskUnderTest, fileTreeContract, type TreeWorld } from './file-tree.ts';
import { networkContract, type NetworkWorld } from './network.ts';
import { pairingContract } from './network-pairing.ts';

fileTreeContract('memory', () => Promise.resolve(memoryFolder()));
networkContract('memory', () => Promise.resolve(memoryNetwork()));
pairingContract('memory', () => Promise.resolve(memoryNetwork()));

function memoryFolder(): TreeWorld {
  const scheduler = new Scheduler();
  const life = new Life(scheduler);
  const clock = new MemoryClock(life);
  const disk = new MemoryDisk(() => clock.nowNs());
  disk.makeDirectory('root');
  const tree = new MemoryTree({ disk, root: 'root', life, clock, chance: new SeededChance('contract') });
  let disposed = false;
  const goOn = async (): Promise<void> => {
    while (!disposed) {
      await scheduler.run(() => disposed);
      await setImmediate(); // nothing is due: until the test asks for something
    }
  };
  const going = goOn();
  return {
    tree,
    disk: memoryHands(disk),
    dispose: async () => {
      disposed = true;
      await going;
    },
  };
}

function memoryHands(disk: MemoryDisk): DiskUnderTest {
  const at = (name: string): string => (name === '' ? 'root' : `root/${name}`);
  const there = (name: string) => {
    const inode = disk.find(at(name));
    if (inode === undefined) throw new Error(`${name} is not there`);
    return inode;
  };
  return {
    writeFile: (name, bytes, { modifiedNs } = {}) => {
      const inode = disk.find(at(name)) ?? disk.createFile(at(name));
      disk.write(inode, new Uint8Array(bytes));
      if (modifiedNs !== undefined) disk.setAttributes(inode, { modifiedNs });
    },
    hold: (name) => {
      const inode = there(name);
      disk.openForWriting(inode);
      return () => disk.closeAfterWriting(inode);
    },
    readFile: (name) => there(name).content,
    makeDirectory: (name) => void disk.makeDirectory(at(name)),
    makeSymlink: (name, target) => void disk.makeSymlink(at(name), Buffer.from(target)),
    remove: (name) => removeTree(disk, at(name)),
    rename: (from, to) => disk.rename(at(from), at(to)),
    exists: (name) => disk.find(at(name)) !== undefined,
    list: (directory) => [...there(directory).children.keys()].sort(),
  };
}

function memoryNetwork(): NetworkWorld {
  const scheduler = new Scheduler();
  const network = new MemoryNetwork({ scheduler, seed: 'contract', bufferBytes: 8 * 1024 * 1024 });
  let devices = 0;
  return {
    host: 'here',
    join: () => {
      devices += 1;
      const device = new Uint8Array(32).fill(devices);
      return Promise.resolve({ device, network: network.join('here', device, new Life(scheduler)) });
    },
    until: (promise) => scheduler.runUntil(promise),
  };
}
