/**
 * One folder's records in the database: the port, by way of the tables.
 * @module
 */
import { LanfoldError } from '../../core/errors.ts';
import { holds, newestOf } from '../../core/index/newest.ts';
import type { FileRecord, LocalRecord } from '../../core/model/file-record.ts';
import { formatGaps, parseGaps, withGap, type Gap } from '../../core/session/sequence-gaps.ts';
import type {
  BlockPlace,
  Completion,
  FolderCounts,
  FolderRecords,
  LookUpdate,
  NeedCursor,
  NeededName,
  PeerKey,
  Versions,
} from '../../ports/record-store.ts';
import { findPlaces } from './contents.ts';
import { UnreadableRow, type Database } from './database.ts';
import { toText } from './encode.ts';
import { FolderChange } from './folder-change.ts';
import { Memo } from './memo.ts';
import { readNeed } from './need-table.ts';
import {
  readBelow,
  readChanges,
  readChildren,
  readFilesWithBlocks,
  readChangedFrom,
  readLastSavedChange,
  readLatestChange,
  readOwn,
} from './own-records.ts';
import { readName, readRecord, updateLook, type KnownName } from './record-table.ts';
import { readDeletes } from './remote-deletes.ts';
import {
  addSource,
  findSource,
  newIndexId,
  peersBySource,
  removeSource,
  setIndexId,
  setMaxSequence,
  type FolderKeys,
  type Source,
} from './sources.ts';
import { allVersions } from './standing.ts';
import { readCompletion, readCounts, Tallies } from './tallies.ts';

/** The name of a note. */
const GAPS = 'gaps';

export class SqliteFolderRecords implements FolderRecords {
  readonly folderId: string;
  readonly #keys: FolderKeys;
  readonly #store: Database;
  readonly #randomBytes: (length: number) => Uint8Array;
  readonly #memo = new Memo();
  readonly #tallies: Tallies;
  #dropped = false;
  readonly #unset = new Set<string>();
  /** From the last own sequence number to the next. */
  #distance = 1;

  constructor(folderId: string, keys: FolderKeys, database: Database, randomBytes: (length: number) => Uint8Array) {
    this.folderId = folderId;
    this.#keys = keys;
    this.#tallies = new Tallies(keys.folder);
    this.#store = database;
    this.#randomBytes = randomBytes;
  }

  /** The folder's rows are gone; every further call is refused. */
  markDropped(): void {
    this.#dropped = true;
  }

  indexId(): bigint {
    return this.#own().indexId;
  }

  renewIndexId(): bigint {
    const indexId = newIndexId(this.#randomBytes);
    this.#change(() => {
      setIndexId(this.#database, this.#keys.own, indexId);
      this.setNote(GAPS, undefined); // they were gaps of the one before
    });
    return indexId;
  }

  folderKey(): string | undefined {
    const row = this.#database.row('SELECT folder_key FROM folders WHERE id = ?', this.#keys.folder);
    return typeof row?.['folder_key'] === 'string' ? row['folder_key'] : undefined;
  }

  setFolderKey(key: string): void {
    this.#database.run('UPDATE folders SET folder_key = ? WHERE id = ?', key, this.#keys.folder);
  }

  note(name: string): string | undefined {
    return this.#kept(`note ${name}`, (database) => {
      const row = database.row('SELECT value FROM notes WHERE folder = ? AND name = ?', this.#keys.folder, name);
      return row === undefined ? undefined : toText(row['value']);
    });
  }

  /** A note could not be set, on a full disk say, and has not been since: the next run will not know what it says. */
  get lacksNote(): boolean {
    return this.#unset.size > 0;
  }

  setNote(name: string, value: string | undefined): void {
    const { folder } = this.#keys;
    this.#unset.add(name);
    this.#memo.change(() =>
      value === undefined
        ? this.#database.run('DELETE FROM notes WHERE folder = ? AND name = ?', folder, name)
        : this.#database.run('INSERT OR REPLACE INTO notes VALUES (?, ?, ?)', folder, name, value),
    );
    this.#unset.delete(name);
  }

  local(name: string): LocalRecord | undefined {
    return this.#kept(`local ${name}`, (database) => readOwn(database, this.#keys, name));
  }

  children(directory: string): LocalRecord[] {
    return readChildren(this.#database, this.#keys, directory);
  }

  below(directory: string, after: string, limit: number): LocalRecord[] {
    return readBelow(this.#database, this.#keys, directory, after, limit);
  }

  changesSince(after: number, limit: number): FileRecord[] {
    return readChanges(this.#database, this.#keys, after, limit);
  }

  maxSequence(): number {
    return this.#own().maxSequence;
  }

  latestChangeNs(notAfterNs: bigint): bigint | undefined {
    return readLatestChange(this.#database, this.#keys, notAfterNs);
  }

  lastSavedChangeNs(fromNs: bigint, toNs: bigint): bigint | undefined {
    return readLastSavedChange(this.#database, this.#keys, fromNs, toNs);
  }

  changedFrom(fromNs: bigint, limit: number): LocalRecord[] {
    return readChangedFrom(this.#database, this.#keys, fromNs, limit);
  }

  goOn(distance: number): void {
    this.#distance = distance;
  }

  gaps(): readonly Gap[] {
    return parseGaps(this.note(GAPS) ?? '');
  }

  saveLocal(records: readonly LocalRecord[], note?: { readonly name: string; readonly value: string }): FileRecord[] {
    const distance = records.length === 0 ? 1 : this.#distance;
    const saved = this.#change((change) => {
      if (note !== undefined) this.setNote(note.name, note.value);
      const last = this.#own().maxSequence;
      let sequence = last + distance - 1;
      if (distance > 1) {
        const gap = { after: last, before: sequence + 1 };
        this.setNote(GAPS, formatGaps(withGap(this.gaps(), gap)));
      }
      const saved = records.map(({ record, look }) => {
        sequence += 1;
        return change.putOwn({ record: { ...record, sequence }, look });
      });
      setMaxSequence(this.#database, this.#keys.own, sequence);
      return saved;
    });
    if (records.length > 0) this.#distance = 1;
    return saved;
  }

  saveLooks(looks: readonly LookUpdate[]): void {
    this.#memo.change(() =>
      this.#database.transaction(() => {
        for (const { name, look } of looks) updateLook(this.#database, this.#keys.folder, name, look);
      }),
    );
  }

  forgetLocal(names: readonly string[]): void {
    this.#change((change) => {
      for (const name of names) change.drop(this.#keys.own, name);
    });
  }

  remote(peer: PeerKey, name: string): FileRecord | undefined {
    const source = this.#source(peer);
    return source === undefined ? undefined : readRecord(this.#database, this.#keys.folder, source.id, name);
  }

  saveRemote(peer: PeerKey, records: readonly FileRecord[], replace: boolean): void {
    this.#change((change) => {
      const source = this.#source(peer) ?? addSource(this.#database, this.#keys.folder, peer, 0n);
      if (replace) change.dropAll(source.id);
      let sequence = replace ? 0 : source.maxSequence;
      for (const record of records) {
        change.putRemote(source.id, record);
        sequence = Math.max(sequence, record.sequence);
      }
      setMaxSequence(this.#database, source.id, sequence);
    });
  }

  deletedAt(peer: PeerKey, after: number, limit: number): { names: string[]; end: number } | undefined {
    const source = this.#source(peer);
    return source === undefined ? undefined : readDeletes(this.#database, source.id, after, limit);
  }

  remoteIndex(peer: PeerKey): { indexId: bigint; maxSequence: number } {
    const source = this.#source(peer);
    return { indexId: source?.indexId ?? 0n, maxSequence: source?.maxSequence ?? 0 };
  }

  /** Another index ID than before: what was said under the old one is forgotten (bep.md §4.1). */
  setRemoteIndex(peer: PeerKey, indexId: bigint): void {
    this.#change((change) => {
      const source = this.#source(peer);
      if (source === undefined) {
        addSource(this.#database, this.#keys.folder, peer, indexId);
      } else if (source.indexId !== indexId) {
        change.dropAll(source.id);
        setMaxSequence(this.#database, source.id, 0);
        setIndexId(this.#database, source.id, indexId);
      }
    });
  }

  dropRemote(peer: PeerKey): void {
    const source = this.#source(peer);
    if (source === undefined) return;
    this.#change((change) => {
      change.dropAll(source.id);
      change.finish();
      removeSource(this.#database, this.#keys.folder, source.id);
    });
  }

  remotes(): PeerKey[] {
    return [...this.#peers().values()];
  }

  versions(name: string): Versions {
    const known = this.#known(name);
    if (known === undefined) return { local: undefined, remotes: [] };
    return { local: known.own === undefined ? undefined : this.local(name), remotes: this.#byPeer(known) };
  }

  newest(name: string): FileRecord | undefined {
    const known = this.#known(name);
    return known === undefined ? undefined : newestOf(allVersions(known));
  }

  need(after: NeedCursor | undefined, limit: number): NeededName[] {
    return readNeed(this.#database, this.#keys.folder, after, limit);
  }

  holders(record: FileRecord): PeerKey[] {
    const known = this.#known(record.name);
    if (known === undefined) return [];
    return this.#byPeer(known).flatMap((theirs) => (holds(theirs.record, record) ? [theirs.peer] : []));
  }

  filesWithBlocks(blocks: Uint8Array, blockSize: number, limit: number): LocalRecord[] {
    return readFilesWithBlocks(this.#database, this.#keys, blocks, blockSize, limit);
  }

  blockPlaces(hash: Uint8Array, limit: number): BlockPlace[] {
    return findPlaces(this.#database, this.#keys.own, hash, limit);
  }

  counts(): FolderCounts {
    return this.#kept('counts', (database) => readCounts(database, this.#tallies));
  }

  completion(peer: PeerKey): Completion {
    return readCompletion(this.#database, this.#tallies, this.#source(peer)?.id);
  }

  get #database(): Database {
    if (this.#dropped) throw new LanfoldError('E_FOLDER_UNKNOWN', { subject: this.folderId });
    return this.#store;
  }

  #change<T>(work: (change: FolderChange) => T): T {
    return this.#memo.change(() => {
      try {
        return this.#database.transaction(() => {
          const change = new FolderChange(this.#database, this.#keys, this.#tallies);
          const result = work(change);
          change.finish();
          return result;
        });
      } catch (error) {
        this.#tallies.forget();
        throw error;
      }
    });
  }

  #known(name: string): KnownName | undefined {
    return this.#kept(`known ${name}`, (database) => readName(database, this.#keys.folder, this.#keys.own, name));
  }

  #byPeer(known: KnownName): { peer: PeerKey; record: FileRecord }[] {
    const peers = this.#peers();
    return [...known.remotes].flatMap(([source, record]) => {
      const peer = peers.get(source);
      return peer === undefined ? [] : [{ peer, record }];
    });
  }

  /** By source. */
  #peers(): ReadonlyMap<number, PeerKey> {
    return this.#kept('peers', (database) => peersBySource(database, this.#keys.folder));
  }

  #own(): Source {
    const source = this.#source(undefined);
    if (source === undefined) throw new UnreadableRow(`the own index of folder "${this.folderId}" is missing`);
    return source;
  }

  /** @param peer undefined for this device. */
  #source(peer: PeerKey | undefined): Source | undefined {
    return this.#kept(`source ${peer ?? 'own'}`, (database) => findSource(database, this.#keys.folder, peer));
  }

  /** An answer that was given before counts only while the store could still be asked. */
  #kept<T>(key: string, read: (database: Database) => T): T {
    const database = this.#database;
    return database.isOpen && !database.isBroken ? this.#memo.get(key, () => read(database)) : read(database);
  }
}
