/** What is particular to the real network: what strangers can cost, what cut wires do, which addresses are taken. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { Received } from '../../../test/contract/received.ts';
import { closed, HOST, listening, listenOn, ours, stranger, theirs } from '../../../test/harness/tls.ts';
import { LanfoldError } from '../../core/errors.ts';
import type { Stream } from '../../ports/network.ts';
import { TlsNetwork } from './tls-network.ts';

const NEVER = new AbortController().signal;

describe('what strangers can cost', () => {
  /** Connections that never say a word. */
  async function silent(port: number, count: number): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () => connectTcp(port, HOST).on('error', () => {}));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return sockets;
  }

  test('C24 half-open connections beyond the bound are closed at once, and room comes back', async () => {
    await using server = await listening({ handshakesPerAddressMax: 4 });
    const first = await silent(server.listener.port, 4);
    for (const late of await silent(server.listener.port, 20)) {
      await closed(late);
    }
    assert.ok(first.every((socket) => !socket.closed));
    for (const socket of first) socket.destroy();
    // The listener hears of it a moment later: dial until there is room.
    const network = new TlsNetwork(theirs);
    const address = { host: HOST, port: server.listener.port };
    let stream: Stream | undefined;
    while (stream === undefined) stream = await network.dial(address, ours.device, NEVER).catch(() => undefined);
    stream.destroy('the test is over');
  });

  test('C24 a handshake that takes too long is closed', async () => {
    await using server = await listening({ handshakeMs: 50 });
    const [socket] = await silent(server.listener.port, 1);
    assert.ok(socket !== undefined);
    await closed(socket);
  });

  test('C24 a dial to someone who never answers the handshake ends', async (context) => {
    const mute = createServer((socket) => socket.on('error', () => {}).resume());
    context.after(() => void mute.close());
    const port = await listenOn(mute);
    const dial = new TlsNetwork(theirs, { handshakeMs: 50 }).dial({ host: HOST, port }, ours.device, NEVER);
    await assert.rejects(dial, { code: 'E_PEER_UNREACHABLE' });
  });

  test('C24 closing the listener closes handshakes under way', async () => {
    await using server = await listening();
    const [socket] = await silent(server.listener.port, 1);
    assert.ok(socket !== undefined);
    const over = closed(socket);
    await server.listener.close();
    await over;
  });

  test('C26 a far end that never reads is cut off before it costs more than the bound', async () => {
    await using server = await listening({ sendBufferBytesMax: 8 * 1024 * 1024 });
    const accepted = server.next();
    const socket = stranger(server.listener.port);
    socket.pause();
    const stream = await accepted;
    const received = Received.of(stream);
    const part = new Uint8Array(1024 * 1024);
    for (let sent = 0; received.closedCount === 0 && sent < 100; sent++) {
      stream.send([part]);
      await new Promise(setImmediate);
    }
    assert.match(await received.closed, /does not read/);
    socket.destroy();
  });

  test('C26 end waits for a far end that does not read, but not for long', async () => {
    await using server = await listening({ endMs: 50 });
    const accepted = server.next();
    const socket = stranger(server.listener.port);
    socket.pause();
    const stream = await accepted;
    const received = Received.of(stream);
    for (let sent = 0; sent < 16; sent++) stream.send([new Uint8Array(1024 * 1024)]);
    stream.end();
    await received.closed;
    socket.destroy();
  });
});

describe('cut connections', () => {
  /** A wire to `port` that is cut after so many bytes in one direction. */
  async function cuttingWire(port: number, side: 'there' | 'back', bytes: number): Promise<Server & { port: number }> {
    const server = createServer((near) => {
      const far = connectTcp(port, HOST);
      const cut = (): void => {
        near.resetAndDestroy();
        far.resetAndDestroy();
      };
      for (const socket of [near, far]) socket.on('error', cut).on('close', cut);
      let left = bytes;
      const carry = (from: Socket, to: Socket, counts: boolean): void => {
        from.on('data', (chunk) => {
          if (!counts) {
            to.write(chunk);
            return;
          }
          to.write(chunk.subarray(0, left));
          left -= chunk.length;
          if (left <= 0) setImmediate(cut);
        });
      };
      carry(near, far, side === 'there');
      carry(far, near, side === 'back');
    });
    return Object.assign(server, { port: await listenOn(server) });
  }

  test('C27 a connection may be cut at any byte: the dial fails or the stream closes, and nothing is thrown', async () => {
    await using server = await listening(
      {},
      {
        onStream: (stream) => {
          Received.of(stream);
          stream.send([new Uint8Array(3000)]);
        },
      },
    );
    const network = new TlsNetwork(theirs);
    for (const side of ['there', 'back'] as const) {
      for (let bytes = 1; bytes < 5000; bytes += 311) {
        const wire = await cuttingWire(server.listener.port, side, bytes);
        try {
          const stream = await network.dial({ host: HOST, port: wire.port }, ours.device, NEVER);
          const received = Received.of(stream);
          stream.send([new Uint8Array(10_000)]);
          await received.closed;
          assert.equal(received.closedCount, 1);
        } catch (error) {
          assert.ok(error instanceof LanfoldError, `${side} ${bytes}: ${String(error)}`);
        } finally {
          wire.close();
        }
      }
    }
  });

  test('C27 a stream may be closed from within every one of its own calls', async () => {
    await using server = await listening(
      {},
      {
        onStream: (stream) => {
          stream.receive({ data: () => stream.destroy('in data'), closed: () => stream.end() });
        },
      },
    );
    const network = new TlsNetwork(theirs);
    for (const close of ['end', 'destroy'] as const) {
      const stream = await network.dial({ host: HOST, port: server.listener.port }, ours.device, NEVER);
      const closed = Promise.withResolvers<string>();
      stream.receive({ data: () => stream[close]('in data'), closed: closed.resolve });
      stream.send([Buffer.from('hello')]);
      await closed.promise;
    }
  });
});

describe('addresses', () => {
  test('C28 without a host it listens on IPv4 and IPv6', async (context) => {
    await using server = await listening({}, { host: undefined } as never);
    const network = new TlsNetwork(theirs);
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      const accepted = server.next();
      const dial = network.dial({ host, port: server.listener.port }, ours.device, NEVER);
      if (host === '::1' && server.listener.host === '0.0.0.0') {
        context.diagnostic('this machine has no IPv6');
        await assert.rejects(dial);
        continue;
      }
      const [{ remote }, dialled] = await Promise.all([accepted, dial]);
      dialled.destroy('the test is over');
      assert.ok(['127.0.0.1', '::1'].includes(remote.host), `an IPv4 address has no IPv6 clothes: ${remote.host}`);
    }
  });

  for (const taken of ['0.0.0.0', '127.0.0.1', '::', '::1']) {
    test(`C28 a port is taken, even if only on ${taken}`, async (context) => {
      const other = createServer();
      context.after(() => void other.close());
      const port = await listenOn(other, taken).catch(() => undefined);
      if (port === undefined) {
        context.skip('this machine has no such address');
        return;
      }
      const options = { ports: [port], accepts: () => true, onStream: () => {} };
      await assert.rejects(new TlsNetwork(ours).listen(options), {
        code: 'E_PORT_IN_USE',
        message: new RegExp(`port ${port}`),
      });
    });
  }

  test('C28 an address of somebody else is an error of its own', async () => {
    const options = { host: '192.0.2.1', ports: [0], accepts: () => true, onStream: () => {} };
    await assert.rejects(new TlsNetwork(ours).listen(options), { code: 'EADDRNOTAVAIL' });
  });
});
