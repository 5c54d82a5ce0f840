/**
 * Both ends of real TLS connections: ours, and such as a stranger may write.
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer as createTlsServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createCertificate } from '../../src/edges/net/certificate.ts';
import { identityOf, type Identity } from '../../src/edges/net/identity.ts';
import type { AcceptLimits } from '../../src/edges/net/listener.ts';
import { TlsNetwork } from '../../src/edges/net/tls-network.ts';
import type { Listener, ListenOptions, Stream } from '../../src/ports/network.ts';

export const HOST = '127.0.0.1';
export const [ours, theirs, third] = [newIdentity(), newIdentity(), newIdentity()];

function newIdentity(): Identity {
  return identityOf(createCertificate(new Date()));
}

export interface Listening extends AsyncDisposable {
  readonly listener: Listener;
  readonly streams: Stream[];
  /** The next stream that is accepted. */
  next(): Promise<Stream>;
}

export async function listening(
  limits: Partial<AcceptLimits> = {},
  options: Partial<ListenOptions> = {},
): Promise<Listening> {
  const streams: Stream[] = [];
  let wake = Promise.withResolvers<Stream>();
  const listener = await new TlsNetwork(ours, limits).listen({
    host: HOST,
    ports: [0],
    accepts: () => true,
    onStream: (stream) => {
      streams.push(stream);
      wake.resolve(stream);
      wake = Promise.withResolvers<Stream>();
    },
    ...options,
  });
  return {
    listener,
    streams,
    next: () => wake.promise,
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream.destroy('the test is over');
      await listener.close();
    },
  };
}

/** A client of Node's own, as a stranger may write one. */
export function stranger(port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({
    host: HOST,
    port,
    key: theirs.keyPem,
    cert: theirs.certificatePem,
    rejectUnauthorized: false,
    ALPNProtocols: ['bep/1.0'],
    ...options,
  });
  socket.on('error', () => {});
  return socket;
}

/** A server of Node's own; `port` is where it listens. */
export async function strangeServer(context: { after(run: () => void): void }, options: object): Promise<number> {
  const server = createTlsServer({ requestCert: true, rejectUnauthorized: false, ...options }, (socket) => {
    socket.on('error', () => {});
    socket.resume();
  });
  server.on('tlsClientError', () => {});
  context.after(() => void server.close());
  return listenOn(server);
}

/** When a socket is closed, with or without an error. */
export function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on('close', resolve).resume());
}

export async function listenOn(server: Server, host = HOST): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
