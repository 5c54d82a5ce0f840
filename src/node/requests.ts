/**
 * Blocks asked of one peer and not answered yet.
 */
interface Pending {
  readonly bytes: number;
  readonly resolve: (data: Uint8Array | undefined) => void;
}

export class Requests {
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #bytes = 0;

  get pendingBytes(): number {
    return this.#bytes;
  }

  /** @param ask sends the request with the ID that it is given. */
  open(bytes: number, ask: (id: number) => void): Promise<Uint8Array | undefined> {
    const id = this.#nextId;
    this.#nextId = id >= 0x7fff_fffe ? 1 : id + 1;
    return new Promise((resolve) => {
      this.#pending.set(id, { bytes, resolve });
      this.#bytes += bytes;
      ask(id);
    });
  }

  /** An answer to nothing that was asked is passed over, as Syncthing does. */
  answer(id: number, data: Uint8Array | undefined): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#bytes -= pending.bytes;
    pending.resolve(data);
  }

  /** No answer will come any more. */
  close(): void {
    for (const { resolve } of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
    this.#bytes = 0;
  }
}
