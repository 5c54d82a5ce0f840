/**
 * Bounds how many strangers may be in the middle of a handshake: each costs memory before it has proven anything.
 *
 * When there is no room for one more, the oldest of the address that has most inside has to leave. An honest handshake lasts
 * a moment and comes from an address of its own, so a flood turns out its own and not the peers that dial meanwhile.
 * @module
 */
export interface GateLimits {
  readonly handshakesMax: number;
  readonly handshakesPerAddressMax: number;
}

interface Guest {
  readonly address: string;
  readonly turnOut: () => void;
}

export class HandshakeGate {
  readonly #limits: GateLimits;
  /** The oldest first. */
  readonly #inside = new Map<string, Set<Guest>>();
  #count = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /**
   * `turnOut` is called when another needs the room.
   * @returns the way out, to be called once or more when the handshake is over; undefined if the address has too many inside.
   */
  enter(address: string, turnOut: () => void): (() => void) | undefined {
    const here = this.#inside.get(address)?.size ?? 0;
    if (here >= this.#limits.handshakesPerAddressMax) return undefined;
    if (this.#count >= this.#limits.handshakesMax) this.#makeRoom();
    const guest = { address, turnOut };
    const guests = this.#inside.get(address) ?? new Set();
    this.#inside.set(address, guests.add(guest));
    this.#count++;
    return () => this.#leave(guest);
  }

  #leave(guest: Guest): void {
    const guests = this.#inside.get(guest.address);
    if (guests?.delete(guest) !== true) return;
    this.#count--;
    if (guests.size === 0) this.#inside.delete(guest.address);
  }

  #makeRoom(): void {
    let crowd: Set<Guest> = new Set();
    for (const guests of this.#inside.values()) if (guests.size > crowd.size) crowd = guests;
    const [oldest] = crowd;
    if (oldest === undefined) return;
    this.#leave(oldest);
    oldest.turnOut();
  }
}
