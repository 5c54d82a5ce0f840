/**
 * A link with two hosts, and on them nodes and programs with homes of their own. All is ended and removed at the end.
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Lan, type Host } from '../harness/namespaces.ts';
import { until } from '../harness/process.ts';
import { DrivenNode } from './driven-node.ts';

type Options = Omit<DrivenNode['options'], 'home'>;

interface Lines {
  /** The next line that has this key. */
  next(key: string): Promise<Record<string, unknown>>;
}

export class Homes implements AsyncDisposable {
  readonly hosts: readonly [Host, Host];
  readonly #ends = new AsyncDisposableStack();

  constructor() {
    const lan = this.#ends.use(new Lan(2));
    this.hosts = [lan.host(1), lan.host(2)];
  }

  /** A node on each host. They trust each other, and know nothing but their IDs. */
  async openBoth(first: Options, second: Options): Promise<[DrivenNode, DrivenNode]> {
    const [one, two] = [await this.#open(this.hosts[0], first), await this.#open(this.hosts[1], second)];
    await one.ask('trust', two.id, []);
    await two.ask('trust', one.id, []);
    return [one, two];
  }

  /** A program in a host, which tells lines of JSON. */
  program(host: Host, script: string, role: string): Lines {
    const child = host.start(script, role, this.#home());
    const over = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#ends.defer(async () => {
      child.stdin?.end();
      await over;
    });
    assert.ok(child.stdout !== null);
    const lines: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) =>
      lines.push(JSON.parse(line) as Record<string, unknown>),
    );
    return {
      next: async (key) =>
        await until(`${role} tells "${key}"`, () => lines.find((line) => key in line), { everyMs: 10 }),
    };
  }

  async #open(host: Host, options: Options): Promise<DrivenNode> {
    const node = await DrivenNode.open({ home: this.#home(), ...options }, (file, ...words) =>
      host.start(file, ...words),
    );
    this.#ends.defer(() => node.end());
    return node;
  }

  #home(): string {
    const home = mkdtempSync(join(tmpdir(), 'lanfold-discovery-'));
    this.#ends.defer(() => rmSync(home, { recursive: true, force: true }));
    return home;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
  }
}
