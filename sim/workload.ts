/**
 * What people do: a mix of operations that each seed draws for itself, some kinds switched off (swarm testing: a kind that
 * hides others, such as deleting everything, is absent from most runs).
 * @module
 */
import type { SeededChance } from '../src/edges/memory/seeded-chance.ts';
import type { UserStep, UserVerb } from './plan.ts';

/** Few paths, so that people meet. A directory's path is at times used as a file's, and the other way round. */
export const PATHS = ['a', 'b.txt', 'd', 'd/x', 'd/e/y', 'd/e', 'f/z', 'f'] as const;
const FILE_PATHS = ['a', 'b.txt', 'd/x', 'd/e/y', 'f/z'] as const;

const VERBS: readonly UserVerb[] = [
  'write',
  'overwrite',
  'append',
  'truncate',
  'save',
  'save-with-backup',
  'copy',
  'rename',
  'delete',
  'make-directory',
  'symlink',
  'permissions',
  'backdate',
  'change-type',
  'disguise',
];
/** Of each verb's weight; 0 switches it off. */
const WEIGHTS = [0, 0, 1, 2, 4] as const;
const GAPS_MS = [20, 200, 1000, 4000] as const;
/** Mostly one block; at times three. */
const SIZES_BYTES = [10, 100, 1000, 5000] as const;
const LARGE_BYTES = 300 * 1024;
/** Runs in which somebody leaves empty files behind; in all others an empty file that travels is a fault. */
const EMPTY_RATE = 0.1;

export interface Workload {
  readonly nodes: number;
  readonly operations: number;
  /** In some worlds people decide who shares the folder. Default: true. */
  readonly gatherings?: boolean;
}

/** The people's part of a plan, by time. */
export function planUsers({ nodes, operations }: Workload, chance: SeededChance): UserStep[] {
  const verbs = VERBS.flatMap((verb) => Array.from({ length: chance.pick(WEIGHTS) }, () => verb));
  verbs.push('write'); // without files there is nothing to try
  if (chance.happens(EMPTY_RATE)) verbs.push('empty', 'empty');
  const gapMs = chance.pick(GAPS_MS);
  const largeRate = chance.pick([0, 0, 0, 0.1]);
  const pauseMsMax = chance.pick([5, 50, 500, 3500]);
  const onlyFiles = chance.happens(0.3);
  const steps: UserStep[] = [];
  let atMs = 0;
  for (let id = 0; id < operations; id += 1) {
    // The gaps of a Poisson process: bursts and silences, as people make them.
    atMs += -Math.log(1 - chance.fraction()) * gapMs;
    const verb = chance.pick(verbs);
    steps.push({
      kind: 'user',
      id,
      atMs,
      node: chance.below(nodes),
      verb,
      path: chance.pick(onlyFiles ? FILE_PATHS : PATHS),
      other: chance.pick([...FILE_PATHS, `new-${id}`]),
      sizeBytes: chance.happens(largeRate) ? LARGE_BYTES : 1 + chance.below(chance.pick(SIZES_BYTES)),
      parts: 1 + chance.below(4),
      pauseMsMax,
    });
  }
  return steps;
}
