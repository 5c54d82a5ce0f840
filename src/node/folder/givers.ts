/** Which peers gave content for a name, while somebody wants to know. */
import type { PeerKey } from '../../ports/record-store.ts';

export class Givers {
  readonly #watched = new Map<string, Set<PeerKey>>();

  watch(name: string): void {
    this.#watched.set(name, new Set());
  }

  gave(name: string, peer: PeerKey): void {
    this.#watched.get(name)?.add(peer);
  }

  /** Ends the watch. @returns who gave since it began, in the order of their first block. */
  release(name: string): PeerKey[] {
    const peers = [...(this.#watched.get(name) ?? [])];
    this.#watched.delete(name);
    return peers;
  }
}
