/**
 * Tells one start of the machine from another.
 * @module
 */
import { readFileSync } from 'node:fs';

const PATH = '/proc/sys/kernel/random/boot_id';

/** @returns undefined where the system does not say. */
export function bootId(): string | undefined {
  try {
    return readFileSync(PATH, 'utf8').trim();
  } catch {
    return undefined;
  }
}
