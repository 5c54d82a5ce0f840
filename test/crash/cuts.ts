/**
 * Power cuts on real file systems: while b pulls, while a person saves at b, right after b has told of a save, and while b is set
 * up. Afterwards the disk is checked, b starts again, and both have to agree on what people completed.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../harness/process.ts';
import type { Random } from '../harness/random.ts';
import { diffTrees, type TreeSnapshot } from '../harness/snapshot.ts';
import { FOLDER } from '../nodes/pair.ts';
import type { BuiltNode } from './built-node.ts';
import { CutStage, type CutOptions } from './cut-stage.ts';
import type { FileSystem, Flush } from './disk-image.ts';
import { faultsOf } from './patience.ts';
import { historyContents, lostContents, type SideName, type Stage } from './round.ts';
import type { Tally } from './tally.ts';

interface CutKind {
  readonly name: string;
  readonly options?: CutOptions;
  /** Cuts for which one pair is good. */
  readonly roundsMax: number;
  play(at: CutStage, round: number, flush: Flush, random: Random): Promise<string[]>;
}

const CONVERGED_MS = 60_000;
const BLOCK_BYTES = 131_072;
/** Names that hold new contents after one. */
const BURST_FILES = 9;
const BESIDE_MS_MAX = 40;
const SET_UP_MS_MAX = 450;

export const CUT_KINDS: readonly CutKind[] = [
  { name: 'pull', roundsMax: 5, play: pull },
  { name: 'save', roundsMax: 5, play: save },
  { name: 'told save', roundsMax: 5, play: toldSave },
  { name: 'told save, home elsewhere', options: { homeElsewhere: true }, roundsMax: 5, play: toldSave },
  { name: 'set up', options: { together: false }, roundsMax: 1, play: setUp },
];

/** So many cuts of one file system, of all kinds in turn, until it is over. */
export async function cutOften(
  built: BuiltNode,
  fileSystem: FileSystem,
  parent: string,
  count: number,
  random: Random,
  tally: Tally,
  isOver: () => boolean = () => false,
): Promise<void> {
  for (let left = count; left > 0 && !isOver();) {
    for (const [index, kind] of CUT_KINDS.entries()) {
      const rounds = Math.min(kind.roundsMax, Math.ceil(left / (CUT_KINDS.length - index)));
      if (rounds === 0 || isOver()) continue;
      left -= rounds;
      await using at = await CutStage.open(built, fileSystem, parent, random, kind.options);
      if (kind.options?.together !== false) await at.stage.pair.converged();
      for (let round = 0; round < rounds; round += 1) {
        const flush = random.pick(['log', 'nothing'] as const);
        const faults = await faultsOf(
          () => kind.play(at, round, flush, random),
          (fault) => [fault],
        );
        tally.count(fileSystem, `${kind.name}, flushed: ${flush}`, true, faults, `${kind.name}, with ${left} left`);
        if (faults.length > 0) break; // what is at fault would be so in the next round as well
      }
    }
  }
}

/** Only the person at a changes anything. */
async function pull(at: CutStage, round: number, flush: Flush, random: Random): Promise<string[]> {
  const { stage } = at;
  const before = stage.tree('b');
  const burst = editBurst(stage, 'a', round, random);
  await someArrived(stage, 'b', before, random);
  await at.cut(flush);
  await burst;
  const faults = await at.disk.powerOn();
  faults.push(...stage.strangers());
  await stage.pair.b.node.up();
  const expected = stage.tree('a');
  const tree = await atRest(stage, faults);
  faults.push(...diffTrees(expected, tree, { linesMax: 2 }), ...stage.strangers(), ...(await stage.faultsAtRest()));
  faults.push(...lostContents(before, tree, historyContents(stage.side('b').folder)));
  return faults;
}

/**
 * The person at b saves, as programs do that flush nothing; the power fails before lanfold has seen all of it. What the disk has
 * lost nobody can give back: but a has what it had, and what lanfold had told.
 */
async function save(at: CutStage, round: number, flush: Flush, random: Random): Promise<string[]> {
  const { stage } = at;
  const before = stage.tree('a');
  await editBurst(stage, 'b', round, random);
  await someArrived(stage, 'a', before, random);
  await at.cut(flush);
  const heard = stage.tree('a');
  const faults = await at.disk.powerOn();
  const onDisk = stage.tree('b');
  await stage.pair.b.node.up();
  await saveDamagedAgain(stage, random);
  const tree = await atRest(stage, faults);
  faults.push(...(await stage.faultsAtRest()));
  // A file of which lanfold knew nothing yet is what the disk has made of it.
  faults.push(...stage.completed.strangersIn(without(tree, onDisk)).map((line) => `a was told: ${line}`));
  faults.push(...lostContents(before, tree, historyContents(stage.side('a').folder)));
  faults.push(...lostContents(heard, tree, historyContents(stage.side('a').folder)));
  return faults;
}

/** The person's saves were told and pulled when the power fails: nothing of them may be lost, nor come back damaged. */
async function toldSave(at: CutStage, round: number, flush: Flush, random: Random): Promise<string[]> {
  const { stage } = at;
  await editBurst(stage, 'b', round, random);
  const expected = stage.tree('b');
  await until('a has it', () => (diffTrees(expected, stage.tree('a')).length === 0 ? true : undefined), {
    timeoutMs: CONVERGED_MS,
    everyMs: 10,
  });
  await at.cut(flush);
  const faults = await at.disk.powerOn();
  await stage.pair.b.node.up();
  const tree = await atRest(stage, faults);
  faults.push(...diffTrees(expected, tree, { linesMax: 2 }), ...stage.strangers(), ...(await stage.faultsAtRest()));
  return faults;
}

/** b is set up for the first time: it says what is missing, or goes on; in no case is anything of a's gone. */
async function setUp(at: CutStage, _round: number, flush: Flush, random: Random): Promise<string[]> {
  const { stage } = at;
  const { a, b } = stage.pair;
  for (const name of ['one.txt', 'in/two.txt']) stage.writeNew('a', name, 2000);
  await stage.pair.trust(a);
  await stage.pair.share(a);
  const expected = stage.tree('a');
  const together = async (): Promise<void> => {
    for (const side of [a, b]) await stage.pair.trust(side);
    for (const side of [a, b]) await stage.pair.share(side);
  };
  const settingUp = together().catch(() => {}); // cut off
  await delay(random.below(SET_UP_MS_MAX));
  await at.cut(flush);
  await settingUp;
  const faults = await at.disk.powerOn();
  // Its identity may be lost with the disk: then it is a new device, and the person begins anew.
  await b.node.up();
  await together();
  const tree = await atRest(stage, faults);
  faults.push(...diffTrees(expected, tree, { linesMax: 2 }), ...stage.strangers(), ...(await stage.faultsAtRest()));
  return faults;
}

/** Told, not pulled, and damaged: nobody has it any more, so the person at b saves it once more. */
async function saveDamagedAgain(stage: Stage, random: Random): Promise<void> {
  const { node } = stage.pair.b;
  const isSettled = async (): Promise<true | undefined> => {
    const { state, peers } = await node.ask('status', FOLDER);
    return state === 'in-sync' && peers.every(({ connected }) => connected) ? true : undefined;
  };
  await until('b has whatever a can give back', isSettled, { timeoutMs: CONVERGED_MS });
  for (const [name, { type, content }] of stage.tree('b'))
    if (type === 'file' && !stage.completed.has(name, content)) stage.writeNew('b', name, random.between(1, 4000));
}

async function atRest(stage: Stage, faults: string[]): Promise<TreeSnapshot> {
  try {
    return await stage.pair.converged(CONVERGED_MS);
  } catch (error) {
    faults.push(`they did not come to rest: ${error instanceof Error ? error.message : String(error)}`);
    return stage.tree('b');
  }
}

/** Some saves, one after the other: new files, overwritten ones (in place, and beside and renamed), deletes. */
async function editBurst(stage: Stage, side: SideName, round: number, random: Random): Promise<void> {
  const sizes = [random.between(1, 4000), random.between(4000, 60_000), BLOCK_BYTES * 2 + random.below(9000)];
  const steps: (() => void)[] = sizes.flatMap((sizeBytes, index) => [
    () => stage.writeNew(side, `round ${round}/new ${index}`, sizeBytes),
    () => stage.writeNew(side, `in place ${index}`, sizeBytes),
    () => {
      const name = `beside ${index}`;
      stage.writeNew(side, `${name}.new`, sizeBytes);
      stage.rename(side, `${name}.new`, name);
    },
  ]);
  if (round > 1) steps.push(() => stage.remove(side, `round ${round - 2}`));
  while (steps.length > 0) {
    for (const step of steps.splice(random.below(steps.length), 1)) step();
    await delay(random.below(25));
  }
}

/** Waits until some of a burst's files, drawn from none to all, have come to a node, and a little longer. */
async function someArrived(stage: Stage, side: SideName, before: TreeSnapshot, random: Random): Promise<void> {
  const wanted = random.between(0, BURST_FILES);
  const haveArrived = (): true | undefined => {
    const fresh = [...without(stage.tree(side), before).values()].filter(({ type }) => type === 'file');
    return fresh.length >= wanted ? true : undefined;
  };
  await until(`${wanted} files have come to ${side}`, haveArrived, { timeoutMs: CONVERGED_MS, everyMs: 3 });
  await delay(random.below(BESIDE_MS_MAX));
}

/** Entries of a tree that do not stand in another exactly so. */
function without(tree: TreeSnapshot, other: TreeSnapshot): TreeSnapshot {
  return new Map([...tree].filter(([name, { content }]) => other.get(name)?.content !== content));
}
