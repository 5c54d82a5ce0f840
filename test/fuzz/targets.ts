/**
 * All that is fuzzed.
 * @module
 */
import type { Target } from './engine/target.ts';
import { CLI_TARGETS } from './targets/cli.ts';
import { DISCOVERY_TARGETS } from './targets/discovery.ts';
import { FILE_TARGETS } from './targets/files.ts';
import { IGNORE_TARGETS } from './targets/ignore.ts';
import { PAIRING_TARGETS } from './targets/pairing.ts';
import { STORE_TARGETS } from './targets/store.ts';
import { WIRE_TARGETS } from './targets/wire.ts';

/** What peers and strangers send. */
export const NETWORK_TARGETS: readonly Target[] = [...WIRE_TARGETS, ...PAIRING_TARGETS, ...DISCOVERY_TARGETS];
/** What lies on the own disk, and what the own user types. */
export const LOCAL_TARGETS: readonly Target[] = [...IGNORE_TARGETS, ...FILE_TARGETS, ...STORE_TARGETS, ...CLI_TARGETS];
export const TARGETS: readonly Target[] = [...NETWORK_TARGETS, ...LOCAL_TARGETS];

export function findTarget(name: string): Target {
  const found = TARGETS.find((target) => target.name === name);
  if (found === undefined)
    throw new Error(`no target "${name}": there are ${TARGETS.map((one) => one.name).join(', ')}`);
  return found;
}
