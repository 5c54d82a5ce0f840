/**
 * The records of one simulated machine: they outlive its processes, and can be lost or put back as they once were.
 * @module
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { openRecordStore } from '../src/edges/store/record-store.ts';
import type { RecordStore } from '../src/ports/record-store.ts';

export interface HostStoreOptions {
  /** Opens a store that finds out what is newest by the rules of the node. */
  readonly open: typeof openRecordStore;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly nowMs: () => number;
  /** They may be put back: then they are in a file. Default: in memory, which is faster. */
  readonly inFile: boolean;
}

/** Longer than the counters of a name that is saved again and again within a second are ahead of the clock. */
export const RECORDS_MS = 10_000;
/** Where files cost no disk, if the system has such a place. */
const QUICK = '/dev/shm';
const FILE = 'records.sqlite';
/** All that a database in use consists of. */
const PARTS = [FILE, `${FILE}-wal`];

/**
 * Stores in memory that no machine has just now: to open one, and to have SQLite plan its statements, takes a tenth of a world's
 * time. An empty one is like a new one.
 */
const spare = new Map<HostStoreOptions['open'], Pooled[]>();

interface Pooled {
  readonly store: RecordStore;
  /** Of the machine that has it. */
  randomBytes: HostStoreOptions['randomBytes'];
}

export class HostStore {
  readonly #options: HostStoreOptions;
  readonly #directory: string | undefined;
  #store: RecordStore;
  #pooled: Pooled | undefined;
  #backUps = 0;

  constructor(options: HostStoreOptions) {
    this.#options = options;
    const at = existsSync(QUICK) ? QUICK : tmpdir();
    this.#directory = options.inFile ? mkdtempSync(join(at, 'lanfold-sim-')) : undefined;
    this.#store = this.#open();
  }

  get current(): RecordStore {
    return this.#store;
  }

  /** Everything that was known is gone. No process runs. */
  lose(): void {
    this.#release();
    this.#store = this.#open();
  }

  /** Keeps the records as they are now, as a copy of a running disk would. @returns how to put them back; no process runs then. */
  backUp(): () => void {
    const directory = this.#directory;
    if (directory === undefined) throw new Error('only records in a file can be put back');
    this.#backUps += 1;
    const name = `back-up-${this.#backUps}`;
    const parts = PARTS.filter((part) => existsSync(join(directory, part)));
    for (const part of parts) copyFileSync(join(directory, part), join(directory, `${name}-${part}`));
    return () => {
      this.#release();
      for (const part of parts) copyFileSync(join(directory, `${name}-${part}`), join(directory, part));
      this.#store = this.#open();
    };
  }

  close(): void {
    this.#release();
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Nothing of it is left. */
  #release(): void {
    const pooled = this.#pooled;
    this.#pooled = undefined;
    if (pooled === undefined) {
      this.#store.close();
      if (this.#directory !== undefined) for (const part of PARTS) rmSync(join(this.#directory, part), { force: true });
      return;
    }
    for (const id of pooled.store.folderIds()) pooled.store.dropFolder(id);
    sparesOf(this.#options.open).push(pooled);
  }

  #open(): RecordStore {
    const { open, randomBytes, nowMs } = this.#options;
    if (this.#directory !== undefined) return open(join(this.#directory, FILE), { randomBytes, nowMs });
    this.#pooled = sparesOf(open).pop() ?? newPooled(open);
    this.#pooled.randomBytes = randomBytes;
    return this.#pooled.store;
  }
}

function sparesOf(open: HostStoreOptions['open']): Pooled[] {
  const spares = spare.get(open) ?? [];
  spare.set(open, spares);
  return spares;
}

function newPooled(open: HostStoreOptions['open']): Pooled {
  const pooled: Pooled = {
    store: open(':memory:', { randomBytes: (length) => pooled.randomBytes(length) }),
    randomBytes: () => {
      throw new Error('nobody has the store');
    },
  };
  return pooled;
}
