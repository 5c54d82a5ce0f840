/**
 * Two nodes in processes of their own on loopback that share one folder, and what a test wants to know of them.
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../harness/ports.ts';
import { until } from '../harness/process.ts';
import { diffTrees, snapshotTree, type TreeSnapshot } from '../harness/snapshot.ts';
import { DrivenNode, type Starter } from './driven-node.ts';

export const FOLDER = 'main';

/** One node and its copy of the folder. */
export type Side = { readonly node: DrivenNode; readonly folder: string };

export type PairOptions = {
  /** Where everything lies; it is the pair's to remove. Default: a new directory. */
  readonly root?: string;
  /** Fills the first side's folder before anything is shared. */
  readonly fill?: (folder: string) => void;
  /** A side's folder, when it lies elsewhere; it is the caller's to remove. */
  readonly folderA?: string;
  readonly folderB?: string;
  /** The second side's home, when it lies elsewhere; it is the caller's to remove. */
  readonly homeB?: string;
  /** How a side's node is started. Default: from source. */
  readonly start?: { readonly a?: Starter; readonly b?: Starter };
  /** False: neither trusts the other nor shares anything yet. Default: true. */
  readonly together?: boolean;
};

export class Pair implements AsyncDisposable {
  readonly root: string;
  readonly a: Side;
  readonly b: Side;

  private constructor(root: string, a: Side, b: Side) {
    this.root = root;
    this.a = a;
    this.b = b;
  }

  /** Opens both nodes, lets them trust each other, and shares `a/` and `b/` below the root. */
  static async open(options: PairOptions = {}): Promise<Pair> {
    const root = options.root ?? mkdtempSync(join(tmpdir(), 'lanfold-pair-'));
    const open = async (
      name: 'a' | 'b',
      folder = join(root, name),
      home = join(root, `home-${name}`),
    ): Promise<Side> => {
      mkdirSync(folder, { recursive: true });
      const listen = `127.0.0.1:${await freePort()}`;
      return {
        node: await DrivenNode.open({ home, listen, discovery: 'off', name }, options.start?.[name]),
        folder,
      };
    };
    const pair = new Pair(root, await open('a', options.folderA), await open('b', options.folderB, options.homeB));
    options.fill?.(pair.a.folder);
    if (options.together === false) return pair;
    for (const side of pair.sides) await pair.trust(side);
    for (const side of pair.sides) await pair.share(side);
    return pair;
  }

  /** Lets one side trust the other. May be called again. */
  async trust(side: Side): Promise<void> {
    const { node } = this.other(side);
    await side.node.ask('trust', node.id, [node.listening]);
  }

  /** Lets one side share a folder with the other, by default the one that all is about. May be called again. */
  async share(side: Side, id = FOLDER, folder = side.folder): Promise<void> {
    await side.node.ask('share', folder, id, [this.other(side).node.id]);
  }

  other(side: Side): Side {
    return side === this.a ? this.b : this.a;
  }

  get sides(): readonly [Side, Side] {
    return [this.a, this.b];
  }

  /** A path in one of the folders. */
  at(side: Side, name: string): string {
    return join(side.folder, name);
  }

  /**
   * Waits until both nodes say that they and each other have everything, and the trees are equal; returns the tree.
   * Rejects with what differs, and what the nodes say of themselves.
   */
  async converged(timeoutMs = 60_000): Promise<TreeSnapshot> {
    const endMs = performance.now() + timeoutMs;
    let difference: string[] = ['the nodes never said that they were in sync'];
    for (;;) {
      await until('both nodes are in sync', () => this.#areInSync(), {
        timeoutMs: endMs - performance.now(),
        everyMs: 50,
      }).catch(async (cause: unknown) => {
        throw new Error(`${difference.join('\n')}\n${await this.#describe()}`, { cause });
      });
      const left = snapshotTree(this.a.folder);
      difference = diffTrees(left, snapshotTree(this.b.folder));
      if (difference.length === 0 && (await this.#areInSync()) === true) return left;
      if (performance.now() > endMs) throw new Error(`${difference.join('\n')}\n${await this.#describe()}`);
      await delay(50);
    }
  }

  async #areInSync(): Promise<true | undefined> {
    for (const { node } of this.sides) {
      const { state, peers } = await node.ask('status', FOLDER);
      if (state !== 'in-sync' || !peers.every((peer) => peer.connected && peer.completion === 100)) return undefined;
    }
    return true;
  }

  async #describe(): Promise<string> {
    const said = await Promise.all(
      this.sides.map(async ({ node }) => {
        const status = JSON.stringify(await node.ask('status', FOLDER));
        return `${node.options.name}: ${status}\n${(await node.ask('log')).slice(-15).join('\n')}`;
      }),
    );
    return said.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { node } of this.sides) await node.end();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Waits until a file has this content on a side. */
export async function arrives(side: Side, name: string, content: string): Promise<void> {
  const path = join(side.folder, name);
  await until(`"${name}" arrives`, () =>
    existsSync(path) && readFileSync(path, 'utf8') === content ? true : undefined,
  );
}

/** The number of the last change that a side's folder told. */
export async function cursorOf({ node }: Side): Promise<number> {
  return (await node.ask('changes', FOLDER, 0)).at(-1)?.cursor ?? 0;
}

/** Names of which a side's folder has told anything since {@link cursorOf}: also what came and went, or went and came back. */
export async function changedSince({ node }: Side, cursor: number): Promise<string[]> {
  return (await node.ask('changes', FOLDER, cursor)).map(({ path }) => path).sort();
}

/** Waits until a folder of a node has this state. */
export async function stateIs(side: Side, wanted: string, timeoutMs = 30_000): Promise<void> {
  let last: unknown;
  const ask = async (): Promise<true | undefined> => {
    const status = await side.node.ask('status', FOLDER);
    last = status;
    return status.state === wanted ? true : undefined;
  };
  await until(`the folder is ${wanted}`, ask, { timeoutMs, detail: () => JSON.stringify(last) });
}

/** Fails unless no name of the tree is a conflict's loser. */
export function assertNoConflicts(copies: readonly string[]): void {
  assert.deepEqual(copies, [], 'nobody changed the same name on both sides');
}
