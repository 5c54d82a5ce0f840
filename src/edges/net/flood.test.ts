/** Floods of strangers: what they hold is bounded, and peers are served meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Received } from '../../../test/contract/received.ts';
import { closed, HOST, listening, type Listening, ours, stranger, theirs } from '../../../test/harness/tls.ts';
import { until } from '../../../test/harness/process.ts';
import { PAIRING_STREAMS_MAX } from '../../core/limits.ts';
import { PAIRING } from '../../core/session/protocol-names.ts';
import type { PairingStream } from '../../ports/network.ts';
import { NETWORK_LIMITS, TlsNetwork } from './tls-network.ts';

const NEVER = new AbortController().signal;
const HALF_OPEN = 1_000;
const HALF_OPEN_PER_DIAL = 100;

/** A peer comes, and is served. */
async function servePeer(port: number, server: Listening): Promise<void> {
  const accepted = server.next();
  const stream = await new TlsNetwork(theirs).dial({ host: HOST, port }, ours.device, NEVER);
  (await accepted).send([Buffer.from('served')]);
  assert.equal((await Received.of(stream).bytes(6)).toString(), 'served');
  stream.destroy('it was served');
}

describe('floods', () => {
  const onlyLinux = process.platform === 'linux' ? false : 'other systems have one loopback address';

  test(
    'C24 case J09: 1,000 half-open connections hold no more than their room, and peers are served',
    { skip: onlyLinux },
    async () => {
      await using server = await listening();
      const { port } = server.listener;
      const sockets: Socket[] = [];
      for (let index = 0; index < HALF_OPEN; index++) {
        // From so many addresses that the bound per address stops nobody.
        const localAddress = `127.0.1.${1 + (index % 250)}`;
        const socket = connectTcp({ host: HOST, port, localAddress }).on('error', () => {});
        await once(socket, 'connect');
        if (index % 2 === 0) socket.write(Buffer.from('1603010200', 'hex')); // the first bytes of a hello
        sockets.push(socket.resume());
        if (index % HALF_OPEN_PER_DIAL === 0) await servePeer(port, server);
      }
      const left = (): number => sockets.filter((socket) => !socket.closed).length;
      await until('the flood is cut down to its room', () => left() <= NETWORK_LIMITS.handshakesMax || undefined);
      await servePeer(port, server);
      for (const socket of sockets) socket.destroy();
    },
  );

  test('C35 a crowd of strangers who pair, and stay, leaves room for peers', async () => {
    const inside: PairingStream[] = [];
    const pairing = { isOpen: () => true, onStream: (stream: PairingStream) => void inside.push(stream) };
    await using server = await listening({}, { pairing });
    const { port } = server.listener;
    const kept: TLSSocket[] = [];
    for (let count = 0; count < 4 * PAIRING_STREAMS_MAX; count++) {
      const socket = stranger(port, { ALPNProtocols: [PAIRING] });
      await once(socket, 'secureConnect');
      if (kept.length < PAIRING_STREAMS_MAX) kept.push(socket);
      else await closed(socket);
    }
    assert.equal(inside.length, PAIRING_STREAMS_MAX);
    await servePeer(port, server);
    for (const socket of kept) socket.destroy();
  });
});
