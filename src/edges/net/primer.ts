/**
 * An empty datagram to the discard port of a host: before the kernel can send it, it has to resolve the host's hardware
 * address, and from then on the host stands in the table of neighbours. No firewall is in the way of that.
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Primer } from '../../ports/discovery.ts';

/** Nobody listens there; who does throws away what comes. */
const DISCARD_PORT = 9;
const NOTHING = new Uint8Array(0);

export class UdpPrimer implements Primer {
  #socket: Socket | undefined;
  #isClosed = false;

  touch(hosts: readonly string[]): void {
    if (this.#isClosed) return;
    this.#socket ??= quietSocket();
    for (const host of hosts) this.#socket.send(NOTHING, DISCARD_PORT, host, ignoreFailure);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket?.close();
  }
}

function quietSocket(): Socket {
  // Addresses are given as numbers; the system's resolver, which takes a thread for each, is not asked.
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  socket.on('error', ignoreFailure);
  socket.unref();
  return socket;
}

function ignoreFailure(): void {
  // Whether anybody is there is what the table of neighbours will say.
}
