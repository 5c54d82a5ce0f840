/**
 * With whom a simulated node shares its folder: its peers, but those that it has stopped sharing with for a while.
 * @module
 */
export class Sharing<Node> {
  peers: readonly Node[] = [];
  /** How often it was said that it does not share with them. */
  readonly #apart = new Map<Node, number>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Those that it shares with just now. */
  get current(): readonly Node[] {
    return this.peers.filter((peer) => !this.#apart.has(peer));
  }

  /** Stops sharing with a peer. @returns how to share again. */
  stop(peer: Node): () => void {
    this.#apart.set(peer, (this.#apart.get(peer) ?? 0) + 1);
    this.#onChange();
    return () => {
      const times = this.#apart.get(peer) ?? 0;
      if (times > 1) this.#apart.set(peer, times - 1);
      else this.#apart.delete(peer);
      this.#onChange();
    };
  }
}
