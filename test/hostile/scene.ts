/**
 * Where the hostile cases happen: a real node (the victim), an honest one beside it, and a trusted identity that means harm.
 * Each case has a folder of its own on the same nodes, and is judged by what it did to everybody else.
 * @module
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { askRunning, UNREACHABLE } from '../../src/cli/control-client.ts';
import type { ArgsOf, OperationName, ResultOf } from '../../src/cli/operations.ts';
import { homeOf } from '../../src/cli/usage.ts';
import { deviceIdText } from '../../src/core/model/device-id.ts';
import type { Identity } from '../../src/edges/net/identity.ts';
import { Lanfold } from '../harness/lanfold.ts';
import { until } from '../harness/process.ts';
import { layCanaries, SECRET, stateBeside } from './canaries.ts';
import { measureCost } from './cost.ts';
import { EvilPeer, newIdentity, type Introducing } from './evil-peer.ts';

/** The bar of the programme (reliability rules, I). */
const GROWTH_BYTES_MAX = 200 * 1024 * 1024;
const CPU_MS_MAX = 10_000;
/** From the write at one node to the file at the other, while the attack goes on or right after it: a bound for hangs, on any machine. */
const SERVED_MS_MAX = 60_000;
/** Lines of the victim's log for one case, above debug. */
const LOG_LINES_MAX = 150;
const MIB = 1024 * 1024;

export interface Case {
  /** The folder, shared by all three. */
  readonly folder: string;
  /** Where it is at the victim. */
  readonly path: string;
  /** What stands beside it: the canaries. */
  readonly beside: string;
  /** The same at the honest peer. */
  readonly honestPath: string;
  /** Opens a connection of the evil identity that has told what it shares, and has heard what the victim does. */
  readonly evil: (introducing?: Introducing) => Promise<EvilPeer>;
  /** Has a file of the honest peer come within bounded time; may be called again. */
  readonly served: () => Promise<void>;
  /** A file has come to the victim, whole. */
  readonly arrives: (name: string, content: Uint8Array | string) => Promise<void>;
  /** A line of the victim's log since the case began. */
  readonly logged: (wanted: RegExp) => Promise<string>;
}

export interface Bounds {
  readonly grownBytes?: number;
  readonly cpuMs?: number;
  readonly logLines?: number;
  /** What the log has to say. */
  readonly log?: RegExp;
  /** The folder has more to do than a moment's work: it is another folder in which the honest peer is to be served. */
  readonly isBusy?: boolean;
}

/** Runs an attack. @returns how it was refused, in words. */
export type Attack = (scene: Case) => Promise<string>;

export class Scene implements AsyncDisposable {
  readonly victim: Lanfold;
  readonly honest: Lanfold;
  readonly identity: Identity;
  readonly #root: string;
  #cases = 0;
  #served = 0;

  private constructor(victim: Lanfold, honest: Lanfold, root: string, identity: Identity) {
    this.victim = victim;
    this.honest = honest;
    this.#root = root;
    this.identity = identity;
  }

  static async open(): Promise<Scene> {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'lanfold-hostile-')));
    const [victim, honest] = await Promise.all([Lanfold.create({ args: ['-v', '--json'] }), Lanfold.create()]);
    const scene = new Scene(victim, honest, root, newIdentity());
    try {
      await Promise.all([victim.up(), honest.up()]);
      const trust = async (node: Lanfold, id: string, addresses: string[]): Promise<void> => {
        await scene.askNode(node, 'peers.trust', { id, addresses, folders: [] });
      };
      await trust(victim, honest.deviceId, []); // before the other dials: who is refused waits longer each time
      await trust(honest, victim.deviceId, [victim.address]);
      await trust(victim, scene.evilId, []);
      for (const path of scene.#garden) mkdirSync(path);
      await scene.askNode(honest, 'folders.add', { path: scene.#garden[1], id: 'garden', peers: [victim.deviceId] });
      await scene.askNode(victim, 'folders.add', { path: scene.#garden[0], id: 'garden', peers: [honest.deviceId] });
      return scene;
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.victim.stop(), this.honest.stop()]);
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** A folder that the victim and the honest peer share with nobody else, at both. */
  get #garden(): readonly [victim: string, honest: string] {
    return [join(this.#root, 'garden'), join(this.#root, 'honest garden')];
  }

  get evilId(): string {
    return deviceIdText(this.identity.device);
  }

  async askNode<Name extends OperationName>(node: Lanfold, name: Name, args: ArgsOf<Name>): Promise<ResultOf<Name>> {
    const answer = await askRunning(homeOf({ home: node.home }), name, args);
    assert.notEqual(answer, UNREACHABLE, `the node does not answer\n${node.program.tail()}`);
    return answer as ResultOf<Name>;
  }

  /** Runs one case and judges it; prints what it cost. */
  async run(context: Pick<TestContext, 'name' | 'diagnostic'>, bounds: Bounds, attack: Attack): Promise<void> {
    const folder = `case-${++this.#cases}`;
    const [beside, besideHonest] = ['victim', 'honest'].map((side) => join(this.#root, folder, side));
    assert.ok(beside !== undefined && besideHonest !== undefined);
    const [path, honestPath] = [join(beside, 'folder'), join(besideHonest, 'folder')];
    for (const directory of [path, honestPath]) mkdirSync(directory, { recursive: true });
    for (const directory of [beside, besideHonest]) layCanaries(directory);
    const before = [stateBeside(beside, 'folder'), stateBeside(besideHonest, 'folder')];
    await this.askNode(this.honest, 'folders.add', { path: honestPath, id: folder, peers: [this.victim.deviceId] });
    const peers = [this.honest.deviceId, this.evilId];
    await this.askNode(this.victim, 'folders.add', { path, id: folder, peers });
    const opened: EvilPeer[] = [];
    const lines = this.victim.program.stderr;
    const firstLine = lines.length;
    const scene: Case = {
      folder,
      path,
      beside,
      honestPath,
      evil: async (introducing) => {
        const target = { address: this.victim.address, secret: SECRET };
        const evil = await EvilPeer.connect(this.identity, target, introducing);
        opened.push(evil);
        return evil;
      },
      served: () => (bounds.isBusy === true ? this.#isServed(...this.#garden) : this.#isServed(path, honestPath)),
      arrives: async (name, content) => await arrives(join(path, name), content),
      logged: async (wanted) =>
        await until(`the victim logs ${wanted}`, () => lines.slice(firstLine).find((line) => wanted.test(line)), {
          detail: () => lines.slice(firstLine).slice(-20).join('\n'),
        }),
    };
    await scene.served();
    const cost = measureCost(this.victim.pid);
    try {
      const refused = await attack(scene);
      await scene.served();
      const { grownBytes, cpuMs, tookMs } = cost();
      if (bounds.log !== undefined) await scene.logged(bounds.log);
      const logged = lines.length - firstLine;
      const figures = `${(grownBytes / MIB).toFixed(1)} MiB more, ${cpuMs} ms of CPU in ${Math.round(tookMs)} ms, ${logged} log lines`;
      context.diagnostic(`${context.name.replace(/^case ([A-Z0-9 ]+):.*/, '$1')} | ${refused} | ${figures}`);
      assert.ok(this.victim.program.running, `the victim ended\n${this.victim.program.tail()}`);
      assert.deepEqual(
        [stateBeside(beside, 'folder'), stateBeside(besideHonest, 'folder')],
        before,
        'outside is as it was',
      );
      assert.ok(!opened.some(({ hasSecret }) => hasSecret), 'nothing of what lies outside came over the wire');
      assert.ok(grownBytes <= (bounds.grownBytes ?? GROWTH_BYTES_MAX), figures);
      assert.ok(cpuMs <= (bounds.cpuMs ?? CPU_MS_MAX), figures);
      assert.ok(logged <= (bounds.logLines ?? LOG_LINES_MAX), lines.slice(firstLine).slice(-20).join('\n'));
    } finally {
      for (const evil of opened) evil.leave();
      await this.askNode(this.victim, 'folders.remove', { id: folder });
      await this.askNode(this.honest, 'folders.remove', { id: folder });
    }
  }

  /** A file goes from the honest peer to the victim, and one from the victim to the honest peer. */
  async #isServed(path: string, honestPath: string): Promise<void> {
    const number = ++this.#served;
    for (const [from, to] of [
      [honestPath, path],
      [path, honestPath],
    ] as const) {
      const [name, content] = [`served ${number} ${from === path ? 'back' : 'here'}`, `content ${number}`];
      writeFileSync(join(from, name), content);
      await arrives(join(to, name), content);
    }
  }
}

async function arrives(path: string, content: Uint8Array | string): Promise<void> {
  const bytes = Buffer.from(content);
  const isThere = (): true | undefined => (existsSync(path) && readFileSync(path).equals(bytes)) || undefined;
  await until(`${path} arrives`, isThere, { timeoutMs: SERVED_MS_MAX, everyMs: 5 });
}

/** Names in a folder, without lanfold's own and without the files that the judge makes. */
export function namesIn(path: string): string[] {
  return readdirSync(path)
    .filter((name) => name !== '.lanfold' && !name.startsWith('served '))
    .sort();
}
