/**
 * Layer `remembered`: the last addresses at which each peer was reached, kept over restarts.
 * @module
 */
import type { Hint } from '../../core/discovery/candidates.ts';
import { plainHost } from '../../core/discovery/ip-address.ts';
import { staysOnLink } from '../../core/discovery/prefix.ts';
import { Remembered } from '../../core/discovery/remembered.ts';
import { deviceIdText } from '../../core/model/device-id.ts';
import type { Address } from '../../ports/network.ts';
import type { Scene } from './layer.ts';

export class AddressBook {
  readonly #scene: Scene;
  #remembered = new Remembered();
  #writing: Promise<void> = Promise.resolve();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async open(): Promise<void> {
    const text = await this.#scene.discovery.notebook.read();
    if (text !== undefined) this.#remembered = Remembered.parse(text);
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  /** Where a device was before, as far as that is on a link of today: the same numbers elsewhere are somebody else's. */
  of(device: Uint8Array): Hint[] {
    const own = this.#scene.own();
    const places = this.#remembered.of(deviceIdText(device)).filter(({ host }) => staysOnLink(host, own));
    return places.map(({ host, port }) => ({ host, port, via: 'remembered' }));
  }

  /** A connection with a device has succeeded there. */
  reached(device: Uint8Array, { host, port }: Address): void {
    if (this.#remembered.add(deviceIdText(device), { host: plainHost(host), port })) this.#write();
  }

  forget(device: Uint8Array): void {
    if (this.#remembered.forget(deviceIdText(device))) this.#write();
  }

  /** One after the other, each with all there is by then. */
  #write(): void {
    this.#writing = this.#writing.then(() => this.#scene.discovery.notebook.write(this.#remembered.print()));
  }
}
