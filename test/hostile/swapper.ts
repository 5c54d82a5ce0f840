/**
 * A program of its own that swaps a directory for a symlink and back, as fast as it can, until it is told to end:
 * `node swapper.ts DIRECTORY TARGET`. Leaves the directory in its place, and prints how often it has swapped.
 * @module
 */
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';

const [, , directory = '', target = ''] = process.argv;
const TURN = 50;
let swaps = 0;
let isOver = false;
process.on('SIGTERM', () => (isOver = true));

function swap(): void {
  for (let times = 0; times < TURN; times += 1) {
    renameSync(directory, `${directory} away`);
    symlinkSync(target, `${directory} link`);
    try {
      renameSync(`${directory} link`, directory);
      unlinkSync(directory);
    } catch {
      unlinkSync(`${directory} link`); // somebody has made a directory there meanwhile
      return;
    }
    renameSync(`${directory} away`, directory);
    swaps += 1;
  }
}

function turn(): void {
  swap();
  if (isOver) console.log(swaps);
  else setImmediate(turn);
}

turn();
