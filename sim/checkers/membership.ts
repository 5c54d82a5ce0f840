/**
 * I12: who is a member.
 * - What a node has written of its members it never takes back: a removal stays one, until a person adds the device anew.
 * - At rest, nodes that hold each other for members know the same of everybody, and so do those who are so through others; each
 *   is connected to each.
 * - Nobody is connected to whom it knows to be removed, unless a person has trusted that device since.
 * @module
 */
import { isMember, memberOf, type Member, type MemberSet } from '../../src/core/members/member-set.ts';
import type { Report } from './violation.ts';

export interface Believer {
  readonly name: string;
  /** Device ID in its text form. */
  readonly id: string;
  /** Whom it takes for members; undefined when it has no folder. */
  members(): MemberSet | undefined;
  /** Device IDs of whom it is connected to. */
  connected(): readonly string[];
}

export class Membership {
  readonly #report: Report;
  readonly #seen = new Map<string, MemberSet>();
  /** By `<node> <device>`: trusted by a person there, and no member. */
  readonly #trusted = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** Called when something was decided or taken over there. */
  saw(node: Believer): void {
    const { name } = node;
    const [before, now] = [this.#seen.get(name) ?? [], node.members()];
    if (now === undefined) return; // it does not run, or has left: what it takes part in next is new to it
    for (const member of before) {
      const after = memberOf(now, member.device);
      if (after !== undefined && rank(after) >= rank(member)) continue;
      const text = `${name} forgot that ${member.device} ${describe(member)}: it ${describe(after)} now`;
      this.#report({ rule: 'I12', text });
    }
    this.#seen.set(name, now);
    for (const { device, removed } of now) if (!removed) this.#trusted.delete(`${name} ${device}`);
  }

  /** A person there trusts a device, which is not to say that it shares the folder. */
  trusted(node: Believer, device: string): void {
    if (!isMember(node.members() ?? [], device)) this.#trusted.add(`${node.name} ${device}`);
  }

  /** It has given the folder up. */
  left({ name }: Believer): void {
    this.#seen.delete(name);
  }

  /** Called when nothing moves any more. @returns those who have to have the same folder, by group. */
  check<Node extends Believer>(nodes: readonly Node[]): Node[][] {
    const taking = nodes.filter((node) => isMember(node.members() ?? [], node.id));
    const groups = groupsOf(taking);
    for (const group of groups) this.#checkGroup(group);
    for (const node of nodes) this.#checkShutOut(node, nodes);
    return groups;
  }

  #checkGroup(group: readonly Believer[]): void {
    for (const one of group) {
      for (const other of group) {
        if (one === other) continue;
        const [mine, theirs] = [one.members() ?? [], other.members() ?? []];
        for (const member of mine) {
          const said = memberOf(theirs, member.device);
          // A person can have a removed device take part again where it stands; nobody else counts that for a new generation.
          const isOwn = member.device === one.id || member.device === other.id;
          if (said !== undefined && (isOwn ? said.removed === member.removed : rank(said) === rank(member))) continue;
          const text = `for ${one.name} ${member.device} ${describe(member)}, for ${other.name} it ${describe(said)}`;
          this.#report({ rule: 'I12', text });
        }
        if (!isMember(mine, other.id) || one.connected().includes(other.id)) continue;
        this.#report({ rule: 'I12', text: `${one.name} is not connected to ${other.name}, which is a member` });
      }
    }
  }

  #checkShutOut(node: Believer, nodes: readonly Believer[]): void {
    const members = node.members() ?? [];
    for (const other of nodes) {
      if (memberOf(members, other.id)?.removed !== true || this.#trusted.has(`${node.name} ${other.id}`)) continue;
      if (!node.connected().includes(other.id) && !other.connected().includes(node.id)) continue;
      this.#report({ rule: 'I12', text: `${node.name} is connected to ${other.name}, which was removed` });
    }
  }
}

/** Which of two states of one device is the later. */
function rank({ generation, removed }: Member): number {
  return generation * 2 + Number(removed);
}

function describe(member: Member | undefined): string {
  if (member === undefined) return 'is nobody';
  return `is ${member.removed ? 'removed' : 'a member'}, generation ${member.generation}`;
}

/** Who holds each other for members, also through others. */
function groupsOf<Node extends Believer>(nodes: readonly Node[]): Node[][] {
  const knows = (one: Node, other: Node): boolean => isMember(one.members() ?? [], other.id);
  const left = new Set(nodes);
  const groups: Node[][] = [];
  for (const first of nodes) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (const one of group) {
      for (const other of left) {
        if (!knows(one, other) || !knows(other, one)) continue;
        left.delete(other);
        group.push(other);
      }
    }
    groups.push(group);
  }
  return groups;
}
