/**
 * One folder on lanfold and on real Syncthings, each connected to each, and the question that all tests of this directory
 * ask at their end: has everybody the same, and does everybody say so?
 * @module
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonLog, Node, type FolderHandle } from '../../src/index.ts';
import { freePort } from '../harness/ports.ts';
import { until } from '../harness/process.ts';
import { diffTrees, snapshotTree, type TreeSnapshot } from '../harness/snapshot.ts';
import {
  SYNCTHING_VERSIONS,
  type SyncthingFolder,
  type SyncthingOptions,
  type SyncthingVersion,
} from '../harness/syncthing-types.ts';
import { Syncthing } from '../harness/syncthing.ts';

export const FOLDER = 'shared';

/** For `test(title, { skip }, …)`: undefined when all versions are installed. */
export function whySkip(versions: readonly SyncthingVersion[] = SYNCTHING_VERSIONS): string | undefined {
  return versions.map((version) => Syncthing.availability(version)).find((reason) => reason !== undefined);
}

export interface MeshOptions {
  readonly versions?: readonly SyncthingVersion[];
  /** Settings of the folder on the Syncthings. */
  readonly settings?: SyncthingFolder['settings'];
  /** Whether the Syncthings dial lanfold too, so that dials cross; true by default. */
  readonly bothDial?: boolean;
  /** For the Syncthings, such as `STTRACE: 'model'`. */
  readonly env?: SyncthingOptions['env'];
  /** Of the Syncthings' `options`. */
  readonly options?: SyncthingOptions['options'];
  /** Fills each directory before anybody looks at it: 0 is lanfold's, then those of the Syncthings. */
  readonly fill?: (directory: string, index: number) => void;
}

export interface SettleOptions {
  readonly timeoutMs?: number;
  /** Names that do not count, such as those that one side ignores. */
  readonly except?: (name: string) => boolean;
  /** Regular files that the folder has in the end; left out, equal trees and silence are enough. */
  readonly files?: number;
  /** Whether trees are read and compared whole; true by default. */
  readonly compare?: boolean;
}

export class Mesh {
  /** Everything lies below it; removed at the end. */
  readonly root: string;
  /** Where lanfold's copy of the folder is. */
  readonly here: string;
  readonly syncthings: Syncthing[] = [];
  /** The log lines of lanfold, as JSON. */
  readonly log: string[] = [];
  readonly #listen: string;
  #node: Node | undefined;
  #handle: FolderHandle | undefined;

  private constructor(root: string, port: number) {
    this.root = root;
    this.here = join(root, 'lanfold');
    this.#listen = `127.0.0.1:${port}`;
  }

  /** Starts everybody and shares the folder with everybody. {@link Mesh.stop} ends and removes all of it. */
  static async start(options: MeshOptions = {}): Promise<Mesh> {
    const mesh = new Mesh(mkdtempSync(join(tmpdir(), 'lanfold-interop-')), await freePort());
    try {
      await mesh.#start(options);
    } catch (cause) {
      await mesh.stop();
      throw cause;
    }
    return mesh;
  }

  async #start(setup: MeshOptions): Promise<void> {
    const { versions = SYNCTHING_VERSIONS, bothDial = true, settings = {}, env = {}, options = {}, fill } = setup;
    await this.startNode();
    const { id } = this.node;
    for (const version of versions) {
      const peer = { deviceId: id, ...(bothDial ? { address: this.#listen } : {}) };
      this.syncthings.push(await Syncthing.start({ version, peers: [peer], env, options }));
    }
    for (const [index, directory] of this.directories.entries()) {
      mkdirSync(directory);
      fill?.(directory, index);
    }
    for (const syncthing of this.syncthings) {
      const others = this.syncthings.filter((other) => other !== syncthing);
      for (const other of others) await syncthing.addPeer(other.asPeer);
      const peers = [id, ...others.map((other) => other.deviceId)];
      await syncthing.shareFolder({ id: FOLDER, path: this.directoryOf(syncthing), peers, settings });
      await this.node.trust(syncthing.deviceId, { addresses: [syncthing.address] });
    }
    const peers = this.syncthings.map(({ deviceId }) => deviceId);
    this.#handle = await this.node.folder(this.here, { id: FOLDER, peers });
    await this.connected();
  }

  /** Waits until each Syncthing is connected to lanfold. */
  async connected(): Promise<void> {
    for (const syncthing of this.syncthings) await syncthing.waitConnected(this.node.id);
  }

  get node(): Node {
    assert.ok(this.#node !== undefined, 'lanfold is not running');
    return this.#node;
  }

  get folder(): FolderHandle {
    assert.ok(this.#handle !== undefined, 'lanfold has no folder');
    return this.#handle;
  }

  /** The Syncthing of that version. */
  of(version: SyncthingVersion): Syncthing {
    const found = this.syncthings.find((syncthing) => syncthing.version === version);
    assert.ok(found !== undefined, `there is no Syncthing ${version}`);
    return found;
  }

  directoryOf(syncthing: Syncthing): string {
    return join(this.root, `syncthing-${syncthing.version}`);
  }

  /** lanfold's directory, then those of the Syncthings. */
  get directories(): string[] {
    return [this.here, ...this.syncthings.map((syncthing) => this.directoryOf(syncthing))];
  }

  /** Where lanfold keeps identity, configuration and records. */
  get home(): string {
    return join(this.root, 'lanfold-home');
  }

  async startNode(): Promise<void> {
    const { home } = this;
    const log = jsonLog({ write: (line) => void this.log.push(line), level: 'debug' });
    this.#node = await Node.open({ home, listen: this.#listen, discovery: 'off', name: 'lanfold', log });
    [this.#handle] = this.#node.folders();
  }

  async stopNode(): Promise<void> {
    await this.#node?.close();
    this.#node = undefined;
    this.#handle = undefined;
  }

  /** Ends everybody, in the middle of what they do, and removes everything. */
  async stop(): Promise<void> {
    await Promise.allSettled([this.stopNode(), ...this.syncthings.map((syncthing) => syncthing.stop())]);
    rmSync(this.root, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Has the Syncthings leave the folder alone, or go on. For changes that come while they would pull: they set times and
   * modes, and rename, between two looks, so that what is written there just then gets an old time and stays unseen for ever.
   */
  async pauseOthers(paused: boolean): Promise<void> {
    for (const syncthing of this.syncthings) await syncthing.rest('PATCH', `config/folders/${FOLDER}`, { paused });
  }

  /** Has the Syncthings look at their disks now instead of a second after the last change. */
  async scan(): Promise<void> {
    await Promise.all(this.syncthings.map((syncthing) => syncthing.scan(FOLDER)));
  }

  /**
   * Waits until all trees are equal and all say that all have everything, then that nobody reports an error.
   * Rejects with the differences and with what each said last.
   */
  async settle(options: SettleOptions = {}): Promise<TreeSnapshot> {
    await this.scan();
    let last = 'nobody was asked';
    const tree = await until(
      'all folders are the same',
      async () => {
        last = await this.#unsettled(options);
        if (last !== '') return undefined;
        const [first, ...others] = this.directories.map((directory) => this.#snapshot(directory, options));
        last = others
          .flatMap((other, index) => diffTrees(first ?? new Map(), other).map((line) => `${index}: ${line}`))
          .join('\n');
        // Equal trees, and still nobody wants anything: what came between the two looks is no end.
        return last === '' && (await this.#unsettled(options)) === '' ? first : undefined;
      },
      { timeoutMs: options.timeoutMs ?? 60_000, everyMs: 100, detail: () => `${last}\n${this.#logTail()}` },
    );
    for (const syncthing of this.syncthings) {
      assert.deepEqual(await syncthing.errors(FOLDER), [], `errors of Syncthing ${syncthing.version}`);
      assert.deepEqual(await syncthing.systemErrors(), [], `errors of Syncthing ${syncthing.version}`);
    }
    assert.deepEqual(this.folder.status().problems, []);
    return tree;
  }

  /** Why the mesh has not come to rest; '' when it has. */
  async #unsettled({ files }: SettleOptions): Promise<string> {
    const status = this.folder.status();
    const isHere = status.state === 'in-sync' && status.problems.length === 0;
    const isThere = status.peers.every(({ connected, completion }) => connected && completion === 100);
    if (!isHere || !isThere) return `lanfold: ${JSON.stringify(status)}`;
    if (files !== undefined && status.files !== files) return `lanfold has ${status.files} of ${files} files`;
    for (const syncthing of this.syncthings) {
      const theirs = await syncthing.status(FOLDER);
      const isDone = theirs.state === 'idle' && theirs.needTotalItems === 0 && theirs.errors === 0;
      if (!isDone) return `Syncthing ${syncthing.version}: ${JSON.stringify(theirs)}`;
      const ids = [
        this.node.id,
        ...this.syncthings.filter((other) => other !== syncthing).map((other) => other.deviceId),
      ];
      for (const id of ids) {
        const completion = await syncthing.completion(FOLDER, id);
        const isWhole = completion.completion === 100 && completion.needItems + completion.needDeletes === 0;
        if (!isWhole) return `Syncthing ${syncthing.version} of ${id}: ${JSON.stringify(completion)}`;
      }
    }
    return '';
  }

  #snapshot(directory: string, { except, compare }: SettleOptions): TreeSnapshot {
    if (compare === false) return new Map();
    // A Syncthing keeps what it could not finish for a day; lanfold's directory has no such excuse.
    const isTheirs = (name: string): boolean =>
      directory !== this.here && /(?:^|\/)\.syncthing\.[^/]*\.tmp$/.test(name);
    return new Map([...snapshotTree(directory)].filter(([name]) => except?.(name) !== true && !isTheirs(name)));
  }

  #logTail(): string {
    return this.log.slice(-20).join('');
  }
}
