/** Engines in memory, each with a roster of its own: what they make of each other's words, true or not. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { mergeMembers, type Member, type MemberSet } from '../../core/members/member-set.ts';
import { deviceIdText } from '../../core/model/device-id.ts';
import { Life } from '../../edges/memory/life.ts';
import { MemoryClock } from '../../edges/memory/memory-clock.ts';
import { MemoryDisk } from '../../edges/memory/memory-disk.ts';
import { sha256 } from '../../edges/memory/memory-folder.ts';
import { MemoryNetwork } from '../../edges/memory/memory-network.ts';
import { MemoryTree } from '../../edges/memory/memory-tree.ts';
import { MemoryWatcher } from '../../edges/memory/memory-watcher.ts';
import { Scheduler } from '../../edges/memory/scheduler.ts';
import { SeededChance } from '../../edges/memory/seeded-chance.ts';
import { openRecordStore } from '../../edges/store/record-store.ts';
import { EMPTY_CONFIGURATION, parseConfiguration, printConfiguration, type Configuration } from '../configuration.ts';
import { demandDevice } from '../device.ts';
import { Engine } from '../engine.ts';
import { Follower } from './follower.ts';
import { withFolder, withoutPeer, withPeer } from './membership.ts';
import { Roster, type MemberNews } from './roster.ts';

const FOLDER = 'main';
const OTHER_FOLDER = 'other';
const PORT = 1111;
/** Longer than the longest wait between two dials. */
const LONG_MS = 60_000;

const scheduler = (): Scheduler => new Scheduler();

/** A network and its machines. */
class World {
  readonly scheduler = scheduler();
  readonly network = new MemoryNetwork({ scheduler: this.scheduler, seed: 'roster' });

  /** Machines that do not know each other; each is at `10.0.0.N`. */
  machines<Count extends number>(count: Count): Machine[] {
    return Array.from({ length: count }, (_, index) => new Machine(this, index + 1));
  }

  async pass(durationMs = LONG_MS): Promise<void> {
    await this.scheduler.runFor(durationMs);
  }
}

/** One machine, whose configuration outlives its processes. */
class Machine {
  readonly host: string;
  readonly device: Uint8Array;
  readonly id: string;
  readonly news: MemberNews[] = [];
  readonly logged: string[] = [];
  readonly #world: World;
  /** As it is in config.json. */
  written = printConfiguration(EMPTY_CONFIGURATION);
  /** Holds back every write while it is there. */
  gate: Promise<void> | undefined;
  /** So many writes to come fail. */
  refusals = 0;
  #isLiar = false;
  #running: { life: Life; engine: Engine; roster: Roster } | undefined;

  constructor(world: World, index: number) {
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
    });
    this.#running = { life, engine, roster };
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

  async trust(other: Machine, ...folders: string[]): Promise<void> {
    const peer = { id: other.id, addresses: [`${other.host}:${PORT}`], folders };
    await this.change((before) => withPeer(before, peer, this.roster.act()));
  }

  async forget(other: Machine): Promise<void> {
    await this.change((before) => withoutPeer(before, other.id, this.roster.act()));
  }

  trusts(other: Machine): boolean {
    return this.engine.peers.some(({ id }) => id === other.id);
  }

  isConnectedTo(other: Machine): boolean {
    return this.engine.peers.some(({ id, isConnected }) => isConnected && id === other.id);
  }

  sharesWith(folder: string, other: Machine): boolean {
    return this.engine.peersOf(folder).some(({ id }) => id === other.id);
  }

  membersOf(folder: string): MemberSet {
    return this.configuration.folders.find(({ id }) => id === folder)?.members ?? [];
  }

  /** Says whatever it likes from now on, past its own roster, and listens to nobody. */
  async lie(folder: string, members: MemberSet, to: readonly Machine[]): Promise<void> {
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
async function threeOfUs(): Promise<{ world: World; a: Machine; b: Machine; c: Machine }> {
  const world = new World();
  const [a, b, c] = world.machines(3) as [Machine, Machine, Machine];
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

const added = (machine: Machine, change: Partial<Member>): Member => ({
  device: machine.id,
  name: '',
  generation: 1,
  removed: false,
  by: machine.id,
  atMs: 1,
  ...change,
});

test('Y12 a removal closes the conversations at once, and no new one begins', async () => {
  const { world, a, b, c } = await threeOfUs();
  await a.forget(c);
  equal(a.trusts(c), false);
  await world.pass(1000);
  equal(b.trusts(c), false);
  await world.pass();
  deepEqual([c.isConnectedTo(a), c.isConnectedTo(b)], [false, false]);
  deepEqual(
    b.news.filter(({ is }) => is === 'removed').map(({ device, by }) => [device, by]),
    [[c.id, a.id]],
  );
});

test('Y16 what another says is written before it is acted on, and told only then', async () => {
  const { world, a, b, c } = await threeOfUs();
  a.kill(); // A's word comes to C only through B
  b.kill();
  await a.start();
  await a.forget(c);
  let open = (): void => {};
  b.gate = new Promise((resolve) => (open = resolve));
  await b.start();
  await world.pass();
  ok(b.isConnectedTo(a), 'B has heard it');
  ok(b.isConnectedTo(c), 'and does nothing before it is written');
  open();
  await world.pass(1000);
  deepEqual([b.trusts(c), b.membersOf(FOLDER).find(({ device }) => device === c.id)?.removed], [false, true]);
});

test('Y16 a kill before the write loses nothing but time; a kill after it neither', async () => {
  const { world, a, b, c } = await threeOfUs();
  b.kill();
  await a.forget(c);
  b.gate = new Promise(() => {});
  await b.start();
  await world.pass();
  b.kill();
  b.gate = undefined;
  await b.start();
  await world.pass();
  equal(b.trusts(c), false, 'it was told again');
  a.kill();
  b.kill();
  await b.start();
  await world.pass();
  deepEqual([b.trusts(c), c.isConnectedTo(b)], [false, false]);
});

test('Y16 what cannot be written is tried again until it can, also a removal of who is off', async () => {
  const { world, a, b, c } = await threeOfUs();
  c.kill();
  await world.pass();
  b.refusals = 3;
  await a.forget(c);
  await c.start();
  await world.pass();
  deepEqual([b.refusals < 0, b.trusts(c), b.isConnectedTo(c)], [true, false, false]);
  equal(b.logged.filter((line) => line.includes('the disk is full')).length, 1, 'and said once');
});

test('Y16 what was written and not put into force is put into force later', async () => {
  const { world, a, b, c } = await threeOfUs();
  const { engine } = b;
  const forget = engine.forgetPeer.bind(engine);
  let fails = 2;
  engine.forgetPeer = (device) => {
    fails -= 1;
    if (fails >= 0) throw new Error('so the test will have it');
    forget(device);
  };
  c.kill();
  await a.forget(c);
  await world.pass();
  await c.start();
  await world.pass();
  deepEqual([b.trusts(c), b.isConnectedTo(c), b.news.at(-1)?.is], [false, false, 'removed']);
});

test('Y17 a removed device that meets one who does not know yet cannot put itself out of reach', async () => {
  const { world, a, b, c } = await threeOfUs();
  const truth = c.membersOf(FOLDER);
  b.kill();
  a.kill();
  await a.start();
  await a.forget(c);
  a.kill();
  await b.start();
  await c.lie(FOLDER, mergeMembers(truth, [added(c, { generation: 900 })]), [a, b]);
  await world.pass();
  ok(b.isConnectedTo(c), 'B cannot know yet');
  await a.start();
  await world.pass();
  deepEqual([a.trusts(c), b.trusts(c)], [false, false]);
  const worse = [added(c, { generation: 901 }), added(a, { removed: true })];
  await c.lie(FOLDER, mergeMembers(truth, worse), [a, b]);
  await world.pass();
  deepEqual([a.trusts(c), b.trusts(c), b.trusts(a)], [false, false, true]);
});

test('Y17 it can remove others from whom it meets first; a person puts that right', async () => {
  const { world, a, b, c } = await threeOfUs();
  const truth = c.membersOf(FOLDER);
  b.kill();
  await a.forget(c);
  a.kill();
  await b.start();
  await c.lie(FOLDER, mergeMembers(truth, [added(a, { removed: true, by: c.id })]), [b]);
  await world.pass();
  await a.start();
  await world.pass();
  deepEqual([b.trusts(a), b.trusts(c)], [false, true]);
  deepEqual(b.news.at(-1), {
    folder: FOLDER,
    is: 'removed',
    device: a.id,
    name: '10.0.0.1',
    by: c.id,
    byName: '10.0.0.3',
  });
  await b.trust(a, FOLDER);
  await world.pass();
  deepEqual([b.isConnectedTo(a), b.trusts(c), a.trusts(c)], [true, false, false]);
});

test('Y17 members that cannot be end that conversation, and nothing else', async () => {
  const { world, a, b, c } = await threeOfUs();
  const before = a.written;
  const impossible = c.membersOf(FOLDER).map((member) => ({ ...member, generation: -1 }));
  await c.lie(FOLDER, impossible, [a, b]);
  await world.pass(1000);
  match(a.logged.join('\n'), /malformed members/);
  equal(a.isConnectedTo(c), false);
  equal(a.isConnectedTo(c), false);
  deepEqual([a.isConnectedTo(b), a.trusts(c), a.written], [true, true, before]);
});

test('Y17 what a device says of a folder that we do not share with it counts for nothing', async () => {
  const { world, a, b, c } = await threeOfUs();
  await a.add(OTHER_FOLDER);
  await a.trust(b, OTHER_FOLDER);
  await world.pass(1000);
  const before = a.membersOf(OTHER_FOLDER);
  await c.lie(OTHER_FOLDER, [added(a, {}), added(b, { removed: true }), added(c, {})], [a]);
  await world.pass();
  deepEqual(a.membersOf(OTHER_FOLDER), before);
  equal(a.sharesWith(OTHER_FOLDER, c), false);
});

test('Y18 who is removed from one folder stays trusted for another, and for that alone', async () => {
  const { world, a, b, c } = await threeOfUs();
  for (const [one, other] of [
    [b, c],
    [c, b],
  ] as const) {
    await one.add(OTHER_FOLDER);
    await one.trust(other, OTHER_FOLDER);
  }
  await world.pass();
  await a.forget(c);
  await world.pass();
  deepEqual([b.trusts(c), b.sharesWith(FOLDER, c), b.sharesWith(OTHER_FOLDER, c)], [true, false, true]);
  deepEqual([b.isConnectedTo(c), b.engine.folder(FOLDER)?.records.remotes().includes(c.engine.short)], [true, false]);
  equal(c.engine.folder(FOLDER)?.error?.code, 'E_FOLDER_REMOVED');
  equal(c.engine.folder(OTHER_FOLDER)?.state, 'in-sync');
});

test('Y18 who was removed while it was off hears of it when it comes for another folder', async () => {
  const { world, a, b, c } = await threeOfUs();
  for (const [one, other] of [
    [b, c],
    [c, b],
  ] as const) {
    await one.add(OTHER_FOLDER);
    await one.trust(other, OTHER_FOLDER);
  }
  await world.pass();
  c.kill();
  await world.pass();
  await a.forget(c);
  await world.pass();
  await c.start();
  await world.pass();
  equal(c.isConnectedTo(b), true);
  equal(c.engine.folder(FOLDER)?.error?.code, 'E_FOLDER_REMOVED');
  equal(c.engine.folder(OTHER_FOLDER)?.state, 'in-sync');
});

test('Y11 a newcomer that nobody has an address of comes in by its own', async () => {
  const { world, a, b } = await threeOfUs();
  const [, , , d] = world.machines(4) as [Machine, Machine, Machine, Machine];
  await d.start();
  await d.add(FOLDER);
  await d.trust(b, FOLDER);
  await b.change((before) => withPeer(before, { id: d.id, addresses: [], folders: [FOLDER] }, b.roster.act()));
  await world.pass();
  deepEqual([a.isConnectedTo(d), d.isConnectedTo(a)], [true, true]);
  deepEqual(a.configuration.peers.find(({ id }) => id === d.id)?.addedBy, b.id);
});
