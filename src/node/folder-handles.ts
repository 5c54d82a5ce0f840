/**
 * The handles of a node's open folders, and who waits for news of which.
 * @module
 */
import type { Engine } from './engine.ts';
import { FolderHandle } from './folder-handle.ts';
import type { Folder } from './folder/folder.ts';

export class FolderHandles {
  readonly #closed: AbortSignal;
  readonly #handles = new Map<string, { readonly handle: FolderHandle; readonly folder: Folder }>();
  readonly #listeners = new Map<string, Set<() => void>>();

  /** @param closed aborted when the node closes. */
  constructor(closed: AbortSignal) {
    this.#closed = closed;
  }

  get(folderId: string): FolderHandle | undefined {
    return this.#handles.get(folderId)?.handle;
  }

  all(): FolderHandle[] {
    return [...this.#handles.values()].map(({ handle }) => handle);
  }

  /** The handle of an open folder; a folder that was opened anew gets a new one. */
  of(folder: Folder, engine: Engine): FolderHandle {
    const known = this.#handles.get(folder.id);
    if (known?.folder === folder) return known.handle;
    const handle = new FolderHandle(engine, folder, {
      subscribe: (listener) => this.#subscribe(folder.id, listener),
      closed: this.#closed,
    });
    this.#handles.set(folder.id, { handle, folder });
    return handle;
  }

  drop(folderId: string): void {
    this.#handles.delete(folderId);
  }

  notify(folderId: string): void {
    for (const listener of [...(this.#listeners.get(folderId) ?? [])]) listener();
  }

  notifyAll(): void {
    for (const folderId of this.#listeners.keys()) this.notify(folderId);
  }

  #subscribe(folderId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(folderId) ?? new Set();
    this.#listeners.set(folderId, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}
