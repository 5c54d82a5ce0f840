/**
 * Accepts connections. Every accepted stream has proven a device that is asked for; nobody else is told anything.
 * @module
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { LanfoldError } from '../../core/errors.ts';
import type { ListenOptions, Listener } from '../../ports/network.ts';
import { HandshakeGate, type GateLimits } from './handshake-gate.ts';
import { BEP, PAIRING } from '../../core/session/protocol-names.ts';
import { isSameDevice, proofOf, serverOptions } from './handshake.ts';
import { PairingRoom } from './pairing-room.ts';
import { eventSource, remoteOf, TlsStream, type StreamLimits } from './tls-stream.ts';

export interface AcceptLimits extends GateLimits, StreamLimits {
  readonly handshakeMs: number;
}

export interface Acceptor {
  readonly secureContext: SecureContext;
  /** Raw device ID of this node: whoever shows it is refused. */
  readonly ownDevice: Uint8Array;
  readonly limits: AcceptLimits;
}

/** @throws LanfoldError E_PORT_IN_USE when each of the ports is taken; any other fault of the address as it is. */
export async function listen(acceptor: Acceptor, options: ListenOptions): Promise<Listener> {
  const gate = new HandshakeGate(acceptor.limits);
  const pairing = options.pairing === undefined ? undefined : new PairingRoom(options.pairing);
  const underWay = new Set<Socket>();
  const server = createServer((raw) => {
    const leave = gate.enter(raw.remoteAddress ?? '', () => void raw.destroy());
    if (leave === undefined) {
      raw.on('error', () => {});
      raw.resetAndDestroy();
      return;
    }
    underWay.add(raw);
    const over = (): void => {
      underWay.delete(raw);
      leave();
    };
    shakeHands({ acceptor, options, pairing, raw, over });
  });
  const { host, port } = await bind(server, options);
  // After that, an error is a connection that could not be accepted (no file descriptors left): the next may be.
  server.on('error', () => {});
  return {
    host,
    port,
    close: () => {
      // The port is free at once. Streams live on: they belong to whoever got them.
      server.close();
      for (const raw of underWay) raw.destroy();
      return Promise.resolve();
    },
  };
}

interface Newcomer {
  readonly acceptor: Acceptor;
  readonly options: ListenOptions;
  readonly pairing: PairingRoom | undefined;
  readonly raw: Socket;
  /** Called once or more, at the end of the handshake. */
  readonly over: () => void;
}

/** Carries one connection to a proven stream, or closes it. */
function shakeHands({ acceptor, options, pairing, raw, over }: Newcomer): void {
  const { limits, ownDevice, secureContext } = acceptor;
  const from = remoteOf(raw);
  // Pairing first: who offers both came for that.
  const protocols = pairing?.isOpen === true ? [PAIRING, BEP] : [BEP];
  const socket = new TLSSocket(raw, serverOptions(secureContext, protocols));
  const timer = setTimeout(() => socket.destroy(), limits.handshakeMs);
  const end = (): void => {
    clearTimeout(timer);
    over();
  };
  raw.on('error', () => {});
  socket.on('error', () => {});
  socket.on('close', end);
  socket.once('secure', () => {
    end();
    const wantsPairing = socket.alpnProtocol === PAIRING;
    const proof = proofOf(socket, wantsPairing ? PAIRING : BEP);
    if (!('device' in proof) || isSameDevice(proof.device, ownDevice)) {
      socket.destroy();
      return;
    }
    const stream = { device: proof.device, dialled: false, source: eventSource(socket), limits };
    if (wantsPairing) {
      pairing?.take(socket, stream);
      return;
    }
    if (!options.accepts(proof.device)) {
      socket.destroy();
      options.onStranger?.(proof.device, from);
      return;
    }
    options.onStream(new TlsStream(socket, stream));
  });
}

async function bind(server: Server, options: ListenOptions): Promise<{ host: string; port: number }> {
  for (const port of options.ports) {
    try {
      const address = await bindPort(server, options.host, port);
      return { host: address.address, port: address.port };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  const ports = options.ports.join(', ');
  throw new LanfoldError('E_PORT_IN_USE', {
    subject: options.host === undefined ? `port ${ports}` : `${bracketed(options.host)}:${ports}`,
  });
}

/** Without a host: everywhere, over IPv6 and IPv4, or over IPv4 alone on a machine without IPv6. */
async function bindPort(server: Server, host: string | undefined, port: number): Promise<AddressInfo> {
  if (host !== undefined) return tryBind(server, host, port);
  try {
    return await tryBind(server, '::', port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL' && code !== 'EINVAL') throw error;
    return tryBind(server, '0.0.0.0', port);
  }
}

function tryBind(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
