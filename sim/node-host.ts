/**
 * The machine that one simulated node runs on: a disk and a store that outlive the process, and one process after another.
 * @module
 */
import { Life } from '../src/edges/memory/life.ts';
import { MemoryClock } from '../src/edges/memory/memory-clock.ts';
import { MemoryDisk } from '../src/edges/memory/memory-disk.ts';
import { MemoryFolder, sha256 } from '../src/edges/memory/memory-folder.ts';
import type { MemoryNetwork } from '../src/edges/memory/memory-network.ts';
import type { PowerCut } from '../src/edges/memory/unflushed.ts';
import { damageStaged } from '../src/edges/memory/memory-staging.ts';
import { MemoryTree } from '../src/edges/memory/memory-tree.ts';
import { MemoryWatcher } from '../src/edges/memory/memory-watcher.ts';
import type { Scheduler } from '../src/edges/memory/scheduler.ts';
import type { SeededChance } from '../src/edges/memory/seeded-chance.ts';
import { deviceIdText, shortId } from '../src/core/model/device-id.ts';
import { isMember, type MemberSet } from '../src/core/members/member-set.ts';
import type { Look } from '../src/core/model/file-record.ts';
import { isBelow } from '../src/core/model/folder-path.ts';
import type { Edges } from '../src/node/edges.ts';
import type { Change, Trouble } from '../src/ports/file-tree.ts';
import { recordText } from './checkers/version-text.ts';
import type { Believer } from './checkers/membership.ts';
import { partsOf } from './engine-node.ts';
import { Home } from './gathering/home.ts';
import { FOLDER_ID, FOLDER_ROOT } from './hands.ts';
import { HostStore } from './host-store.ts';
import type { Oracle, Watched } from './oracle.ts';
import { hostOf, type NodeFaultStep, nodeName, type Plan } from './plan.ts';
import { Sharing } from './sharing.ts';
import type { SimNode, SimNodeFactory, SimNodeSetup, Standing } from './sim-node.ts';
import type { Trace } from './trace.ts';
import { tracedLog } from './traced-log.ts';
import { watchStore } from './watched-store.ts';

export const PORT = 1111;

export interface HostOptions {
  readonly index: number;
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly network: MemoryNetwork;
  readonly oracle: Oracle;
  readonly trace: Trace;
  /** Makes a stream of chance for one concern. */
  readonly stream: (name: string) => SeededChance;
  readonly create: SimNodeFactory;
  /** A person's decision, or what a member said, was written down. */
  readonly onConfigured: (host: NodeHost) => void;
  /** Something happened that keeps the world from being at rest. */
  readonly onActivity: () => void;
  /** The code under test threw. */
  readonly onFault: (fault: unknown) => void;
}

export class NodeHost implements Watched, Believer {
  readonly name: string;
  readonly device: Uint8Array;
  readonly short: bigint;
  /** Device ID in its text form. */
  readonly id: string;
  /** Where it is on the network. */
  readonly host: string;
  readonly disk: MemoryDisk;
  readonly hasOwnOrder: boolean;
  readonly #options: HostOptions;
  readonly #store: HostStore;
  readonly #chance: { readonly node: SeededChance; readonly disk: SeededChance; readonly crash: SeededChance };
  #running: { readonly life: Life; readonly node: SimNode } | undefined;
  /** All that ever ran here. */
  readonly #nodes: SimNode[] = [];
  #uncleanStop = false;
  /** How often the power was cut: who counts another number than at his start was running then. */
  #powerCuts = 0;
  #isOff = false;
  /** Somebody is at its records: it cannot be started. */
  isHeld = false;
  /** How often the records were lost. */
  #losses = 0;
  #clockOffMs: number;
  /** What the disk refuses, by path. */
  readonly #refusals = new Map<string, Trouble['trouble']>();
  #setup: SimNodeSetup | undefined;
  #recordSteps = 0;
  readonly #sharing = new Sharing<NodeHost>(() => this.#shareAnew());
  /** In a gathering. */
  readonly #home: Home | undefined;

  constructor(options: HostOptions) {
    const { index, stream, plan, scheduler, oracle, trace } = options;
    this.#options = options;
    this.name = nodeName(index);
    this.device = stream(`${this.name} device`).bytes(32);
    this.short = shortId(this.device);
    this.id = deviceIdText(this.device);
    this.host = hostOf(plan, index);
    this.hasOwnOrder = plan.rules?.[index] === 'syncthing-2';
    this.#chance = {
      node: stream(`${this.name} chance`),
      disk: stream(`${this.name} disk`),
      crash: stream(`${this.name} crash`),
    };
    this.#clockOffMs = plan.skewsMs[index] ?? 0;
    const clock = new MemoryClock(new Life(scheduler), () => this.#clockOffMs);
    this.disk = new MemoryDisk(() => clock.nowNs(), {
      ignoresCase: plan.ignoringCase?.includes(index) === true,
      decomposes: plan.decomposing?.includes(index) === true,
    });
    this.disk.makeDirectory(FOLDER_ROOT);
    const storeChance = stream(`${this.name} store`);
    this.#store = new HostStore({
      open: partsOf(plan.rules?.[index]).openRecordStore,
      randomBytes: (length) => storeChance.bytes(length),
      nowMs: () => clock.nowMs(),
      inFile: plan.steps.some((step) => step.kind === 'restore-records' && step.node === index),
    });
    this.disk.listen(({ what, path }) => {
      trace.note(() => `${this.name} disk: ${what} ${path}`);
      options.onActivity();
    });
    oracle.watch(this);
    this.disk.flushNames();
    if (plan.gathering === true)
      this.#home = new Home(
        stream(`${this.name} home`),
        () => {
          options.onActivity();
          options.onConfigured(this);
        },
        index === 0 ? this.id : undefined,
      );
  }

  /** Nobody can work at a machine without power. */
  get isOff(): boolean {
    return this.#isOff;
  }

  /** How often its disk or its records changed: while this stands still, it always loses the same when it goes down. */
  get steps(): number {
    return this.disk.steps + this.#recordSteps;
  }
  get powerCuts(): number {
    return this.#powerCuts;
  }

  /** What the process says of its folder; undefined while none runs. */
  standing(): Standing | undefined {
    return this.#running?.node.standing?.();
  }

  /** The process that runs. */
  get running(): { readonly life: Life; readonly node: SimNode } | undefined {
    return this.#running;
  }

  /** `host:port`. */
  get address(): string {
    return `${this.host}:${PORT}`;
  }

  sharesWith(other: Watched): boolean {
    const peer = this.#sharing.current.find(({ name }) => name === other.name);
    if (peer === undefined || !peer.#sharing.current.includes(this)) return false;
    const isMutual = isMember(this.members() ?? [], peer.id) && isMember(peer.members() ?? [], this.id);
    return this.#home === undefined || isMutual;
  }

  members(): MemberSet | undefined {
    return this.#running?.node.members?.();
  }

  connected(): readonly string[] {
    return this.#running?.node.connected?.() ?? [];
  }

  /** It has no records any more. */
  forgets(): void {
    this.#losses += 1;
    this.#options.oracle.lostRecords(this);
  }

  /** Says with whom the node shares. Called once, before the first start. */
  introduce(peers: readonly NodeHost[]): void {
    this.#sharing.peers = peers;
    const { plan, index } = this.#options;
    const rules = plan.rules?.[index];
    this.#setup = {
      name: this.name,
      host: this.host,
      port: PORT,
      folderId: FOLDER_ID,
      ...(rules === undefined ? {} : { rules }),
      root: FOLDER_ROOT,
      peers: peers.map(({ name, device, host }) => ({ name, device, address: { host, port: PORT } })),
      sharedWith: () => this.#sharing.current.map(({ device }) => device),
    };
  }

  /** Stops sharing the folder with a peer. @returns how to share it again. */
  unshare(peer: NodeHost): () => void {
    return this.#sharing.stop(peer);
  }

  #shareAnew(): void {
    const running = this.#running;
    running?.node.shareAnew?.().catch((fault: unknown) => {
      if (running === this.#running) this.#options.onFault(fault);
    });
  }

  /** Starts a process, if none runs. */
  start(): void {
    if (this.isHeld) return;
    this.#isOff = false;
    const setup = this.#setup;
    if (this.#running !== undefined || setup === undefined) return;
    this.#options.trace.note(() => `${this.name} starts`);
    const life = new Life(this.#options.scheduler);
    const edges = this.#edges(life);
    const machine = this.#home?.machine(edges, life);
    const node = this.#options.create(edges, machine === undefined ? setup : { ...setup, machine });
    this.#running = { life, node };
    this.#nodes.push(node);
    this.#uncleanStop = true; // until it stops in order
    node.start().catch((fault: unknown) => this.#options.onFault(fault));
  }

  /** The process dies at once. */
  crash(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#options.trace.note(() => `${this.name} crashes`);
    this.#running = undefined;
    running.life.end();
    damageStaged(new MemoryFolder(this.disk, FOLDER_ROOT), this.#chance.crash);
  }

  /** The machine loses its power. */
  cutPower(): void {
    this.#options.trace.note(() => `${this.name} loses its power`);
    const running = this.#running;
    this.#running = undefined;
    this.#isOff = true;
    this.#powerCuts += 1;
    running?.life.end();
    const cut = (): PowerCut => this.disk.cutPower(this.#chance.crash);
    this.#options.oracle.powerCut(this, cut, this.#recorded());
  }

  /** Begins a fault of this machine. @returns how to end it; the process is started again by the caller. */
  suffer(step: NodeFaultStep): () => void {
    const nothing = (): void => {};
    switch (step.kind) {
      case 'crash':
        this.crash();
        return nothing;
      case 'power':
        this.cutPower();
        return nothing;
      case 'lose-records':
        this.crash();
        this.#store.lose();
        this.forgets();
        this.#uncleanStop = false; // new records know of no stop at all
        return nothing;
      case 'restore-records': {
        // Records of before the folder was marked as theirs would find one that is not, and stop (R13).
        if (this.#store.current.folder(FOLDER_ID).folderKey() === undefined) return nothing;
        const putBack = this.#store.backUp();
        const losses = this.#losses;
        return () => {
          // New records have marked the folder as theirs: older ones would find a folder that is not, and stop (R13).
          if (this.#losses !== losses) return;
          this.crash();
          putBack();
          this.#options.oracle.lostRecords(this);
          this.#uncleanStop = true;
        };
      }
      case 'clock':
        const { jumpMs = 0 } = step;
        this.#clockOffMs += jumpMs;
        return () => void (this.#clockOffMs -= jumpMs);
      case 'full': {
        const { freeBytes } = this.disk;
        this.disk.freeBytes = 0;
        return () => void (this.disk.freeBytes = Math.max(this.disk.freeBytes, freeBytes));
      }
      case 'denied':
      case 'io': {
        const { path = '' } = step;
        this.#refusals.set(path, step.kind);
        return () => void this.#refusals.delete(path);
      }
      case 'stop':
      default:
        return nothing;
    }
  }

  /** The process ends in order; resolves when it is gone, also if it dies meanwhile. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#options.trace.note(() => `${this.name} stops`);
    const { life, node } = running;
    const died = new Promise<void>((resolve) => life.onEnd(resolve));
    const closed = node.close().then(
      () => {
        if (!life.alive) return;
        this.#uncleanStop = false;
        this.#running = undefined;
        life.end();
      },
      (fault: unknown) => this.#options.onFault(fault),
    );
    await Promise.race([died, closed]);
  }

  /** Frees what the machine holds, at the end of the world. */
  dispose(): void {
    this.#running?.life.end();
    this.#running = undefined;
    // Node keeps a signal with listeners until it is aborted, and with it all that a process knew that died here.
    for (const node of this.#nodes) node.close().catch(() => {});
    this.#store.close();
  }

  #edges(life: Life): Edges {
    const { plan, network, oracle, trace, onActivity } = this.#options;
    const { disk } = this;
    const clock = new MemoryClock(life, () => this.#clockOffMs);
    return {
      clock,
      chance: this.#chance.node,
      log: tracedLog(trace, this.name),
      network: network.join(this.host, this.device, life),
      store: watchStore(this.#store.current, this.#uncleanStop, {
        saved: (records) => {
          for (const record of records) trace.note(() => `${this.name} records ${recordText(record)}`);
          oracle.saved(this, records);
          onActivity();
        },
        forgot: (names) => {
          oracle.forgot(this, names);
          onActivity(); // a sweep makes no other noise, and they may be wanted from now on
        },
        changed: () => void (this.#recordSteps += 1),
      }),
      device: this.device,
      bootId: String(this.#powerCuts),
      digest: sha256,
      openTree: (root) => {
        const chance = this.#chance.disk;
        const onNameRefused = (name: string): void => oracle.nameRefused(this, name);
        const tree = new MemoryTree({
          disk,
          root,
          life,
          clock,
          chance,
          stepMsMax: plan.diskMsMax,
          onNameRefused,
          troubleOf: (name) => this.#refusal(name),
        });
        return this.#watchTree(tree);
      },
      createWatcher: (root) =>
        new MemoryWatcher({ disk, root, life, chance: this.#chance.disk, lossRate: plan.newsLossRate }),
    };
  }

  #refusal(name: string): Trouble | undefined {
    for (const [path, trouble] of this.#refusals) {
      if (name === path || isBelow(name, path)) return { trouble, detail: 'so the world will have it' };
    }
    return undefined;
  }

  /** By name: the look of what is recorded. */
  #recorded(): (name: string) => Look | undefined {
    const folder = this.#setup?.folderId;
    return (name) => (folder === undefined ? undefined : this.#store.current.folder(folder).local(name)?.look);
  }

  /** Tells the oracle of names that the node is going to set conflict copies aside under. */
  #watchTree(tree: MemoryTree): MemoryTree {
    const apply = tree.apply.bind(tree);
    tree.apply = (changes: readonly Change[]) => {
      for (const change of changes) {
        if ('displace' in change && change.displace.to === 'set-aside') {
          this.#options.oracle.setAside(this, change.displace.name);
        }
      }
      return apply(changes);
    };
    return tree;
  }
}
