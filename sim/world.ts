/**
 * One world: nodes on memory edges, people and faults by a plan, an oracle that watches. The same plan gives the same run.
 *
 *   plan → people and faults, while the oracle looks on → all links heal, all nodes run → rest → the trees are compared
 * @module
 */
import { DiskFault } from '../src/edges/memory/disk-fault.ts';
import type { MemoryLink } from '../src/edges/memory/memory-link.ts';
import { MemoryNetwork } from '../src/edges/memory/memory-network.ts';
import { Scheduler } from '../src/edges/memory/scheduler.ts';
import { SeededChance } from '../src/edges/memory/seeded-chance.ts';
import type { Violation } from './checkers/violation.ts';
import { loadRules } from './engine-node.ts';
import { Gathering } from './gathering/gathering.ts';
import { Hands } from './hands.ts';
import { RECORDS_MS } from './host-store.ts';
import { NodeHost } from './node-host.ts';
import { Oracle } from './oracle.ts';
import {
  describeStep,
  type FaultStep,
  hostOf,
  type LinkFaultStep,
  linksOf,
  type Pair,
  type Plan,
  type Step,
  type UserStep,
} from './plan.ts';
import { runProgram } from './programs.ts';
import type { SimNodeFactory } from './sim-node.ts';
import { Survey } from './survey.ts';
import { Trace } from './trace.ts';

export interface WorldOptions {
  readonly plan: Plan;
  readonly create: SimNodeFactory;
  /** What is only in a history counts as lost. */
  readonly strict?: boolean;
  /** Notes the {@link Outcome.turns}. */
  readonly survey?: boolean;
  /** One more fault, when so many events have happened. */
  readonly fault?: { readonly afterEvents: number; readonly step: Step };
  /** Wants {@link Outcome.trace}; so does who prints. */
  readonly isTraced?: boolean;
  /** Wants each line of the trace. */
  readonly print?: (line: string) => void;
}

export interface Outcome {
  /** The first broken promises; none: all is well. */
  readonly violations: readonly Violation[];
  /** Hash of all that happened; '' if nobody wanted it. */
  readonly trace: string;
  readonly events: number;
  /** How many events there were when the first step of the plan came, and when something last stirred. */
  readonly firstStepEvents: number;
  readonly lastStirEvents: number;
  /** How long the world lasted, in its own milliseconds. */
  readonly simulatedMs: number;
  /** After which events a fault would have met something else than before: of each node, then of the network. */
  readonly turns: readonly (readonly number[])[];
}

/** The world is at rest when nothing but keep-alives happened for so long: longer than any retry that matters. */
const REST_MS = 90_000;
/** R5: everything is looked at again at least every ten minutes. */
const TROUBLED_REST_MS = 11 * 60_000;
const REST_WITHIN_MS = 30 * 60_000;
const RETURNING: ReadonlySet<string> = new Set(['crash', 'stop', 'power', 'lose-records', 'restore-records']);
const EVENTS_MAX = 400_000;
/** A ping frame has 10 bytes; the smallest message that says something has more. */
const KEEP_ALIVE_BYTES_MAX = 16;
const SLOW_MS = { from: 50, to: 400 } as const;

/** Makes streams of chance, one per concern, for one seed. */
export function streamsOf(seed: number): (name: string) => SeededChance {
  return (name) => new SeededChance(`${seed}/${name}`);
}

export async function runWorld(options: WorldOptions): Promise<Outcome> {
  await loadRules(options.plan.rules ?? []);
  const world = new World(options);
  try {
    await world.run();
    return world.outcome();
  } finally {
    world.dispose();
  }
}

class World {
  readonly #plan: Plan;
  readonly #scheduler = new Scheduler();
  readonly #stream: (name: string) => SeededChance;
  readonly #trace: Trace;
  readonly #oracle: Oracle;
  readonly #network: MemoryNetwork;
  readonly #hosts: readonly NodeHost[];
  readonly #gathering: Gathering | undefined;
  readonly #fault: WorldOptions['fault'];
  /** Of each node, then of the network; none if nobody wants them. */
  readonly #surveys: readonly Survey[];
  #isFaultOver = false;
  #firstStepEvents = 0;
  #activeEvents = 0;
  #activeMs = 0;
  #changeMs = 0;
  /** Programs and faults that are not over yet. */
  #underWay = 0;

  constructor({ plan, create, strict = false, print, fault, survey = false, isTraced = false }: WorldOptions) {
    this.#plan = plan;
    this.#stream = streamsOf(plan.seed);
    const nowMs = (): number => this.#scheduler.nowMs;
    this.#trace = new Trace(nowMs, print, isTraced);
    this.#oracle = new Oracle(nowMs, strict);
    this.#network = new MemoryNetwork({
      scheduler: this.#scheduler,
      seed: String(plan.seed),
      bufferBytes: plan.bufferBytes,
      onSend: (from, to, bytes) => {
        this.#trace.note(() => `${from} sends ${bytes} bytes to ${to}`);
        if (bytes > KEEP_ALIVE_BYTES_MAX) this.#active();
      },
    });
    this.#hosts = Array.from({ length: plan.nodes }, (_, index) => this.#host(index, create));
    const links = linksOf(plan.nodes, plan.topology);
    for (const [index, host] of this.#hosts.entries()) {
      const peers = this.#hosts.filter((_, other) =>
        links.some(([a, b]) => (a === index && b === other) || (b === index && a === other)),
      );
      host.introduce(peers);
    }
    if (plan.gathering === true)
      this.#gathering = new Gathering({
        hosts: this.#hosts,
        wait: (delayMs) => this.#wait(delayMs),
        report: (violation) => void this.#oracle.violations.push(violation),
        trace: this.#trace,
      });
    this.#fault = fault;
    this.#surveys = survey ? this.#newSurveys() : [];
  }

  async run(): Promise<void> {
    for (const host of this.#hosts) host.start();
    for (const step of this.#plan.steps) this.#schedule(step);
    await this.#scheduler.run(() => this.#isOver() || this.#underWay === 0);
    if (this.#underWay > 0 && this.#oracle.violations.length === 0 && this.#scheduler.events < EVENTS_MAX) {
      // Nothing is left to happen, and a step of the plan still waits.
      this.#oracle.violations.push({ rule: 'I8', text: 'a node does not stop when it is told to' });
      return;
    }
    this.#trace.note(() => 'the plan is over');
    for (const link of linksOf(this.#plan.nodes, 'mesh')) this.#heal(link);
    for (const host of this.#hosts) host.start();
    if (!(await this.#rest())) return;
    for (const group of this.#gathering?.check() ?? [this.#hosts]) this.#oracle.checkEnd(group);
    if (this.#plan.farewell && this.#oracle.violations.length === 0) await this.#farewell();
  }

  /**
   * I7: what a person deletes who has seen all there is of it is gone for good, also after everybody has been away. The last
   * thing that happens: nothing else can be a reason for it to come back.
   */
  async #farewell(): Promise<void> {
    // Where something is wrong, somebody may have what this person has never seen.
    if (this.#hosts.some((host) => (host.standing()?.problems.length ?? 0) > 0)) return;
    const chance = this.#stream('farewell');
    const host = chance.pick(this.#hosts);
    const name = chance.pick([...this.#oracle.namesAt(host), '']);
    if (name === '') return;
    this.#trace.note(() => `${host.name}: farewell to ${name}`);
    new Hands(host.disk, this.#oracle.witness(host)).remove(name);
    if (!(await this.#rest())) return;
    this.#oracle.checkGone(this.#hosts, name);
    for (const other of this.#hosts) await this.#scheduler.runUntil(other.stop());
    for (const other of this.#hosts) other.start();
    if (!(await this.#rest())) return;
    this.#oracle.checkGone(this.#hosts, name);
    this.#oracle.checkEnd(this.#hosts);
  }

  /** Runs until nothing moves any more. @returns false when a promise was broken on the way, or it never came to rest. */
  async #rest(): Promise<boolean> {
    this.#active();
    this.#changeMs = this.#scheduler.nowMs;
    const endMs = this.#scheduler.nowMs + REST_WITHIN_MS;
    const isAtRest = (): boolean => this.#underWay === 0 && !this.#isScanning() && this.#isQuiet();
    await this.#scheduler.run(() => this.#isOver() || isAtRest() || this.#scheduler.nowMs >= endMs);
    if (this.#oracle.violations.length > 0) return false;
    // A world in which nothing is left to happen is at rest before the time is over.
    const isEmpty = this.#scheduler.nowMs < endMs && this.#scheduler.events < EVENTS_MAX;
    if (isAtRest() || isEmpty) return true;
    const text = `still busy ${REST_WITHIN_MS / 1000} s after the last step, after ${this.#scheduler.events} events`;
    this.#oracle.violations.push({ rule: 'I8', text });
    return false;
  }

  /** A sweep makes no noise. */
  #isScanning(): boolean {
    return this.#hosts.some((host) => host.standing()?.state === 'scanning');
  }

  #isQuiet(): boolean {
    const { nowMs } = this.#scheduler;
    const isTroubled = this.#hosts.some((host) => (host.standing()?.problems.length ?? 0) > 0);
    // Who could not read something looks again with the next sweep; who wants what nobody has, or what has no room here, asks for
    // it again and again: then only what changes something counts.
    // Who was removed knocks again and again.
    if (!isTroubled && this.#gathering !== undefined) return nowMs - this.#changeMs >= REST_MS;
    return isTroubled ? nowMs - this.#changeMs >= TROUBLED_REST_MS : nowMs - this.#activeMs >= REST_MS;
  }

  outcome(): Outcome {
    const { events, nowMs } = this.#scheduler;
    return {
      violations: this.#oracle.violations,
      trace: this.#trace.digest(),
      events,
      firstStepEvents: this.#firstStepEvents,
      lastStirEvents: this.#activeEvents,
      simulatedMs: nowMs,
      turns: this.#surveys.map(({ turns }) => turns),
    };
  }

  dispose(): void {
    for (const host of this.#hosts) host.dispose();
  }

  #host(index: number, create: SimNodeFactory): NodeHost {
    return new NodeHost({
      index,
      plan: this.#plan,
      scheduler: this.#scheduler,
      network: this.#network,
      oracle: this.#oracle,
      trace: this.#trace,
      stream: this.#stream,
      create,
      onConfigured: (host) => this.#gathering?.saw(host),
      onActivity: () => {
        this.#active();
        this.#changeMs = this.#scheduler.nowMs;
      },
      onFault: (fault) => {
        const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
        this.#oracle.violations.push({ rule: 'crash', text });
      },
    });
  }

  #newSurveys(): Survey[] {
    const links = linksOf(this.#plan.nodes, 'mesh').map((link) => this.#link(link));
    return [...this.#hosts.map((host) => new Survey([host, ...links])), new Survey(links)];
  }

  /** Looks at the world between two events: true when there is no point in going on. */
  #isOver(): boolean {
    this.#oracle.check();
    for (const survey of this.#surveys) survey.look(this.#scheduler.events);
    const fault = this.#fault;
    if (fault !== undefined && !this.#isFaultOver && this.#scheduler.events >= fault.afterEvents) {
      this.#isFaultOver = true;
      this.#begin(fault.step);
    }
    return this.#oracle.violations.length > 0 || this.#scheduler.events >= EVENTS_MAX;
  }

  #active(): void {
    this.#activeMs = this.#scheduler.nowMs;
    this.#activeEvents = this.#scheduler.events;
  }

  #schedule(step: Step): void {
    this.#underWay += 1;
    this.#scheduler.after(step.atMs, () => {
      this.#underWay -= 1;
      if (this.#firstStepEvents === 0) this.#firstStepEvents = this.#scheduler.events;
      this.#begin(step);
    });
  }

  #begin(step: Step): void {
    this.#underWay += 1;
    this.#trace.note(() => describeStep(step));
    this.#carryOut(step).then(
      () => void (this.#underWay -= 1),
      (fault: unknown) => void this.#oracle.violations.push({ rule: 'crash', text: String(fault) }),
    );
  }

  #carryOut(step: Step): Promise<void> {
    switch (step.kind) {
      case 'user':
        return this.#work(step);
      case 'pair':
      case 'remove':
      case 'leave':
        return this.#gathering?.carryOut(step, this.#stream(`step ${step.id}`)) ?? Promise.resolve();
      default:
        return this.#disturb(step);
    }
  }

  async #work(step: UserStep): Promise<void> {
    const host = this.#hosts[step.node];
    if (host === undefined) return;
    if (host.isOff) return;
    const hands = new Hands(host.disk, this.#oracle.witness(host));
    const { powerCuts } = host;
    const wait = async (delayMs: number): Promise<void> => {
      await this.#wait(delayMs);
      if (host.powerCuts !== powerCuts) throw new DiskFault('ENOENT', 'the machine lost its power');
    };
    await runProgram({ hands, chance: this.#stream(`step ${step.id}`), wait }, step);
  }

  async #disturb(step: FaultStep): Promise<void> {
    if ('link' in step) {
      if (step.kind === 'unshare') {
        await this.#unshare(step);
        return;
      }
      if (step.kind === 'cut') this.#link(step.link).cut();
      else this.#link(step.link).latencyMs = SLOW_MS;
      await this.#wait(step.forMs);
      this.#heal(step.link);
      return;
    }
    const host = this.#hosts[step.node];
    if (host === undefined) return;
    if (step.kind === 'stop') await host.stop();
    const end = host.suffer(step);
    // To lose records or to put others in their place takes a moment; no two of their versions are of one second.
    host.isHeld ||= step.kind === 'lose-records';
    await this.#wait(step.forMs);
    end();
    if (step.kind.endsWith('-records')) {
      host.isHeld = true;
      await this.#wait(RECORDS_MS);
      host.isHeld = false;
    }
    if (RETURNING.has(step.kind)) host.start();
  }

  async #unshare({ link, forMs }: LinkFaultStep): Promise<void> {
    const [host, peer] = link.map((index) => this.#hosts[index]);
    if (host === undefined || peer === undefined) return;
    const shareAgain = host.unshare(peer);
    await this.#wait(forMs);
    shareAgain();
  }

  #link([a, b]: Pair): MemoryLink {
    return this.#network.link(hostOf(this.#plan, a), hostOf(this.#plan, b));
  }

  #heal(pair: Pair): void {
    const link = this.#link(pair);
    link.latencyMs = { from: 0.1, to: 2 };
    link.heal();
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.after(delayMs, resolve);
    });
  }
}
