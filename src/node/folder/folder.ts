/**
 * One folder, running: watches and scans it, pulls what peers announced, serves what they ask for.
 *
 *   watcher ─→ settler ─→ inspector ─→ records ─→ peers
 *   scanner ─────────────────┘            ↑
 *   peers' indexes ─→ records ─→ puller ──┘
 *
 * A folder whose root is gone or swapped stops, until it is back.
 */
import { LanfoldError } from '../../core/errors.ts';
import type { FileRecord } from '../../core/model/file-record.ts';
import type { FileTree } from '../../ports/file-tree.ts';
import type { HeldFact } from '../../core/wire/held.ts';
import type { FolderRecords, PeerKey } from '../../ports/record-store.ts';
import { sleep } from '../../ports/clock.ts';
import type { Watcher } from '../../ports/watcher.ts';
import { Admission } from './admission.ts';
import { Announced } from './announced.ts';
import { Brake } from './brake.ts';
import { DiskRoom } from './disk-room.ts';
import type { FolderContext } from './folder-context.ts';
import { makeContext } from './make-context.ts';
import type { FolderOptions, FolderState } from './folder-options.ts';
import { checkRoot, reasonToStop, ROOT_CHECK_MS, takeRoot, unusable } from './folder-root.ts';
import { Health } from './health.ts';
import { IgnoreKeeper } from './ignore-keeper.ts';
import { IndexReceiver } from './index-receiver.ts';
import { Inspector } from './inspector.ts';
import type { Mounts } from './mounts.ts';
import { Problems, type Problem } from './problems.ts';
import { Puller } from './puller.ts';
import { adoptPlaced } from './recovery.ts';
import { ScanBell } from './scan-bell.ts';
import { Restorer } from './restorer.ts';
import { Scanner } from './scanner.ts';
import { Settler } from './settler.ts';
import { Supplier } from './supplier.ts';
import { Undo, type Undone } from './undo.ts';
import { Retry, Wake } from '../wake.ts';
import { watchListener } from './watch-listener.ts';

const RETRY_MS = { first: 1000, max: 60_000 } as const;

export class Folder {
  readonly id: string;
  readonly root: string;
  readonly records: FolderRecords;
  readonly #options: FolderOptions;
  readonly #tree: FileTree;
  /** Of the run that is under way: one that was closed does not watch again. */
  #watcher: Watcher;
  readonly #context: FolderContext;
  readonly #problems = new Problems((name) => {
    this.#settler.offer([name]);
    this.rescan(name);
  });
  readonly #brake: Brake;
  readonly #settler: Settler;
  readonly #inspector: Inspector;
  readonly #scanner: Scanner;
  readonly #puller: Puller;
  readonly #indexes: IndexReceiver;
  readonly #ignores: IgnoreKeeper;
  readonly admission: Admission;
  readonly announced: Announced;
  readonly health: Health;
  readonly mounts: Mounts;
  readonly supplier: Supplier;
  readonly restorer: Restorer;
  readonly #closing = new AbortController();
  /** Aborted when the run that is under way ends, for whatever reason. */
  #running = new AbortController();
  readonly #pullWanted = new Wake();
  readonly #scans: ScanBell;
  #state: FolderState = 'starting';
  #error: LanfoldError | undefined;
  #warning: Problem | undefined;
  #busyScanning = false;
  #busyPulling = false;
  #mayBeStaged = true;
  readonly #retry: Retry;
  #loops: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: FolderOptions) {
    this.#options = options;
    this.id = options.id;
    this.root = options.root;
    const { edges, sources, inFlight } = options;
    this.records = edges.store.folder(options.id);
    this.#tree = edges.openTree(options.root);
    this.#watcher = edges.createWatcher(options.root);
    const basis = { tree: this.#tree, records: this.records };
    this.announced = new Announced(this.records, edges.chance);
    this.#scans = new ScanBell(edges.clock);
    this.#retry = new Retry(edges.clock, RETRY_MS, () => this.#pullWanted.ring());
    this.admission = new Admission(this.records, options.isHeld, edges.clock, options.onState, () => this.rescan());
    this.#context = makeContext(options, {
      ...basis,
      problems: this.#problems,
      rescan: (directory) => this.rescan(directory),
      isHolding: () => this.#brake.isHolding,
      ignores: () => this.#ignores.rules,
      rootIsOurs: () => this.#rootIsOurs(),
      suspect: (names) => this.#settler.offer(names),
      pullSoon: () => this.pullSoon(),
      isWalking: () => this.#busyScanning || this.#scans.isAsked,
      admission: this.admission,
    });
    this.mounts = this.#context.mounts;
    this.#ignores = new IgnoreKeeper({
      ...this.#context,
      onChange: () => {
        this.rescan();
        this.pullSoon();
      },
      onFailure: (cause) => void this.#fail(cause),
    });
    this.#brake = new Brake(this.#context, () => this.#updateState(true));
    this.#settler = new Settler(edges.clock, (names) => this.#inspect(names));
    this.#inspector = new Inspector(this.#context, this.#settler, this.#brake);
    this.#scanner = new Scanner(this.#context, (names) => this.#inspector.inspect(names), this.#scans);
    this.#puller = new Puller(this.#context, sources, inFlight, this.#brake, new DiskRoom(this.#context));
    this.#indexes = new IndexReceiver(this.#context, options.device, () => this.#closing.signal.aborted);
    this.supplier = new Supplier(this.#context, this);
    this.restorer = new Restorer(this.#context);
    const isDiskWanted = (): boolean => this.#busyScanning || this.#busyPulling || this.supplier.isAsked;
    this.health = new Health(this.#context, { sources, isDiskWanted });
  }

  /**
   * Takes the root into use and starts to work.
   * @throws LanfoldError when a new folder's root is unusable; one that {@link FolderOptions.waits}, or is known, waits instead.
   */
  async open(): Promise<void> {
    const isNew = this.records.folderKey() === undefined;
    try {
      const { store, chance } = this.#options.edges;
      await takeRoot(this.root, this.#tree, this.records, chance);
      if (!isNew || store.uncleanStop) await this.#ignores.load(); // before anybody may ask for what they hold back
      if (this.#context.doubt.isOn) await adoptPlaced(this.#context); // also where a proper stop came in the middle of that
    } catch (cause) {
      if (isNew && !this.#options.waits) {
        await this.#tree.close();
        throw unusable(this.root, cause);
      }
      this.#stop(cause); // also on what nobody expected: one folder does not keep the others from being opened
    }
    this.#loops = this.#work();
  }

  /** Idempotent. @param reason is its error from now on, if it is open: why it must not be synced any more. */
  close(reason?: LanfoldError): Promise<void> {
    return (this.#closed ??= this.#close(reason));
  }

  async #close(reason: LanfoldError | undefined): Promise<void> {
    if (reason !== undefined) this.#stop(reason);
    this.#closing.abort(new LanfoldError('E_CLOSED', { subject: `folder "${this.id}"` }));
    for (const loop of [this.#pullWanted, this.#scans]) loop.ring();
    for (const part of [this.#settler, this.#ignores, this.admission]) part.close();
    this.#context.doubt.stopping();
    await this.#watcher.close();
    await this.#tree.close();
    await this.#loops;
  }

  /** Resolves when none of these names is being put in place; undefined when it is so already. */
  untilFree(told: readonly FileRecord[]): Promise<void> | undefined {
    return this.#context.busy.free(told.map(({ name }) => name));
  }

  /** A peer told part of its index: of names that are free. `replace`: the first part of a full one. */
  receiveIndex(peer: PeerKey, told: readonly FileRecord[], replace: boolean): void {
    try {
      this.#indexes.receive(peer, told, replace);
    } catch (cause) {
      void this.#fail(cause);
      throw cause; // it was not heard, and has to be told again
    }
    this.#puller.hear(peer, told);
    this.#options.onTold();
    this.pullSoon();
  }

  /** A person has said that this folder may join. */
  release(): void {
    this.admission.release();
    this.pullSoon();
    this.#updateState();
  }

  /** Something changed that may let the puller get further: an index, a peer, a person. */
  pullSoon(): void {
    this.#retry.reset();
    this.#pullWanted.ring();
  }

  /** Looks at everything again, soon. */
  rescan(directory = ''): void {
    this.#scans.ask(directory);
  }

  /** A person confirms held deletes. */
  approveDeletes(): void {
    this.#brake.approve();
    this.rescan();
    this.pullSoon();
  }

  /** A person says that what is held was not meant: all of it comes back, here and at the peers. */
  async undoHeld(): Promise<Undone> {
    const undone = await new Undo(this.#context, this.#brake, this.restorer).run();
    if (undone === undefined) throw this.#error ?? new LanfoldError('E_CLOSED', { subject: `folder "${this.id}"` });
    this.rescan();
    this.pullSoon();
    return undone;
  }

  /** What waits for a person here, as others are told. */
  get held(): readonly HeldFact[] {
    return this.#brake.facts(this.id);
  }

  get state(): FolderState {
    return this.#state;
  }

  get error(): LanfoldError | undefined {
    return this.#error;
  }

  problems(): Problem[] {
    return [...[this.#warning ?? []].flat(), ...this.#waiting(), ...this.#problems.list()];
  }

  #waiting(): Problem[] {
    const away = this.mounts.waiting().filter(({ name }) => !this.#ignores.rules.match(name).ignored);
    return [...this.admission.waiting(), ...this.#brake.held(), ...away];
  }

  async #work(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await (this.#error === undefined ? this.#run() : this.#waitForRoot());
    }
  }

  /** Works until the folder closes or its root is lost. */
  async #run(): Promise<void> {
    this.#running = new AbortController();
    this.#busyScanning = this.#busyPulling = false;
    try {
      await this.#ignores.load();
      this.#watcher = this.#options.edges.createWatcher(this.root);
      if (this.#closing.signal.aborted) return;
      const warn = (problem?: Problem): void => void (this.#warning = problem);
      warn(); // it watches anew
      this.#settler.onDirectory = (directory) => this.rescan(directory);
      await this.#watcher.start(watchListener(this.#ignores, this.#settler, this.#settler.onDirectory, warn));
      await this.restorer.sweep(this.#puller.stagesWorthKeeping());
      this.rescan();
      // Both have ended before another run begins: two pullers would fetch each name twice.
      const signal = AbortSignal.any([this.#closing.signal, this.#running.signal]);
      const loops = [this.#scanLoop(signal), this.#pullLoop(signal), this.health.rereader.run(signal)];
      await Promise.all(loops.map((loop) => loop.catch((cause) => this.#fail(cause))));
    } catch (cause) {
      await this.#fail(cause);
    }
  }

  /** Stops on any error: a bug of ours, or a disk that went away, must not end the other folders, nor the process. */
  async #fail(cause: unknown): Promise<void> {
    if (this.#closing.signal.aborted || this.#error !== undefined) return;
    // A root that is gone makes any call to the disk fail; then it says why.
    if (!(cause instanceof LanfoldError) && !(await this.#rootIsOurs())) return;
    this.#stop(cause);
  }

  async #scanLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const directories = await this.#scans.next();
      if (directories.length === 0) continue;
      if (signal.aborted || !(await this.#rootIsOurs())) break;
      this.#busyScanning = true;
      this.#updateState();
      if (directories.includes('') && (await this.#ignores.load())) this.#pullWanted.ring();
      for (const directory of directories) {
        const isAllThere = await this.#scanner.scan(directory, signal);
        if (directory === '' && isAllThere && !signal.aborted) this.#brake.foundAll();
      }
      if (signal.aborted) break; // what was not seen says nothing
      if (directories.includes('')) {
        await this.#context.history.prune();
        this.health.rereader.walked();
        this.#context.doubt.end();
      }
      this.#busyScanning = false;
      await this.#inspector.judgeHeld();
      if (this.#brake.isHoldingFound) this.#scans.askAgain();
      if (!this.admission.isScanned) this.admission.scanned();
      this.#indexes.looked();
      this.#pullWanted.ring();
      this.#updateState();
    }
    this.#pullWanted.ring();
  }

  async #pullLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#pullWanted.wait();
      if (signal.aborted || !this.admission.mayPull || this.#context.doubt.isOn) continue;
      this.#puller.forgetProblems();
      const { need } = this.records.counts();
      this.#brake.wants(need);
      if (need.items + need.deletes === 0) {
        if (this.#mayBeStaged) await this.#afterRound(0); // in an earlier run, or for a version that came here by another way
        this.#updateState();
        continue;
      }
      if (!(await this.#rootIsOurs())) break;
      this.#mayBeStaged = this.#busyPulling = true;
      this.#updateState();
      const round = await this.#puller.round(signal);
      this.#busyPulling = false;
      if (round.again || round.done > 0) this.#retry.reset();
      if (round.again) this.#pullWanted.ring();
      else await this.#afterRound(round.left);
      this.#updateState();
    }
    this.#scans.ring();
  }

  /** One name that waits for ever must not keep what was staged of versions that are outdated by now. */
  async #afterRound(left: number): Promise<void> {
    this.#mayBeStaged = left > 0;
    await this.restorer.sweep(left > 0 ? this.#puller.stagesWorthKeeping() : []);
    if (left > 0) this.#retry.later();
  }

  async #inspect(names: readonly string[]): Promise<void> {
    if (this.#error !== undefined || this.#closing.signal.aborted) return;
    try {
      await this.#inspector.inspect(names);
      this.#indexes.looked(names);
      this.#updateState();
      if (this.#brake.isHoldingFound) this.#scans.askAgain();
    } catch (cause) {
      await this.#fail(cause);
    }
  }

  async #rootIsOurs(): Promise<boolean> {
    try {
      await checkRoot(this.root, this.#tree, this.records);
      return true;
    } catch (cause) {
      if (!this.#closing.signal.aborted) this.#stop(cause);
      return false;
    }
  }

  #stop(reason: unknown): void {
    const error = this.#context.doubt.saw(reasonToStop(this.id, reason, this.#options.edges.log));
    this.#error = error;
    this.#running.abort(error);
    for (const loop of [this.#pullWanted, this.#scans]) loop.ring();
    this.#updateState();
  }

  async #waitForRoot(): Promise<void> {
    try {
      await this.#watcher.close();
      await sleep(this.#options.edges.clock, ROOT_CHECK_MS, this.#closing.signal);
      await takeRoot(this.root, this.#tree, this.records, this.#options.edges.chance);
      this.#context.doubt.rootIsBack();
      // It may have stopped between a rename and its record: on a full disk, say.
      await this.#ignores.load();
      await adoptPlaced(this.#context);
      this.#error = undefined;
    } catch (cause) {
      if (cause instanceof LanfoldError && !this.#closing.signal.aborted) this.#error = this.#context.doubt.saw(cause);
    }
  }

  #updateState(isNews = false): void {
    const state = this.#stateNow();
    if (state === this.#state && !isNews) return;
    this.#state = state;
    this.#options.onState();
  }

  #stateNow(): FolderState {
    if (this.#error !== undefined) return 'stopped';
    if (!this.admission.isScanned) return this.#busyScanning ? 'scanning' : 'starting';
    if (this.#waiting().length > 0) return 'needs-you';
    const { need } = this.records.counts();
    if (this.#busyPulling || need.items + need.deletes > 0) return 'syncing';
    return this.#busyScanning || this.#settler.waiting > 0 || this.#scans.isAskedLater ? 'scanning' : 'in-sync';
  }
}
