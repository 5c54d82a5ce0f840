/**
 * A record store whose changes are told to the simulation, and that outlives the crashes of its node: each of its calls is
 * durable when it returns, so keeping the object is keeping what a disk would hold.
 * @module
 */
import type { FileRecord } from '../src/core/model/file-record.ts';
import type { FolderRecords, RecordStore } from '../src/ports/record-store.ts';

export interface StoreWitness {
  saved(records: readonly FileRecord[]): void;
  forgot(names: readonly string[]): void;
  /** Whatever it was: the records are others than before. */
  changed(): void;
}

const CHANGING: ReadonlySet<PropertyKey> = new Set<keyof FolderRecords>([
  'renewIndexId',
  'setFolderKey',
  'setNote',
  'saveLocal',
  'saveLooks',
  'forgetLocal',
  'saveRemote',
  'setRemoteIndex',
  'dropRemote',
]);

/** The store as one life of a node sees it. `uncleanStop`: how the life before ended. */
export function watchStore(store: RecordStore, uncleanStop: boolean, witness: StoreWitness): RecordStore {
  return {
    uncleanStop,
    folder: (folderId) => watchFolder(store.folder(folderId), witness),
    folderIds: () => store.folderIds(),
    dropFolder: (folderId) => store.dropFolder(folderId),
    check: (pause) => store.check(pause),
    close() {}, // the next life goes on with it
  };
}

function watchFolder(records: FolderRecords, witness: StoreWitness): FolderRecords {
  const saveLocal: FolderRecords['saveLocal'] = (locals, note) => {
    const saved = records.saveLocal(locals, note);
    witness.saved(saved);
    return saved;
  };
  const forgetLocal: FolderRecords['forgetLocal'] = (names) => {
    records.forgetLocal(names);
    witness.forgot(names);
  };
  const watched: Partial<FolderRecords> = { saveLocal, forgetLocal };
  return new Proxy(records, {
    get(target, key) {
      if (CHANGING.has(key)) witness.changed();
      const own: unknown = Reflect.get(watched, key);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
