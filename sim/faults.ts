/**
 * What goes wrong: links that are cut or slow, processes that crash or are restarted, machines that lose their power, their
 * records or the time, disks that are full or refuse.
 * @module
 */
import type { SeededChance } from '../src/edges/memory/seeded-chance.ts';
import { baseName, joinName, parentOf } from '../src/core/model/folder-path.ts';
import { planGathering } from './gathering/plan-gathering.ts';
import { type FaultStep, linksOf, type MemberStep, type NodeFault, type Plan, type UserStep } from './plan.ts';
import type { Rules } from './syncthing-rules.ts';
import { PATHS, planUsers, type Workload } from './workload.ts';

const FAULTS_MAX = 8;
const DURATIONS_MS = [50, 1000, 10_000, 60_000] as const;
const HARMS_MAX = 4;
/** Not far: a clock that is years off makes the history old at once, and it is thrown away as it should be. */
const JUMPS_MS = [-3_600_000, -10_000, -500, 500, 10_000, 3_600_000] as const;
/** Records are put back in some worlds of any other kind, and drawn apart: so the kept seeds stay what they were. */
const APART: NodeFault = 'restore-records';
const RESTORES = { worlds: 0.1, max: 2 } as const;
/** Worlds in which one node follows the rules of Syncthing. */
const OTHER_RULES = { worlds: 0.1, rules: ['syncthing-1', 'syncthing-2'] } as const;
const UNSHARES = { worlds: 0.1, max: 3 } as const;
const HARMS: readonly NodeFault[] = [
  'power',
  'power',
  'lose-records',
  'restore-records',
  'clock',
  'full',
  'denied',
  'io',
];

/** Worlds with a disk that takes no case for a difference, where people write some names in capitals. */
const SPELLED = { worlds: 0.1, steps: 0.25 } as const;

/** Worlds with a disk that keeps names in another normal form, where people write names with accents. */
const ACCENTED = { worlds: 0.05, steps: 0.5 } as const;
const ACCENTS: Readonly<Record<string, string>> = { a: 'å', e: 'é', z: 'ž' };

/** Draws the whole plan of a seed. */
export function makePlan(seed: number, workload: Workload, stream: (name: string) => SeededChance): Plan {
  const world = stream('plan world');
  const drawn = world.happens(0.25) ? 'line' : 'mesh';
  const { nodes } = workload;
  const people = planUsers(workload, stream('plan users'));
  const spelling = stream('plan spelling');
  const isSpelled = spelling.happens(SPELLED.worlds);
  const spelled = isSpelled ? people.map((step) => spelledOtherwise(step, spelling)) : people;
  const accents = stream('plan accents');
  const decomposing = accents.happens(ACCENTED.worlds) ? accents.below(nodes) : undefined;
  const users = decomposing === undefined ? spelled : spelled.map((step) => accented(step, decomposing, accents));
  const lastMs = users.at(-1)?.atMs ?? 0;
  const members = workload.gatherings === false ? [] : planGathering(nodes, lastMs, stream('plan gathering'));
  const gathering = members.length > 0;
  const topology = gathering ? 'mesh' : drawn;
  const faults = withoutUnknowable([
    ...planFaults(nodes, topology, lastMs, stream('plan faults')),
    ...planHarms(nodes, lastMs, stream('plan harms')),
    ...planRestores(nodes, lastMs, stream('plan restores')),
    ...(gathering ? members : planUnshares(nodes, topology, lastMs, stream('plan unshares'))),
  ]);
  const skewMax = world.pick([0, 0, 0, 100, 5000, 120_000]);
  return {
    seed,
    nodes,
    topology,
    skewsMs: Array.from({ length: nodes }, () => Math.round(world.between(-skewMax, skewMax))),
    ignoringCase: isSpelled ? [spelling.below(nodes)] : [],
    decomposing: decomposing === undefined ? [] : [decomposing],
    rules: gathering ? [] : planRules(nodes, topology, stream('plan rules')),
    gathering,
    diskMsMax: world.pick([0.5, 2, 10, 50]),
    newsLossRate: world.pick([0, 0, 0, 0.3]),
    bufferBytes: world.pick([16 * 1024, 4 * 1024 * 1024]),
    farewell: !gathering && stream('plan farewell').happens(0.2),
    // Numbered after the users' steps, and in the order of time.
    steps: [...users, ...faults.map((fault, index) => ({ ...fault, id: users.length + index }))].sort(
      (a, b) => a.atMs - b.atMs || a.id - b.id,
    ),
  };
}

function planFaults(nodes: number, topology: Plan['topology'], lastMs: number, chance: SeededChance): FaultStep[] {
  const kinds = (['cut', 'slow', 'crash', 'stop'] as const).filter(() => chance.happens(0.5));
  const links = linksOf(nodes, topology);
  if (kinds.length === 0 || links.length === 0) return [];
  return Array.from({ length: chance.below(FAULTS_MAX + 1) }, () => {
    const kind = chance.pick(kinds);
    const when = { id: 0, atMs: chance.fraction() * lastMs, forMs: chance.fraction() * chance.pick(DURATIONS_MS) };
    // Both are drawn always, so that the kind does not move the draws that follow.
    const node = chance.below(nodes);
    const link = chance.pick(links);
    return kind === 'crash' || kind === 'stop' ? { kind, ...when, node } : { kind, ...when, link };
  });
}

/** What a whole machine suffers; in half of the worlds nothing of the kind. */
function planHarms(nodes: number, lastMs: number, chance: SeededChance): FaultStep[] {
  if (chance.happens(0.5)) return [];
  const kinds = HARMS.filter(() => chance.happens(0.4)).filter((kind) => kind !== APART);
  if (kinds.length === 0) return [];
  return Array.from({ length: 1 + chance.below(HARMS_MAX) }, () => {
    const kind = chance.pick(kinds);
    const when = { id: 0, atMs: chance.fraction() * lastMs, forMs: chance.fraction() * chance.pick(DURATIONS_MS) };
    const node = chance.below(nodes);
    const path = chance.pick(PATHS);
    const jumpMs = chance.pick(JUMPS_MS);
    const more = kind === 'clock' ? { jumpMs } : kind === 'denied' || kind === 'io' ? { path } : {};
    return { kind, ...when, node, ...more };
  });
}

function planRestores(nodes: number, lastMs: number, chance: SeededChance): FaultStep[] {
  if (!chance.happens(RESTORES.worlds)) return [];
  return Array.from({ length: 1 + chance.below(RESTORES.max) }, () => {
    const when = { id: 0, atMs: chance.fraction() * lastMs, forMs: chance.fraction() * chance.pick(DURATIONS_MS) };
    return { kind: APART, ...when, node: chance.below(nodes) };
  });
}

function spelledOtherwise(step: UserStep, chance: SeededChance): UserStep {
  const spell = (name: string): string => {
    if (!chance.happens(SPELLED.steps)) return name;
    return chance.happens(0.5) ? name.toUpperCase() : joinName(parentOf(name), baseName(name).toUpperCase());
  };
  return { ...step, path: spell(step.path), other: spell(step.other) };
}

/** Where the disk finds names in any form, people write them in any. */
function accented(step: UserStep, decomposing: number, chance: SeededChance): UserStep {
  const form = step.node === decomposing && chance.happens(ACCENTED.steps) ? 'NFD' : 'NFC';
  const accent = (name: string): string =>
    name.replace(/[aez](?=$|\/)/gu, (end) => ACCENTS[end] ?? end).normalize(form);
  return { ...step, path: accent(step.path), other: accent(step.other) };
}

function planUnshares(nodes: number, topology: Plan['topology'], lastMs: number, chance: SeededChance): FaultStep[] {
  const links = linksOf(nodes, topology);
  if (!chance.happens(UNSHARES.worlds) || links.length === 0) return [];
  return Array.from({ length: 1 + chance.below(UNSHARES.max) }, () => {
    const when = { id: 0, atMs: chance.fraction() * lastMs, forMs: chance.fraction() * chance.pick(DURATIONS_MS) };
    const [a, b] = chance.pick(links);
    return { kind: 'unshare', ...when, link: chance.happens(0.5) ? [a, b] : [b, a] } as const;
  });
}

/**
 * By these rules nobody passes on a delete of what he never had. So in a line such a node stands at an end: between two others it
 * would keep from each what only the other knows.
 */
function planRules(nodes: number, topology: Plan['topology'], chance: SeededChance): (Rules | undefined)[] {
  if (!chance.happens(OTHER_RULES.worlds)) return [];
  const [drawn, rules] = [chance.below(nodes), chance.pick(OTHER_RULES.rules)];
  const node = topology === 'mesh' || drawn === nodes - 1 ? drawn : 0;
  return Array.from({ length: nodes }, (_, index) => (index === node ? rules : undefined));
}

/**
 * A clock that was ahead gave out counters of seconds that come again later. Who loses its records as well gives them out twice,
 * and cannot know.
 */
function withoutUnknowable<Fault extends FaultStep | MemberStep>(faults: readonly Fault[]): readonly Fault[] {
  const losing = new Set(faults.flatMap((step) => ('node' in step && losesRecords(step) ? [step.node] : [])));
  return faults.filter((step) => !('node' in step) || step.kind !== 'clock' || !losing.has(step.node));
}

/** Who leaves a folder forgets what it knew of it. */
function losesRecords({ kind }: { readonly kind: string }): boolean {
  return kind.endsWith('-records') || kind === 'leave';
}
