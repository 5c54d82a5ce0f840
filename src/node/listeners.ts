/**
 * Who waits for news of which folder.
 * @module
 */
export class Listeners {
  readonly #byFolder = new Map<string, Set<() => void>>();

  /** @returns what ends it. */
  subscribe(folderId: string, listener: () => void): () => void {
    const listeners = this.#byFolder.get(folderId) ?? new Set();
    this.#byFolder.set(folderId, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  notify(folderId: string): void {
    for (const listener of [...(this.#byFolder.get(folderId) ?? [])]) listener();
  }

  notifyAll(): void {
    for (const folderId of this.#byFolder.keys()) this.notify(folderId);
  }
}
