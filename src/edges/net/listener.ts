/**
 * Accepts connections. Every accepted stream has proven a device that is asked for; nobody else is told anything.
 * @module
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { LanfoldError } from '../../core/errors.ts';
import type { ListenOptions, Listener } from '../../ports/network.ts';
import { HandshakeGate, type GateLimits } from './handshake-gate.ts';
import { isSameDevice, proofOf, PROTOCOL } from './handshake.ts';
import { remoteOf, TlsStream, type StreamLimits } from './tls-stream.ts';

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
  const underWay = new Set<Socket>();
  const server = createServer((raw) => {
    const leave = gate.enter(raw.remoteAddress ?? '');
    if (leave === undefined) {
      raw.on('error', () => {});
      raw.resetAndDestroy();
      return;
    }
    underWay.add(raw);
    shakeHands(acceptor, options, raw, () => {
      underWay.delete(raw);
      leave();
    });
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

/** Carries one connection to a proven stream, or closes it. `over` is called once or more, at the end of the handshake. */
function shakeHands(acceptor: Acceptor, options: ListenOptions, raw: Socket, over: () => void): void {
  const { limits, ownDevice, secureContext } = acceptor;
  const from = remoteOf(raw);
  const socket = new TLSSocket(raw, {
    isServer: true,
    secureContext,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: [PROTOCOL],
  });
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
    const proof = proofOf(socket);
    if (!('device' in proof) || isSameDevice(proof.device, ownDevice)) {
      socket.destroy();
      return;
    }
    if (!options.accepts(proof.device)) {
      socket.destroy();
      options.onStranger?.(proof.device, from);
      return;
    }
    const source = { start: (data: (chunk: Uint8Array) => void) => void socket.on('data', data) };
    options.onStream(new TlsStream(socket, { device: proof.device, dialled: false, source, limits }));
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
