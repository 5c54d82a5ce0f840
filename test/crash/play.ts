/**
 * Plays one round of a script with a trap for its victim, and judges what comes of it.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { diffTrees, type TreeSnapshot } from '../harness/snapshot.ts';
import { historyContents, lostContents, type Stage } from './round.ts';
import type { Script } from './scripts.ts';

/** Sets the trap, when all is at rest and the script is about to begin; returns what takes it away. */
export type Trap = () => Promise<() => Promise<void>>;

export interface Verdict {
  /** False: the trap was never sprung, and the script ran to its end. */
  readonly killed: boolean;
  /** What must not be, as sentences. */
  readonly faults: readonly string[];
}

/** What a node still does once all is in sync. */
const AFTERWARDS_MS = 150;
const CONVERGED_MS = 60_000;

export async function play(stage: Stage, script: Script, round: number, trap: Trap): Promise<Verdict> {
  await script.prepare?.(stage, round);
  const before = stage.tree('b');
  const disarm = await trap();
  const host = stage.hosts[script.victim];
  // Whatever it asks of the victim fails when that dies.
  const acted = script.act(stage, round).catch(() => {});
  await Promise.race([acted, script.atStart === true ? acted : host.ended]);
  const expected = stage.tree('a');
  await Promise.race([host.ended, runToTheEnd(stage, acted)]);
  const killed = host.process.signalCode === 'SIGKILL';
  await disarm();
  const faults = stage.strangers();
  await acted;
  await stage.revive(script.victim);
  if (killed) await script.again?.(stage, round);
  const tree = await stage.pair.converged(CONVERGED_MS).catch((error: unknown) => {
    faults.push(`they did not come to rest: ${error instanceof Error ? error.message : String(error)}`);
    return stage.tree('b');
  });
  faults.push(...diffTrees(unconflicted(expected), unconflicted(tree)));
  // What a person at b replaced is not b's to keep.
  if (!script.authors.includes('b'))
    faults.push(...lostContents(before, tree, historyContents(stage.side('b').folder)));
  faults.push(...(script.faults?.(stage, round) ?? []));
  faults.push(...(await stage.faultsAtRest()));
  return { killed, faults };
}

async function runToTheEnd(stage: Stage, acted: Promise<void>): Promise<void> {
  await acted;
  try {
    await stage.pair.converged(CONVERGED_MS);
    await delay(AFTERWARDS_MS);
  } catch {
    // the victim died, and does not answer; or it did not converge, which the judgement finds
  }
}

/** Which conflict copies there may be is judged by itself. */
function unconflicted(tree: TreeSnapshot): TreeSnapshot {
  return new Map([...tree].filter(([name]) => !name.includes('.sync-conflict-')));
}
