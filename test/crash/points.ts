/**
 * kill -9 at named points (crash-point.ts): between the disk's answer and the records' save, between that and the word to the
 * peers, between two transactions, between the configuration on the disk and its effect.
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '../harness/random.ts';
import type { BuiltNode } from './built-node.ts';
import type { Stage } from './round.ts';
import type { Script } from './scripts.ts';
import { Stages } from './stages.ts';
import type { Tally } from './tally.ts';

/** The n-th time that a point is passed, from 1. */
export interface Passing {
  readonly point: string;
  readonly number: number;
}

/** All points that a script passes, as one run of it did. */
export async function passings(built: BuiltNode, script: Script, random: Random): Promise<Passing[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lanfold-points-'));
  const list = join(directory, 'list');
  writeFileSync(list, '');
  try {
    await using stages = new Stages(built, script, random, { orders: true });
    const rounds = Math.min(2, script.roundsMax);
    for (let round = 0; round < rounds; round += 1) {
      const wanted = round === rounds - 1 ? { list } : undefined;
      const { faults } = await stages.play((stage) => order(stage, script, wanted));
      if (faults.length > 0) throw new Error(`"${script.name}" fails by itself: ${faults.join('\n')}`);
    }
    const counts = new Map<string, number>();
    const points = readFileSync(list, 'utf8').split('\n').slice(0, -1);
    return points.map((point) => {
      const number = (counts.get(point) ?? 0) + 1;
      counts.set(point, number);
      return { point, number };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Plays the script once for each passing, until it is over. */
export async function killAtPoints(
  built: BuiltNode,
  script: Script,
  chosen: readonly Passing[],
  random: Random,
  tally: Tally,
  isOver: () => boolean = () => false,
): Promise<void> {
  await using stages = new Stages(built, script, random, { orders: true });
  for (const passing of chosen) {
    if (isOver()) return;
    const { killed, faults } = await stages.play((stage) => order(stage, script, passing));
    tally.count(script.name, passing.point, killed, faults, `${passing.point} ${passing.number}`);
  }
}

async function order(
  stage: Stage,
  { victim }: Script,
  wanted: Parameters<Stage['order']>[1],
): Promise<() => Promise<void>> {
  stage.order(victim, wanted);
  return async () => stage.order(victim, undefined);
}
