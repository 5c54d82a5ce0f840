/**
 * People who decide who shares the folder, and what has to come of it.
 * @module
 */
import { LanfoldError } from '../../src/core/errors.ts';
import type { SeededChance } from '../../src/edges/memory/seeded-chance.ts';
import { Membership } from '../checkers/membership.ts';
import type { Report } from '../checkers/violation.ts';
import { RECORDS_MS } from '../host-store.ts';
import type { NodeHost } from '../node-host.ts';
import type { MemberStep } from '../plan.ts';
import type { Trace } from '../trace.ts';
import type { MemberAct } from './member-act.ts';

export interface GatheringOptions {
  readonly hosts: readonly NodeHost[];
  readonly wait: (delayMs: number) => Promise<void>;
  readonly report: Report;
  readonly trace: Trace;
}

export class Gathering {
  readonly #options: GatheringOptions;
  readonly #checker: Membership;
  /** Who was paired as a whole. */
  readonly #paired: (readonly [NodeHost, NodeHost])[] = [];
  /** Who has left: until the counters of the versions that it made, which it has forgotten, are over. */
  readonly #forgetting = new Map<NodeHost, Promise<void>>();
  /** Somebody was removed or left: who is in then depends on who heard of it when. */
  #isParted = false;

  constructor(options: GatheringOptions) {
    this.#options = options;
    this.#checker = new Membership(options.report);
  }

  async carryOut(step: MemberStep, chance: SeededChance): Promise<void> {
    this.#isParted ||= step.kind !== 'pair';
    if (step.kind === 'leave') {
      const host = this.#options.hosts[step.node];
      if (host === undefined) return;
      host.forgets();
      const before = host.running;
      const left = this.#decide(host, { is: 'leave' });
      // From now on: a pairing that is under way goes on while this takes effect.
      const isForgotten = left.then(() => this.#options.wait(RECORDS_MS));
      this.#forgetting.set(host, isForgotten);
      await left;
      host.forgets(); // also what was brought until it took effect
      // Who has died, or was stopped, over it may have left by then.
      const { running } = host;
      if (running === undefined || running !== before || host.members() === undefined) this.#checker.left(host);
      return;
    }
    const [first, second] = step.link.map((index) => this.#options.hosts[index]);
    if (first === undefined || second === undefined) return;
    if (step.kind === 'remove') await this.#decide(first, { is: 'remove', device: second.id });
    else await this.#pair(first, second, step, chance);
  }

  /** What the node keeps of its members was written anew. */
  saw(host: NodeHost): void {
    this.#checker.saw(host);
  }

  /** Called when all is at rest. @returns those who have to have the same folder, by group. */
  check(): NodeHost[][] {
    for (const host of this.#options.hosts) this.#checker.saw(host);
    const groups = this.#checker.check(this.#options.hosts);
    for (const [one, other] of this.#isParted ? [] : this.#paired) {
      if (groups.some((group) => group.includes(one) && group.includes(other))) continue;
      this.#options.report({
        rule: 'I12',
        text: `${one.name} and ${other.name} were paired, and do not share the folder`,
      });
    }
    return groups;
  }

  async #pair(
    host: NodeHost,
    joiner: NodeHost,
    step: MemberStep & { kind: 'pair' },
    chance: SeededChance,
  ): Promise<void> {
    const admits = { node: host, act: { is: 'admit', device: joiner.id, address: joiner.address } } as const;
    const trusts = { node: joiner, act: { is: 'trust', device: host.id, address: host.address } } as const;
    const shares = { node: joiner, act: { is: 'share', device: host.id } } as const;
    // Who shares with a device has trusted it before.
    const acts =
      [
        [admits, trusts, shares],
        [trusts, admits, shares],
        [trusts, shares, admits],
      ][step.order] ?? [];
    let done = 0;
    for (const { node, act } of acts) {
      if (await this.#decide(node, act)) done += 1;
      await this.#options.wait(chance.fraction() * step.forMs);
    }
    // Who does not have the folder itself can let nobody in.
    if (done === acts.length && host.members() !== undefined) this.#paired.push([host, joiner]);
  }

  /**
   * A person decides something, if the node runs. Resolves when it has taken effect or was refused, or the node has died.
   * @returns true when it has taken effect.
   */
  async #decide(host: NodeHost, act: MemberAct): Promise<boolean> {
    if (act.is === 'share') await this.#forgetting.get(host);
    const { running } = host;
    if (running?.node.decide === undefined) return false;
    const { trace, report } = this.#options;
    const what = 'device' in act ? `${act.is} ${act.device}` : act.is;
    trace.note(() => `${host.name} decides: ${what}`);
    let isOver = false;
    const over = (): void => {
      // Also where it has died, or was stopped, before it could say so: it may have been written by then.
      if (!isOver && act.is === 'trust') this.#checker.trusted(host, act.device);
      isOver = true;
    };
    const died = new Promise<false>((resolve) => {
      running.life.onEnd(() => {
        over();
        resolve(false);
      });
    });
    const decided = running.node.decide(act).then(
      () => {
        this.#checker.saw(host);
        over();
        return true;
      },
      (fault: unknown) => {
        trace.note(() => `${host.name} refuses to ${what}: ${String(fault)}`);
        if (!(fault instanceof LanfoldError)) report({ rule: 'crash', text: String(fault) });
        over();
        return false;
      },
    );
    return await Promise.race([died, decided]);
  }
}
