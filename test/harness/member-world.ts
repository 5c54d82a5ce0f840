/**
 * Engines in memory, each with a roster of its own.
 * @module
 */
import { deepEqual, ok } from 'node:assert/strict';
import type { Member, MemberSet } from '../../src/core/members/member-set.ts';
import { deviceIdText } from '../../src/core/model/device-id.ts';
import { Life } from '../../src/edges/memory/life.ts';
import { MemoryClock } from '../../src/edges/memory/memory-clock.ts';
import { MemoryDisk } from '../../src/edges/memory/memory-disk.ts';
import { sha256 } from '../../src/edges/memory/memory-folder.ts';
import { MemoryNetwork } from '../../src/edges/memory/memory-network.ts';
import { MemoryTree } from '../../src/edges/memory/memory-tree.ts';
import { MemoryWatcher } from '../../src/edges/memory/memory-watcher.ts';
import { Scheduler } from '../../src/edges/memory/scheduler.ts';
import { SeededChance } from '../../src/edges/memory/seeded-chance.ts';
import { openRecordStore } from '../../src/edges/store/record-store.ts';
import {
  EMPTY_CONFIGURATION,
  parseConfiguration,
  printConfiguration,
  type Configuration,
} from '../../src/node/configuration.ts';
import { demandDevice } from '../../src/node/device.ts';
import { Engine } from '../../src/node/engine.ts';
import { Follower } from '../../src/node/members/follower.ts';
import { withDeparture, withFolder, withoutFolder, withoutPeer, withPeer } from '../../src/node/members/membership.ts';
import { Roster, type MemberNews } from '../../src/node/members/roster.ts';

export const FOLDER = 'main';
export const OTHER_FOLDER = 'other';
const PORT = 1111;
/** Longer than the longest wait between two dials. */
const LONG_MS = 60_000;

const scheduler = (): Scheduler => new Scheduler();

/** A network and its machines. */
export class MemberWorld {
  readonly scheduler = scheduler();
  readonly network = new MemoryNetwork({ scheduler: this.scheduler, seed: 'roster' });

  /** Machines that do not know each other; each is at `10.0.0.N`. */
  machines<Count extends number>(count: Count): MemberMachine[] {
    return Array.from({ length: count }, (_, index) => new MemberMachine(this, index + 1));
  }

  async pass(durationMs = LONG_MS): Promise<void> {
    await this.scheduler.runFor(durationMs);
  }
}

/** One machine, whose configuration outlives its processes. */
export class MemberMachine {
  readonly host: string;
  readonly device: Uint8Array;
  readonly id: string;
  readonly news: MemberNews[] = [];
  readonly logged: string[] = [];
  readonly #world: MemberWorld;
  /** As it is in config.json. */
  written = printConfiguration(EMPTY_CONFIGURATION);
  /** Holds back every write while it is there. */
  gate: Promise<void> | undefined;
  /** So many writes to come fail. */
  refusals = 0;
  #isLiar = false;
  #running: { life: Life; engine: Engine; roster: Roster; disk: MemoryDisk } | undefined;

  constructor(world: MemberWorld, index: number) {
    this.#world = world;
    this.host = `10.0.0.${index}`;
    this.device = new Uint8Array(32).fill(index);
    this.id = deviceIdText(this.device);
  }

  get engine(): Engine {
    ok(this.#running !== undefined, 'it is off');
    return this.#running.engine;
  }

  get roster(): Roster {
    ok(this.#running !== undefined, 'it is off');
    return this.#running.roster;
  }

  write(path: string, content: Uint8Array): void {
    ok(this.#running !== undefined, 'it is off');
    this.#running.disk.createFile(path, 0o644, content);
  }

  get configuration(): Configuration {
    return parseConfiguration(this.written, 'config.json');
  }

  async start(): Promise<void> {
    const life = new Life(this.#world.scheduler);
    const clock = new MemoryClock(life);
    const chance = new SeededChance(this.host);
    const disk = new MemoryDisk(() => clock.nowNs());
    for (const folder of [FOLDER, OTHER_FOLDER]) disk.makeDirectory(folder);
    const note = (details: object, message: string): void =>
      void this.logged.push(`${message} ${JSON.stringify(details)}`);
    const engine = new Engine(
      {
        clock,
        chance,
        log: { debug: () => {}, info: note, warn: note },
        network: this.#world.network.join(this.host, this.device, life),
        store: openRecordStore(':memory:', {
          randomBytes: (length) => chance.bytes(length),
          nowMs: () => clock.nowMs(),
        }),
        device: this.device,
        digest: sha256,
        openTree: (root) => new MemoryTree({ disk, root, life, clock, chance, stepMsMax: 1 }),
        createWatcher: (root) => new MemoryWatcher({ disk, root, life, chance, lossRate: 0 }),
      },
      {
        name: this.host,
        listen: { ports: [PORT] },
        events: {
          members: (peer, folderId, told) => {
            if (!this.#isLiar) follower.follow(`${peer.id} ${folderId}`, () => roster.hear(peer.id, folderId, told));
          },
        },
      },
    );
    const follower = new Follower({
      clock,
      isClosed: () => !life.alive,
      onFailure: (cause) => note({}, String(cause)),
    });
    const roster = new Roster({
      own: this.id,
      configuration: this.configuration,
      engine,
      nowMs: () => clock.nowMs(),
      write: async (next) => {
        await this.gate;
        this.refusals -= 1;
        if (this.refusals >= 0) throw new Error('the disk is full');
        if (life.alive) this.written = printConfiguration(next);
      },
      onMember: (news) => this.news.push(news),
      onNotInForce: () => follower.follow('', () => roster.putInForce()),
    });
    this.#running = { life, engine, roster, disk };
    await this.#world.scheduler.runUntil(engine.start());
    for (const { id } of roster.configuration.folders) await this.#open(id);
  }

  /** It dies at once. */
  kill(): void {
    this.#running?.life.end();
    this.#running = undefined;
  }

  async change(next: (configuration: Configuration) => Configuration): Promise<void> {
    await this.roster.inTurn(() => this.roster.configure(next(this.roster.configuration)));
    for (const { id } of this.roster.configuration.folders)
      if (this.engine.folder(id) === undefined) await this.#open(id);
  }

  async add(folder: string): Promise<void> {
    await this.change((before) => withFolder(before, { id: folder, path: folder, peers: [] }, this.roster.act()));
  }

  async leave(folder: string): Promise<void> {
    await this.change((before) => withDeparture(before, folder, this.roster.act()));
    await this.roster.inTurn(() => this.roster.configure(withoutFolder(this.roster.configuration, folder)));
    await this.engine.removeFolder(folder);
  }

  /** A person adds a folder again, which another shares. */
  async rejoin(folder: string, other: MemberMachine): Promise<void> {
    const words = this.engine.hearsay.wordsOn(this.engine.peers, folder, this.id);
    const added = { id: folder, path: folder, peers: [other.id] };
    await this.change((before) => withFolder(before, added, this.roster.act(), words));
  }

  async trust(other: MemberMachine, ...folders: string[]): Promise<void> {
    const peer = { id: other.id, addresses: [`${other.host}:${PORT}`], folders };
    await this.change((before) => withPeer(before, peer, this.roster.act()));
  }

  async forget(other: MemberMachine): Promise<void> {
    await this.change((before) => withoutPeer(before, other.id, this.roster.act()));
  }

  trusts(other: MemberMachine): boolean {
    return this.engine.peers.some(({ id }) => id === other.id);
  }

  isConnectedTo(other: MemberMachine): boolean {
    return this.engine.peers.some(({ id, isConnected }) => isConnected && id === other.id);
  }

  sharesWith(folder: string, other: MemberMachine): boolean {
    return this.engine.peersOf(folder).some(({ id }) => id === other.id);
  }

  membersOf(folder: string): MemberSet {
    return this.configuration.folders.find(({ id }) => id === folder)?.members ?? [];
  }

  /** Says whatever it likes from now on, past its own roster, and listens to nobody. */
  async lie(folder: string, members: MemberSet, to: readonly MemberMachine[]): Promise<void> {
    this.#isLiar = true;
    for (const { device, host } of to) this.engine.trustPeer({ device, addresses: [{ host, port: PORT }] });
    const peers = to.map(({ device }) => device);
    await this.#world.scheduler.runUntil(this.engine.addFolder({ id: folder, root: folder, peers, members }));
  }

  async #open(id: string): Promise<void> {
    const setup = this.roster.configuration.folders.find((folder) => folder.id === id);
    ok(setup?.members !== undefined);
    const { path, peers, members } = setup;
    const stopped = this.roster.stopReason(setup);
    const opened = this.engine.addFolder({ id, root: path, peers: peers.map(demandDevice), members, stopped });
    await this.#world.scheduler.runUntil(opened);
  }
}

/** A, B and C trust each other and share the folder; only A was ever told by a person of both others. */
export async function threeOfUs(): Promise<{
  world: MemberWorld;
  a: MemberMachine;
  b: MemberMachine;
  c: MemberMachine;
}> {
  const world = new MemberWorld();
  const [a, b, c] = world.machines(3) as [MemberMachine, MemberMachine, MemberMachine];
  for (const machine of [a, b, c]) {
    await machine.start();
    await machine.add(FOLDER);
  }
  for (const other of [b, c]) {
    await a.trust(other, FOLDER);
    await other.trust(a, FOLDER);
  }
  await world.pass();
  deepEqual([b.isConnectedTo(c), c.isConnectedTo(b), a.isConnectedTo(b)], [true, true, true]);
  return { world, a, b, c };
}

export const added = (machine: MemberMachine, change: Partial<Member>): Member => ({
  device: machine.id,
  name: '',
  generation: 1,
  removed: false,
  by: machine.id,
  atMs: 1,
  ...change,
});
