/**
 * Bounds how many strangers may be in the middle of a handshake: each costs memory before it has proven anything.
 * @module
 */
export interface GateLimits {
  readonly handshakesMax: number;
  readonly handshakesPerAddressMax: number;
}

export class HandshakeGate {
  readonly #limits: GateLimits;
  readonly #insideByAddress = new Map<string, number>();
  #inside = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** @returns the way out, to be called once or more when the handshake is over; undefined if there is no room. */
  enter(address: string): (() => void) | undefined {
    const insideHere = this.#insideByAddress.get(address) ?? 0;
    if (this.#inside >= this.#limits.handshakesMax || insideHere >= this.#limits.handshakesPerAddressMax)
      return undefined;
    this.#inside++;
    this.#insideByAddress.set(address, insideHere + 1);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#inside--;
      const left = (this.#insideByAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#insideByAddress.delete(address);
      else this.#insideByAddress.set(address, left);
    };
  }
}
