/**
 * A directory for targets that read files: in memory where there is such a place, and gone with the process.
 * @module
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import type { Equipment } from './watched.ts';

const IN_MEMORY = '/dev/shm';

/** Whoever starts the thread removes it again: a thread that hangs cannot. */
export function makeScratch(): string {
  const directory = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'lanfold-fuzz-'));
  process.once('exit', () => removeScratch(directory));
  return directory;
}

export function removeScratch(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

let own: string | undefined;

/** The directory of this thread. */
export function scratch(): string {
  own ??= isMainThread ? makeScratch() : (workerData as Equipment).scratch;
  return own;
}
