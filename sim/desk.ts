/**
 * A few engines on memory edges, for tests that put one fault in by hand where a campaign would rarely hit it.
 * @module
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Life } from '../src/edges/memory/life.ts';
import { MemoryClock } from '../src/edges/memory/memory-clock.ts';
import { MemoryDisk, type Inode, type NameRules } from '../src/edges/memory/memory-disk.ts';
import { sha256 } from '../src/edges/memory/memory-folder.ts';
import { MemoryNetwork } from '../src/edges/memory/memory-network.ts';
import { MemoryTree } from '../src/edges/memory/memory-tree.ts';
import { MemoryWatcher } from '../src/edges/memory/memory-watcher.ts';
import { Scheduler } from '../src/edges/memory/scheduler.ts';
import { SeededChance } from '../src/edges/memory/seeded-chance.ts';
import type { LanfoldError } from '../src/core/errors.ts';
import { shortId } from '../src/core/model/device-id.ts';
import { openRecordStore } from '../src/edges/store/record-store.ts';
import type { Edges } from '../src/node/edges.ts';
import { Engine } from '../src/node/engine.ts';
import type { Folder } from '../src/node/folder/folder.ts';
import type { FileTree, HistoryLimits } from '../src/ports/file-tree.ts';
import type { Stream } from '../src/ports/network.ts';
import type { FolderRecords, RecordStore } from '../src/ports/record-store.ts';

const PORT = 1111;
export const FOLDER = 'desk';

/** Faults of one machine; may be changed while it runs. */
export interface Faults {
  /** Comes before a call of the file tree of a folder; may throw, or never resolve. */
  beforeDisk?: (call: keyof FileTree, folderId: string, values: readonly unknown[]) => Promise<void> | void;
  /** Makes another answer of an answer of the file tree. */
  afterDisk?: (call: keyof FileTree, values: readonly unknown[], result: unknown) => unknown;
  /** Comes before a call of a folder's records; may throw. */
  beforeRecords?: (call: keyof FolderRecords, values: readonly unknown[]) => void;
  /** How often the watcher loses news, and says so; of watchers that begin from now on. */
  newsLossRate?: number;
  /** How much of the history is kept; of runs that begin from now on. */
  historyLimits?: HistoryLimits;
}

/** A clock that a person, or a flat battery, sets to another time. */
class WallClock extends MemoryClock {
  readonly #skewMs: () => number | undefined;
  #stoodAtNs: bigint | undefined;

  constructor(life: Life, skewMs: () => number | undefined) {
    super(life);
    this.#skewMs = skewMs;
  }

  override nowMs(): number {
    return Number(this.nowNs() / 1_000_000n);
  }

  override nowNs(): bigint {
    const skewMs = this.#skewMs();
    this.#stoodAtNs = skewMs === undefined ? (this.#stoodAtNs ?? super.nowNs()) : undefined;
    return this.#stoodAtNs ?? super.nowNs() + BigInt(skewMs ?? 0) * 1_000_000n;
  }
}

/** A machine that is called `b twin` has the device ID of `b`. */
export class Machine {
  readonly name: string;
  readonly device: Uint8Array;
  readonly disk: MemoryDisk;
  readonly faults: Faults = {};
  /** How far its wall clock is off, in milliseconds; undefined: it stands still. May be changed while it runs. */
  skewMs: number | undefined = 0;
  /** Changed by who means that it has lost its power; undefined: nobody knows. */
  bootId: string | undefined;
  readonly log: string[] = [];
  readonly warnings: LanfoldError[] = [];
  readonly #desk: Desk;
  #store: RecordStore;
  readonly #storeChance: SeededChance;
  /** Goes on after a restart: what is drawn by chance is not drawn again. */
  readonly #chance: SeededChance;
  readonly #folderIds: readonly string[];
  #uncleanStop = false;
  #running: { life: Life; engine: Engine } | undefined;

  constructor(desk: Desk, name: string, folderIds: readonly string[], nameRules: NameRules = {}) {
    this.#desk = desk;
    this.name = name;
    this.#folderIds = folderIds;
    this.device = desk.chance(`${name.replace(/ twin$/u, '')} device`).bytes(32);
    const clock = this.#clock(new Life(desk.scheduler));
    this.disk = new MemoryDisk(() => clock.nowNs(), nameRules);
    for (const id of folderIds) this.disk.makeDirectory(id);
    this.#storeChance = desk.chance(`${name} store`);
    this.#chance = desk.chance(`${name} chance`);
    this.#store = this.#openStore();
  }

  /** The records as they are now; the machine is stopped. Needs a desk with a directory. */
  backUp(): void {
    this.#store.close();
    copyFileSync(this.#storePath, `${this.#storePath}.backup`);
    this.#store = this.#openStore();
  }

  /** The records as they were at the time of {@link backUp}; the folders stay as they are. The machine is stopped. */
  restoreBackUp(): void {
    this.#store.close();
    copyFileSync(`${this.#storePath}.backup`, this.#storePath);
    this.#store = this.#openStore();
  }

  /** Of its records of a folder, also while it does not run. */
  indexId(id = FOLDER): bigint {
    return this.#store.folder(id).indexId();
  }

  /** Short ID of its device. */
  get short(): bigint {
    return shortId(this.device);
  }

  get #storePath(): string {
    const { directory } = this.#desk;
    return directory === undefined ? ':memory:' : join(directory, `${this.name}.sqlite`);
  }

  #openStore(): RecordStore {
    const { scheduler } = this.#desk;
    return openRecordStore(this.#storePath, {
      randomBytes: (length) => this.#storeChance.bytes(length),
      nowMs: () => scheduler.nowMs,
    });
  }

  get engine(): Engine {
    if (this.#running === undefined) throw new Error(`${this.name} does not run`);
    return this.#running.engine;
  }

  folder(id = FOLDER): Folder {
    const folder = this.engine.folder(id);
    if (folder === undefined) throw new Error(`${this.name} has no folder ${id}`);
    return folder;
  }

  async start(): Promise<void> {
    const life = new Life(this.#desk.scheduler);
    const engine = new Engine(this.#edges(life), {
      name: this.name,
      listen: { ports: [PORT] },
      events: { warning: (warning) => void this.warnings.push(warning) },
    });
    this.#running = { life, engine };
    this.#uncleanStop = true;
    await engine.start();
    const peers = this.#desk.machines.filter((peer) => peer.short !== this.short);
    for (const { device, name } of peers) engine.trustPeer({ device, name, addresses: [{ host: name, port: PORT }] });
    const { historyLimits } = this.faults;
    const limits = historyLimits === undefined ? {} : { historyLimits };
    for (const id of this.#folderIds)
      await engine.addFolder({ id, root: id, peers: peers.map(({ device }) => device), ...limits });
  }

  /** A connection of a program of its own on this machine, which need not run. */
  dial(to: Machine, life: Life): Promise<Stream> {
    const network = this.#desk.network.join(this.name, this.device, life);
    return network.dial({ host: to.name, port: PORT }, to.device, new AbortController().signal);
  }

  crash(): void {
    this.#running?.life.end();
    this.#running = undefined;
  }

  /** The next start finds that the last stop was a proper one. */
  hasStoppedProperly(): void {
    this.#uncleanStop = false;
  }

  /** Ends all that the machine holds. */
  dispose(): void {
    this.crash();
    this.#store.close();
  }

  write(name: string, content: string | Uint8Array, folderId = FOLDER): void {
    const path = `${folderId}/${name}`;
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.disk.write(this.disk.find(path) ?? this.disk.createFile(path), bytes);
  }

  /** As `rm` does. */
  remove(...names: readonly string[]): void {
    for (const name of names) this.disk.unlink(`${FOLDER}/${name}`);
  }

  /** Undefined for none. */
  read(name: string, folderId = FOLDER): string | undefined {
    const inode = this.disk.find(`${folderId}/${name}`);
    return inode === undefined ? undefined : Buffer.from(inode.content).toString();
  }

  /** What stands there, to be changed as a disk or a program would. @throws Error for nothing. */
  inode(name: string, folderId = FOLDER): Inode {
    const inode = this.disk.find(`${folderId}/${name}`);
    if (inode === undefined) throw new Error(`${this.name} has no "${name}"`);
    return inode;
  }

  /** What it lists as not in order: name and reason. */
  problems(folderId = FOLDER): string[][] {
    return this.folder(folderId)
      .problems()
      .map(({ name, reason }) => [name, reason]);
  }

  /** Names of the folder's root but lanfold's own. */
  names(folderId = FOLDER): string[] {
    return [...(this.disk.find(folderId)?.children.keys() ?? [])].filter((name) => name !== '.lanfold').sort();
  }

  /** Every content that it has anywhere: in the folder, in its history. */
  allContents(folderId = FOLDER): Set<string> {
    const found = new Set<string>();
    const search = (inode: Inode | undefined): void => {
      if (inode?.type === 'file') found.add(Buffer.from(inode.content).toString());
      for (const child of inode?.children.values() ?? []) search(child);
    };
    search(this.disk.find(folderId));
    return found;
  }

  #clock(life: Life): WallClock {
    return new WallClock(life, () => this.skewMs);
  }

  #edges(life: Life): Edges {
    const { scheduler, network } = this.#desk;
    const { disk, faults } = this;
    const clock = this.#clock(life);
    const chance = this.#desk.chance(`${this.name} disk`);
    const say = (details: object, message: string): void =>
      void this.log.push(`${Math.round(scheduler.nowMs)} ${message} ${String(Object.values(details))}`);
    return {
      clock,
      chance: this.#chance,
      log: { debug: () => {}, info: say, warn: say },
      network: network.join(this.name, this.device, life),
      store: {
        uncleanStop: this.#uncleanStop,
        folder: (id) => before(this.#store.folder(id), (call, values) => faults.beforeRecords?.(call, values)),
        folderIds: () => this.#store.folderIds(),
        dropFolder: (id) => this.#store.dropFolder(id),
        check: (pause) => this.#store.check(pause),
        close() {},
      },
      device: this.device,
      bootId: this.bootId,
      digest: sha256,
      openTree: (root) => faulty(new MemoryTree({ disk, root, life, clock, chance }), faults, root),
      createWatcher: (root) => new MemoryWatcher({ disk, root, life, chance, lossRate: faults.newsLossRate ?? 0 }),
    };
  }
}

export class Desk implements Disposable {
  readonly scheduler = new Scheduler();
  readonly network: MemoryNetwork;
  readonly machines: readonly Machine[];
  /** Where the records are kept; undefined: in memory. */
  readonly directory: string | undefined;

  constructor(
    names: readonly string[],
    folderIds: readonly string[] = [FOLDER],
    records: 'memory' | 'files' = 'memory',
    /** By machine: what is special about its disk. */
    nameRules: Readonly<Record<string, NameRules>> = {},
  ) {
    this.directory = records === 'files' ? mkdtempSync(join(tmpdir(), 'lanfold-desk-')) : undefined;
    this.network = new MemoryNetwork({ scheduler: this.scheduler, seed: 'desk' });
    this.machines = names.map((name) => new Machine(this, name, folderIds, nameRules[name]));
  }

  chance(name: string): SeededChance {
    return new SeededChance(`desk/${name}`);
  }

  async start(...machines: readonly Machine[]): Promise<void> {
    for (const machine of machines) await this.scheduler.runUntil(machine.start());
  }

  /** Stops it properly before: what is missing then was taken by no power cut, but by somebody. */
  async restart(machine: Machine): Promise<void> {
    machine.hasStoppedProperly();
    machine.crash();
    await this.start(machine);
  }

  runFor(ms: number): Promise<void> {
    return this.scheduler.runFor(ms);
  }

  /** Runs until it is so. @returns false when that took longer than `ms`. */
  async until(isSo: () => boolean, ms = 60_000): Promise<boolean> {
    const endMs = this.scheduler.nowMs + ms;
    await this.scheduler.run(() => this.scheduler.nowMs >= endMs || isSo());
    return isSo();
  }

  inSync(...machines: readonly Machine[]): Promise<boolean> {
    return this.until(() => machines.every((machine) => machine.folder().state === 'in-sync'));
  }

  [Symbol.dispose](): void {
    for (const machine of this.machines) machine.dispose();
    if (this.directory !== undefined) rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Calls `run` before each method. */
function before<T extends object>(target: T, run: (call: keyof T, values: readonly unknown[]) => void): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value !== 'function') return value;
      return (...values: unknown[]): unknown => {
        run(key as keyof T, values);
        return Reflect.apply(value, object, values) as unknown;
      };
    },
  });
}

function faulty(tree: FileTree, faults: Faults, folderId: string): FileTree {
  return new Proxy(tree, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value !== 'function') return value;
      return async (...values: unknown[]): Promise<unknown> => {
        await faults.beforeDisk?.(key as keyof FileTree, folderId, values);
        const result: unknown = await Reflect.apply(value, object, values);
        return faults.afterDisk === undefined ? result : faults.afterDisk(key as keyof FileTree, values, result);
      };
    },
  });
}
