/**
 * The crash tests in any size, by hand or in the night: `npm run crash -- --kills all --points all --cuts 100`.
 *
 *   --kills N|all    kill -9 at so many system calls, spread over the scripts (default 40)
 *   --points N|all   kill -9 at so many named points; each point comes once before any comes twice (default: each once)
 *   --cuts N         power cuts of each file system, as root (default 6)
 *   --file-system F  cuts only on this one, ext4 or xfs (may be repeated)
 *   --minutes N      stops after that; each script and file system has the same share of it (default: no limit)
 *   --script NAME    only this script (may be repeated)
 *   --seed N         what is drawn, and what the files hold (default: by the clock; it is printed)
 *
 * Prints totals per script and call; the exit code is 1 if anything was at fault.
 * @module
 */
import { parseArgs } from 'node:util';
import { Random } from '../harness/random.ts';
import { straceMissing } from '../harness/strace.ts';
import { BuiltNode } from './built-node.ts';
import { cutOften } from './cuts.ts';
import { FILE_SYSTEMS, type FileSystem } from './disk-image.ts';
import { killAtEach, sample, survey } from './kills.ts';
import { killAtPoints, passings, type Passing } from './points.ts';
import { hasPrivateMounts, ImageRoom, powerCutsMissing, startWithPrivateMounts } from './private-mounts.ts';
import { SCRIPTS, type Script } from './scripts.ts';
import { Tally } from './tally.ts';

/** A number of things to try, all of them, or (points) each kind once. */
type Amount = number | 'all' | 'each';

export interface CrashPlan {
  readonly kills: Amount;
  readonly points: Amount;
  readonly cuts: number;
  readonly scripts: readonly Script[];
  readonly seed: number;
  /** Default: both. */
  readonly fileSystems?: readonly FileSystem[];
  readonly minutes?: number;
}

/** Kills and points; the power is cut by {@link cutPlan}, elsewhere. */
export async function killPlan(plan: CrashPlan, tally: Tally, say: (line: string) => void): Promise<void> {
  using built = await BuiltNode.build();
  const seen = new Set<string>();
  const over = deadlines(plan.minutes, plan.scripts.length);
  for (const [index, script] of plan.scripts.entries()) {
    const random = new Random(plan.seed + index);
    const isOver = over(index);
    if (plan.kills !== 0) {
      const positions = await survey(built, script, random);
      const share = shareOf(plan.kills, positions.length, plan.scripts.length, index);
      say(`${script.name}: ${share} of ${positions.length} system calls`);
      await killAtEach(built, script, sample(positions, share, random), random, tally, isOver);
    }
    if (plan.points !== 0) {
      const all = await passings(built, script, random);
      const fresh = all.filter(({ point, number }) => number === 1 && !seen.has(point));
      for (const { point } of fresh) seen.add(point);
      const chosen =
        plan.points === 'each'
          ? fresh
          : draw(all, shareOf(plan.points, all.length, plan.scripts.length, index), random);
      say(`${script.name}: ${chosen.length} of ${all.length} passings of named points`);
      await killAtPoints(built, script, chosen, random, tally, isOver);
    }
  }
}

export async function cutPlan(plan: CrashPlan, tally: Tally): Promise<void> {
  using built = await BuiltNode.build();
  using room = new ImageRoom();
  const fileSystems = plan.fileSystems ?? FILE_SYSTEMS;
  const isOver = deadlines(plan.minutes, fileSystems.length);
  for (const [index, fileSystem] of fileSystems.entries())
    await cutOften(built, fileSystem, room.path, plan.cuts, new Random(plan.seed + index), tally, isOver(index));
}

/** For each of so many parts: is its share of the time over? */
function deadlines(minutes = Number.POSITIVE_INFINITY, parts: number): (index: number) => () => boolean {
  const startedMs = performance.now();
  return (index) => () => performance.now() - startedMs > (minutes * 60_000 * (index + 1)) / parts;
}

function shareOf(amount: Amount, all: number, parts: number, index: number): number {
  return typeof amount === 'number' ? Math.min(all, Math.floor((amount + parts - 1 - index) / parts)) : all;
}

function draw(all: readonly Passing[], count: number, random: Random): Passing[] {
  const left = [...all];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(random.below(left.length), 1)).flat();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '40' },
      points: { type: 'string', default: 'each' },
      cuts: { type: 'string', default: '6' },
      minutes: { type: 'string', default: 'Infinity' },
      'file-system': { type: 'string', multiple: true, default: [...FILE_SYSTEMS] },
      script: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const amountOf = (text: string): Amount => (text === 'all' || text === 'each' ? text : Number(text));
  const plan: CrashPlan = {
    kills: amountOf(values.kills),
    points: amountOf(values.points),
    cuts: Number(values.cuts),
    scripts: SCRIPTS.filter(({ name }) => values.script.length === 0 || values.script.includes(name)),
    seed: Number(values.seed),
    fileSystems: FILE_SYSTEMS.filter((name) => values['file-system'].includes(name)),
    minutes: Number(values.minutes),
  };
  const say = (line: string): void => console.log(line);
  say(`seed ${plan.seed}`);
  const tally = new Tally(say);
  if (plan.kills !== 0 || plan.points !== 0) {
    const missing = straceMissing();
    if (missing !== undefined) throw new Error(missing);
    await killPlan(plan, tally, say);
  }
  let isCutAtFault = false;
  if (plan.cuts > 0 && hasPrivateMounts()) await cutPlan(plan, tally);
  else if (plan.cuts > 0) isCutAtFault = !(await cutElsewhere(plan));
  for (const line of tally.lines()) say(line);
  say(`${tally.killed} deaths in ${tally.tried} rounds, ${tally.faults.length} faults, seed ${plan.seed}`);
  process.exitCode = tally.faults.length > 0 || isCutAtFault ? 1 : 0;
}

/** Cuts in a process with mounts of its own. @returns whether nothing was at fault. */
async function cutElsewhere({
  cuts,
  seed,
  fileSystems = FILE_SYSTEMS,
  minutes = Number.POSITIVE_INFINITY,
}: CrashPlan): Promise<boolean> {
  const missing = powerCutsMissing();
  if (missing !== undefined) throw new Error(missing);
  const args = [
    '--kills',
    '0',
    '--points',
    '0',
    '--cuts',
    String(cuts),
    '--seed',
    String(seed),
    '--minutes',
    String(minutes),
  ];
  for (const name of fileSystems) args.push('--file-system', name);
  const program = await startWithPrivateMounts(import.meta.filename, args);
  const { code } = await program.exited;
  for (const line of [...program.stdout, ...program.stderr]) console.log(line);
  return code === 0;
}

if (import.meta.main) await main();
