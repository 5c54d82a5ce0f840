/**
 * kill -9 at system calls: finds out which ones a script makes, and lets the node die at each of them, or at some.
 * @module
 */
import type { Random } from '../harness/random.ts';
import type { BuiltNode } from './built-node.ts';
import type { Stage } from './round.ts';
import type { Script } from './scripts.ts';
import { Stages } from './stages.ts';
import { killAt, listCalls, type Position, StartList, startKilledAt } from './system-calls.ts';
import type { Tally } from './tally.ts';

/** All positions of a script, as one run of it made them. */
export async function survey(built: BuiltNode, script: Script, random: Random): Promise<Position[]> {
  await using stages = new Stages(built, script, random);
  let listed: Position[] = [];
  const list = async (stage: Stage): Promise<() => Promise<void>> => {
    const host = stage.hosts[script.victim];
    if (script.atStart === true) {
      const start = new StartList();
      host.startThrough = start.through;
      return async () => {
        listed = start.positions(stage.pair.root);
        start[Symbol.dispose]();
      };
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = listCalls(host.pid, () => promise);
    return async () => {
      resolve();
      listed = await done;
    };
  };
  // The first round makes what later ones change.
  const rounds = Math.min(2, script.roundsMax);
  for (let round = 0; round < rounds; round += 1) {
    const { faults } = await stages.play(round === rounds - 1 ? list : nothing);
    if (faults.length > 0) throw new Error(`"${script.name}" fails by itself: ${faults.join('\n')}`);
  }
  return listed;
}

/** Plays the script once for each position, until it is over. */
export async function killAtEach(
  built: BuiltNode,
  script: Script,
  positions: readonly Position[],
  random: Random,
  tally: Tally,
  isOver: () => boolean = () => false,
): Promise<void> {
  await using stages = new Stages(built, script, random);
  for (const position of positions) {
    if (isOver()) return;
    const { killed, faults } = await stages.play((stage) => setTrap(stage, script, position));
    const { thread, call, number } = position;
    tally.count(script.name, call, killed, faults, `${thread} ${call} ${number}`);
  }
}

async function setTrap(stage: Stage, script: Script, position: Position): Promise<() => Promise<void>> {
  const host = stage.hosts[script.victim];
  if (script.atStart === true) {
    host.startThrough = startKilledAt(position);
    // What did not kill it yet may do so at an answer to who judges it.
    return () => stage.side(script.victim).node.end();
  }
  const strace = await killAt(host.pid, position);
  return async () => void (await strace?.end());
}

/** Draws so many positions: the rarer kinds of calls first in turn, so that each kind comes before any comes twice. */
export function sample(positions: readonly Position[], count: number, random: Random): Position[] {
  const kinds = Map.groupBy(positions, ({ call }) => call);
  const drawn: Position[] = [];
  while (drawn.length < count && kinds.size > 0) {
    for (const [call, left] of kinds) {
      if (drawn.length === count) break;
      drawn.push(...left.splice(random.below(left.length), 1));
      if (left.length === 0) kinds.delete(call);
    }
  }
  return drawn;
}

const nothing = (): Promise<() => Promise<void>> => Promise.resolve(() => Promise.resolve());
