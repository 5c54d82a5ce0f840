/**
 * A program of its own that swaps a directory for a symlink and back, as fast as it can, until it is told to end:
 * `node swapper.ts DIRECTORY TARGET`. Leaves the directory in its place, and prints how often it has swapped.
 * @module
 */
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';

const [, , directory = '', target = ''] = process.argv;
const TURN = 50;
/** Each of the two stays for so long: a pull meets the one as often as the other, and the swap at every of its steps. */
const STAY_MS = 0.2;
let swaps = 0;
let isOver = false;
process.on('SIGTERM', () => (isOver = true));

function swap(): void {
  for (let times = 0; times < TURN; times += 1) {
    renameSync(directory, `${directory} away`);
    symlinkSync(target, `${directory} link`);
    try {
      renameSync(`${directory} link`, directory);
      stay();
      unlinkSync(directory);
    } catch {
      unlinkSync(`${directory} link`); // somebody has made a directory there meanwhile
      return;
    }
    renameSync(`${directory} away`, directory);
    stay();
    swaps += 1;
  }
}

function stay(): void {
  const endMs = performance.now() + STAY_MS;
  while (performance.now() < endMs);
}

function turn(): void {
  swap();
  if (isOver) console.log(swaps);
  else setImmediate(turn);
}

turn();
