/**
 * Worlds in which people decide who shares the folder: each node joins through one that was there before, some are removed, some
 * leave, some come back.
 * @module
 */
import type { SeededChance } from '../../src/edges/memory/seeded-chance.ts';
import type { MemberStep, Pair } from '../plan.ts';

const WORLDS = 0.1;
const MORE_MAX = 4;
/** Between two acts of one pairing: at once, or after all else has happened. */
const PAUSES_MS = [0, 5, 50, 500, 5000] as const;

/** @returns none for a world in which all share the folder from the start. */
export function planGathering(nodes: number, lastMs: number, chance: SeededChance): MemberStep[] {
  if (!chance.happens(WORLDS) || nodes < 2) return [];
  const joins = Array.from({ length: nodes - 1 }, (_, index) =>
    pairing([chance.below(index + 1), index + 1], lastMs * 0.6, chance),
  );
  const more = Array.from({ length: chance.below(MORE_MAX + 1) }, (): MemberStep => {
    const kind = chance.pick(['pair', 'remove', 'remove', 'leave'] as const);
    const first = chance.below(nodes);
    const second = (first + 1 + chance.below(nodes - 1)) % nodes;
    if (kind === 'pair') return pairing([first, second], lastMs, chance);
    const when = { id: 0, atMs: chance.fraction() * lastMs, forMs: 0 };
    return kind === 'remove' ? { kind, ...when, link: [first, second] } : { kind, ...when, node: first };
  });
  return [...joins, ...more];
}

function pairing(link: Pair, withinMs: number, chance: SeededChance): MemberStep {
  const atMs = chance.fraction() * withinMs;
  const forMs = chance.fraction() * chance.pick(PAUSES_MS);
  return { kind: 'pair', id: 0, atMs, forMs, link, order: chance.pick([0, 1, 2] as const) };
}
