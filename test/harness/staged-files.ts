/**
 * Where a node keeps what it is bringing, for tests that look there or make the disk fail there.
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const STAGING = '.lanfold/staging';

/** Names of the staged files of a folder. */
export function stagedIn(folder: string): string[] {
  const directory = join(folder, STAGING);
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** Where the content of a file of one block will be staged. */
export function stagePath(folder: string, name: string, content: string): string {
  const block = createHash('sha256').update(content).digest();
  const key = createHash('sha256').update(`${name}\0`).update(block).digest('hex');
  return join(folder, STAGING, key.slice(0, 32));
}
