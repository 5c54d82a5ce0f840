/**
 * A folder, as the library's users hold it.
 * @module
 */
import type { FileRecord } from '../core/model/file-record.ts';
import { deviceIdText, shortIdText } from '../core/model/device-id.ts';
import type { Engine } from './engine.ts';
import type { FolderState } from './folder/folder-options.ts';
import type { Folder } from './folder/folder.ts';
import type { JoinPreview } from './folder/join-preview.ts';
import type { Problem } from './folder/problems.ts';
import type { Undone } from './folder/undo.ts';
import { heldElsewhere } from './peer/held-elsewhere.ts';
import type { Left, RepairOptions } from './folder/repairer.ts';
import type { VerifyOptions, VerifyReport } from './folder/verifier.ts';

export interface FolderStatus {
  readonly id: string;
  readonly path: string;
  readonly state: FolderState;
  /** Why it is stopped: a stable code and a sentence. */
  readonly error?: { readonly code: string; readonly message: string };
  /** What is here. */
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly bytes: number;
  /** What the folder has all together, on all devices. */
  readonly global: { readonly files: number; readonly bytes: number };
  /** What is not here yet. */
  readonly need: { readonly items: number; readonly deletes: number; readonly bytes: number };
  /** Names that are not in sync, and why; the first thousand. */
  readonly problems: readonly Problem[];
  readonly peers: readonly PeerCompletion[];
}

export interface PeerCompletion {
  readonly id: string;
  readonly connected: boolean;
  /** Whole percent; 100 only when the peer has everything. */
  readonly completion: number;
  readonly needItems: number;
  readonly needDeletes: number;
  readonly needBytes: number;
}

/** One name that changed. */
export interface FolderChange {
  readonly path: string;
  readonly kind: 'change' | 'delete';
  readonly type: FileRecord['type'];
  readonly bytes: number;
  /** Short form of the ID of the device that made the change. */
  readonly by: string;
  /** Pass it as `since` to go on behind this change. */
  readonly cursor: number;
}

export interface SettledOptions {
  /** `all`: every connected peer must have this state as well. Default: only this device. */
  readonly peers?: 'none' | 'all';
  readonly signal?: AbortSignal;
}

export interface ChangesOptions {
  /** Cursor of the last change that was seen. Default: from the beginning. */
  readonly since?: number;
  readonly signal?: AbortSignal;
}

/** What {@link FolderHandle.repair} did. */
export interface RepairReport {
  /** Files whose good content is back; `from` are the device IDs that gave it, none when other files here had it. */
  readonly mended: readonly { readonly path: string; readonly from: readonly string[] }[];
  /** Files that are as they were, and why; `holders` are the device IDs of those who have it whole. */
  readonly left: readonly (Omit<Left, 'holders'> & { readonly holders: readonly string[] })[];
}

const PAGE = 500;

/** Tells a folder handle that something may have changed. */
export interface FolderNews {
  subscribe(listener: () => void): () => void;
  /** Aborted when the node closes: then nothing more will happen. */
  readonly closed: AbortSignal;
}

export class FolderHandle {
  readonly #engine: Engine;
  readonly #folder: Folder;
  readonly #news: FolderNews;

  /** Made by {@link Node.folder}. */
  constructor(engine: Engine, folder: Folder, news: FolderNews) {
    this.#engine = engine;
    this.#folder = folder;
    this.#news = news;
  }

  get id(): string {
    return this.#folder.id;
  }

  get path(): string {
    return this.#folder.root;
  }

  /** As in {@link status}, which costs more. */
  get state(): FolderState {
    return this.#folder.state;
  }

  /** Names that are not in sync for a reason that is here, and what it is; the first thousand. */
  problems(): readonly Problem[] {
    return this.#folder.problems();
  }

  status(): FolderStatus {
    const folder = this.#folder;
    const { local, global, need } = folder.records.counts();
    const error = folder.error;
    const peers = this.#engine.peersOf(folder.id);
    return {
      id: folder.id,
      path: folder.root,
      state: folder.state,
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      files: local.files,
      directories: local.directories,
      symlinks: local.symlinks,
      bytes: local.bytes,
      global: { files: global.files, bytes: global.bytes },
      need,
      problems: [...this.#engine.twins.problems(peers), ...folder.problems(), ...heldElsewhere(folder.id, peers)],
      peers: peers.map((peer) => {
        const { percent, ...rest } = folder.records.completion(peer.short);
        return { id: deviceIdText(peer.device), connected: peer.isConnected, completion: percent, ...rest };
      }),
    };
  }

  /**
   * Resolves once the folder is in sync: all is scanned and nothing is needed here (and, with `peers: 'all'`, by any
   * connected peer).
   * @throws the signal's reason when it is aborted; LanfoldError `E_CLOSED` when the node closes.
   */
  async settled(options: SettledOptions = {}): Promise<FolderStatus> {
    for (;;) {
      options.signal?.throwIfAborted();
      this.#news.closed.throwIfAborted();
      const status = this.status();
      const isHere = status.state === 'in-sync';
      const isThere = status.peers.every((peer) => !peer.connected || peer.completion === 100);
      if (isHere && (options.peers !== 'all' || isThere)) return status;
      await this.#next(options.signal);
    }
  }

  /**
   * Changes of the folder in the order in which they became true here, made by this device and by others; then further ones
   * as they happen. A name that changed several times since the cursor comes once, as it is now. Ends when the signal is
   * aborted, and when the node closes.
   */
  async *changes(options: ChangesOptions = {}): AsyncGenerator<FolderChange, void, undefined> {
    let cursor = options.since ?? 0;
    while (options.signal?.aborted !== true && !this.#news.closed.aborted) {
      const records = this.#folder.records.changesSince(cursor, PAGE);
      for (const record of records) {
        cursor = record.sequence;
        if (!record.invalid && record.version.length > 0) yield changeOf(record);
        if (this.#news.closed.aborted) return;
      }
      if (records.length > 0) continue;
      try {
        await this.#next(options.signal);
      } catch {
        return;
      }
    }
  }

  /** Versions of a name in the history, newest first. */
  history(path: string): ReturnType<Folder['restorer']['history']> {
    return this.#folder.restorer.history(path);
  }

  /**
   * Brings the newest version in the history back, or the one that stood there at `at`: the first that was replaced then or later. Of
   * a directory ('' for the folder itself) all that is gone below it, or what was replaced since, as it was at `at`.
   */
  restore(path: string, options: { readonly at?: Date } = {}): ReturnType<Folder['restorer']['restore']> {
    return this.#folder.restorer.restore(path, options.at?.getTime());
  }

  /**
   * Reads the files again, at a bounded rate, and holds every byte against the records. Tells bytes that changed under the same
   * look (a failing disk) from edits, which are synced as usual, and from what is missing or cannot be read. Changes no file.
   * @throws the signal's reason at once when it is aborted; LanfoldError why the folder is stopped, if it is.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#demandRunning();
    return await this.#folder.health.verifier.verify({ ...options, signal: this.#untilClosed(options.signal) });
  }

  /**
   * Brings the good content of damaged files from connected peers; what stands there goes into the history first. Without
   * `paths`: of what was found damaged until now; with them, these are verified first. Touches nothing that is not damaged.
   * @throws the signal's reason when it is aborted; LanfoldError why the folder is stopped, if it is.
   */
  async repair(options: RepairOptions = {}): Promise<RepairReport> {
    this.#demandRunning();
    const repairer = this.#folder.health.repairer;
    const { mended, left } = await repairer.repair({ ...options, signal: this.#untilClosed(options.signal) });
    const byKey = new Map(this.#engine.peersOf(this.id).map((peer) => [peer.short, peer.id]));
    const ids = (keys: readonly bigint[]): string[] => keys.map((key) => byKey.get(key) ?? shortIdText(key));
    return {
      mended: mended.map(({ path, from }) => ({ path, from: ids(from) })),
      left: left.map((one) => ({ ...one, holders: ids(one.holders) })),
    };
  }

  /** Confirms deletes and replacements that were held because they are so many. */
  approve(): void {
    this.#folder.approveDeletes();
  }

  /**
   * Says that the disk that was mounted in the folder, and is not any more (`not-mounted` in {@link problems}), is gone for good: what
   * was on it counts as deleted. So many deletes may be held like others.
   * @param path of the mount point, relative to the folder.
   * @returns false when no disk is missing there.
   */
  approveDisk(path: string): boolean {
    return this.#folder.mounts.approve(path);
  }

  /**
   * Says that the deletes and replacements that are held were not meant. What is gone here comes back from the peers; what peers
   * deleted or replaced stays as it is here, and comes back to them; what they replaced in the same act before it was held comes
   * out of the history. Resolves when it is decided; the content comes as any other.
   * @throws LanfoldError while the folder is away (`E_FOLDER_MISSING`, say), and `E_NOT_ALL_HEARD` while a peer
   * has not told to the end what it tells anew: all is still held.
   */
  async undoHeld(): Promise<Undone> {
    this.#demandRunning();
    return await this.#folder.undoHeld();
  }

  /** A person has to say whether this folder may join: {@link FolderHandle.preview}, then {@link Node.release}. */
  get isHeld(): boolean {
    return this.#folder.admission.isHeld;
  }

  /**
   * What joining will do, before it does anything. Resolves once all was looked at here and a peer has told what it has.
   * @throws the signal's reason when it is aborted; LanfoldError `E_CLOSED` when the node closes.
   */
  async preview(options: { readonly signal?: AbortSignal } = {}): Promise<JoinPreview> {
    for (;;) {
      options.signal?.throwIfAborted();
      this.#news.closed.throwIfAborted();
      const preview = this.#folder.admission.preview();
      if (preview !== undefined) return preview;
      await this.#next(options.signal);
    }
  }

  /** Looks at everything again, soon. */
  rescan(): void {
    this.#folder.rescan();
  }

  #demandRunning(): void {
    this.#news.closed.throwIfAborted();
    if (this.#folder.error !== undefined) throw this.#folder.error;
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#news.closed : AbortSignal.any([signal, this.#news.closed]);
  }

  #next(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        unsubscribe();
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const aborted = (): void => {
        unsubscribe();
        reject(signal?.reason as Error);
      };
      const unsubscribe = this.#news.subscribe(done);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }
}

function changeOf(record: FileRecord): FolderChange {
  return {
    path: record.name,
    kind: record.deleted ? 'delete' : 'change',
    type: record.type,
    bytes: record.size,
    by: shortIdText(record.modifiedBy),
    cursor: record.sequence,
  };
}
