/**
 * One pair of nodes of which one is going to die, round after round: what is written in it, and what must be true once it has
 * come to rest again.
 * @module
 */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Completed } from '../harness/completed.ts';
import { until } from '../harness/process.ts';
import type { Random } from '../harness/random.ts';
import { conflictCopies, hashFile, snapshotTree, type TreeSnapshot } from '../harness/snapshot.ts';
import { Pair, type PairOptions, type Side } from '../nodes/pair.ts';
import type { BuiltNode, Host } from './built-node.ts';
import type { Order } from './crash-point.ts';

export type SideName = 'a' | 'b';

export type StageOptions = PairOptions & {
  /** Whether the nodes take orders at their crash points; see crash-point.ts. Default: false. */
  readonly orders?: boolean;
};

/** Both nodes at rest, and what is known of their folders. */
export class Stage implements AsyncDisposable {
  readonly pair: Pair;
  readonly hosts: Readonly<Record<SideName, Host>>;
  readonly completed = new Completed();
  readonly random: Random;
  /** Conflict copies that belong there, from rounds that made a conflict. */
  conflictCopies: ReadonlySet<string> = new Set();

  private constructor(pair: Pair, hosts: Readonly<Record<SideName, Host>>, random: Random) {
    this.pair = pair;
    this.hosts = hosts;
    this.random = random;
  }

  static async open(built: BuiltNode, random: Random, options: StageOptions = {}): Promise<Stage> {
    const root = options.root ?? mkdtempSync(join(tmpdir(), 'lanfold-crash-'));
    const order = (side: SideName): string | undefined => (options.orders === true ? orderPath(root, side) : undefined);
    const hosts = { a: built.host(order('a')), b: built.host(order('b')) };
    const start = { a: hosts.a.start, b: hosts.b.start };
    return new Stage(await Pair.open({ ...options, root, start }), hosts, random);
  }

  /** Tells a node what to do at its crash points; undefined: nothing. */
  order(side: SideName, order: Order | undefined): void {
    const path = orderPath(this.pair.root, side);
    // Whole at once: the node may look at any moment.
    writeFileSync(`${path}.new`, order === undefined ? '' : JSON.stringify(order));
    renameSync(`${path}.new`, path);
  }

  side(name: SideName): Side {
    return this.pair[name];
  }

  /** A person writes a file as simple programs do; the directories above are made. Whatever was there is gone. */
  write(side: SideName, name: string, bytes: Uint8Array): void {
    const path = this.pair.at(this.side(side), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    this.completed.add(name, hashFile(path));
  }

  /** The same with bytes that nothing else has. */
  writeNew(side: SideName, name: string, sizeBytes: number): void {
    this.write(side, name, this.random.bytes(sizeBytes));
  }

  rename(side: SideName, from: string, to: string): void {
    const { pair } = this;
    this.completed.add(to, hashFile(pair.at(this.side(side), from)));
    renameSync(pair.at(this.side(side), from), pair.at(this.side(side), to));
  }

  link(side: SideName, name: string, target: string): void {
    symlinkSync(target, this.pair.at(this.side(side), name));
  }

  remove(side: SideName, name: string): void {
    rmSync(this.pair.at(this.side(side), name), { recursive: true, force: true });
  }

  chmod(side: SideName, name: string, mode: number): void {
    chmodSync(this.pair.at(this.side(side), name), mode);
  }

  tree(side: SideName): TreeSnapshot {
    return snapshotTree(this.side(side).folder);
  }

  /** Files in the folders that nobody completed. True at every instant: there must be none. */
  strangers(): string[] {
    return (['a', 'b'] as const).flatMap((side) =>
      this.completed.strangersIn(this.tree(side)).map((line) => `${side}: ${line}`),
    );
  }

  /** Starts a node that has died. One that dies once more at its start, or that still runs, is not started again. */
  async revive(side: SideName): Promise<void> {
    const { exitCode, signalCode } = this.hosts[side].process;
    if (exitCode === null && signalCode === null) return;
    await this.side(side).node.up();
  }

  /** What is wrong in general once everything is in sync: leftovers, problems, warnings. */
  async faultsAtRest(): Promise<string[]> {
    const faults: string[] = [];
    for (const name of ['a', 'b'] as const) {
      const { node, folder } = this.side(name);
      const staged = join(folder, '.lanfold', 'staging');
      const left = await until(
        `nothing is staged at ${name}`,
        () => (snapshotTree(staged).size === 0 ? [] : undefined),
        {
          timeoutMs: 10_000,
        },
      ).catch(() => [...snapshotTree(staged).keys()]);
      faults.push(...left.map((stage) => `${name}: "${stage}" is left in staging`));
      faults.push(...node.warnings.splice(0).map(({ message }) => `${name} warned: ${message}`));
    }
    const unknown = conflictCopies(this.tree('a')).filter((copy) => !this.conflictCopies.has(copy));
    faults.push(...unknown.map((copy) => `"${copy}": a conflict copy that nobody's edits explain`));
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
  }
}

function orderPath(root: string, side: SideName): string {
  return join(root, `order-${side}.json`);
}

/** The contents that a folder's history holds, whatever they are called there. */
export function historyContents(folder: string): Set<string> {
  const kept = snapshotTree(join(folder, '.lanfold', 'history'));
  return new Set([...kept.values()].filter(({ type }) => type === 'file').map(({ content }) => content));
}

/** Files of `before` whose content is neither in `after` nor in the history: a remote change discarded it. */
export function lostContents(before: TreeSnapshot, after: TreeSnapshot, history: ReadonlySet<string>): string[] {
  const there = new Set([...after.values()].map(({ content }) => content));
  return [...before]
    .filter(([, { type, content }]) => type === 'file' && !there.has(content) && !history.has(content))
    .map(([name]) => `"${name}": what stood there is nowhere any more`);
}
