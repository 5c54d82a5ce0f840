/**
 * Where strangers go who want to pair: as many as there is room for, and only while pairing is open.
 * @module
 */
import type { TLSSocket } from 'node:tls';
import { PAIRING_STREAMS_MAX } from '../../core/limits.ts';
import type { PairingDoor, PairingStream } from '../../ports/network.ts';
import { TlsStream, type StreamOptions } from './tls-stream.ts';

/** RFC 9266, for TLS 1.3. */
const BINDING_LABEL = 'EXPORTER-Channel-Binding';
const BINDING_BYTES = 32;

export class PairingRoom {
  readonly #door: PairingDoor;
  #inside = 0;

  constructor(door: PairingDoor) {
    this.#door = door;
  }

  get isOpen(): boolean {
    return this.#door.isOpen();
  }

  /** Takes in a connection whose far end is proven, or closes it. */
  take(socket: TLSSocket, stream: StreamOptions): void {
    // Asked again: pairing may have been closed while they shook hands.
    if (!this.isOpen || this.#inside >= PAIRING_STREAMS_MAX) {
      socket.destroy();
      return;
    }
    this.#inside++;
    socket.once('close', () => this.#inside--);
    this.#door.onStream(pairingStream(socket, stream));
  }
}

/** A stream over which to pair, of a connection whose handshake is over. */
export function pairingStream(socket: TLSSocket, options: StreamOptions): PairingStream {
  const binding = socket.exportKeyingMaterial(BINDING_BYTES, BINDING_LABEL, Buffer.alloc(0));
  return Object.assign(new TlsStream(socket, options), { binding });
}
