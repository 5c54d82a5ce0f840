/**
 * People who decide who shares the folder, and what has to come of it.
 * @module
 */
import { LanfoldError } from '../../src/core/errors.ts';
import type { SeededChance } from '../../src/edges/memory/seeded-chance.ts';
import { Membership } from '../checkers/membership.ts';
import type { Report } from '../checkers/violation.ts';
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

  constructor(options: GatheringOptions) {
    this.#options = options;
    this.#checker = new Membership(options.report);
  }

  async carryOut(step: MemberStep, chance: SeededChance): Promise<void> {
    if (step.kind === 'leave') {
      const host = this.#options.hosts[step.node];
      if (host === undefined) return;
      host.forgets();
      await this.#decide(host, { is: 'leave' });
      if (host.running !== undefined && host.members() === undefined) this.#checker.left(host);
      return;
    }
    const [first, second] = step.link.map((index) => this.#options.hosts[index]);
    if (first === undefined || second === undefined) return;
    if (step.kind === 'remove') await this.#decide(first, { is: 'remove', device: second.id });
    else await this.#pair(first, second, step, chance);
  }

  /** Called when all is at rest. @returns those who have to have the same folder, by group. */
  check(): NodeHost[][] {
    for (const host of this.#options.hosts) this.#checker.saw(host);
    return this.#checker.check(this.#options.hosts);
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
    for (const { node, act } of acts) {
      await this.#decide(node, act);
      await this.#options.wait(chance.fraction() * step.forMs);
    }
  }

  /** A person decides something, if the node runs. Resolves when it has taken effect or was refused, or the node has died. */
  async #decide(host: NodeHost, act: MemberAct): Promise<void> {
    const { running } = host;
    if (running?.node.decide === undefined) return;
    const { trace, report } = this.#options;
    const what = 'device' in act ? `${act.is} ${act.device}` : act.is;
    trace.note(() => `${host.name} decides: ${what}`);
    const died = new Promise<void>((resolve) => running.life.onEnd(resolve));
    const decided = running.node.decide(act).then(
      () => this.#checker.saw(host),
      (fault: unknown) => {
        trace.note(() => `${host.name} refuses to ${what}: ${String(fault)}`);
        if (!(fault instanceof LanfoldError)) report({ rule: 'crash', text: String(fault) });
      },
    );
    await Promise.race([died, decided]);
  }
}
