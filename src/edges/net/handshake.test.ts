/** Who is refused before one byte of the protocol is read. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, test } from 'node:test';
import { createServer as createTlsServer, type ConnectionOptions } from 'node:tls';
import {
  closed,
  HOST,
  listening,
  listenOn,
  ours,
  stranger,
  strangeServer,
  theirs,
  third,
} from '../../../test/harness/tls.ts';
import { LanfoldError } from '../../core/errors.ts';
import { BEP, PAIRING, PAIRING_REVERSED } from '../../core/session/protocol-names.ts';
import type { PairingStream } from '../../ports/network.ts';
import { TlsNetwork } from './tls-network.ts';

const NEVER = new AbortController().signal;

describe('what a listener refuses', () => {
  const refused: [rule: string, options: ConnectionOptions][] = [
    ['C22 case J06: a far end without a certificate', { key: undefined, cert: undefined }],
    ['C22 a far end with two certificates', { cert: theirs.certificatePem + third.certificatePem }],
    ['C22 a far end with the same certificate twice', { cert: theirs.certificatePem + theirs.certificatePem }],
    ['C22 a far end with our own identity', { key: ours.keyPem, cert: ours.certificatePem }],
    ['C22 case J06: a far end that wants another protocol', { ALPNProtocols: ['h2'] }],
    ['C22 case J06: a far end that cannot TLS 1.3', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
  ];
  for (const [rule, options] of refused) {
    test(rule, async () => {
      await using server = await listening();
      const socket = stranger(server.listener.port, options);
      let bytes = 0;
      socket.on('data', (chunk) => (bytes += chunk.length));
      await closed(socket);
      assert.equal(bytes, 0);
      assert.equal(server.streams.length, 0);
    });
  }

  test('C22 bytes that are no TLS', async () => {
    await using server = await listening();
    const socket = connectTcp(server.listener.port, HOST).on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await closed(socket);
    assert.equal(server.streams.length, 0);
  });

  test('C22 a far end that names no protocol is let in, as Syncthing does', async () => {
    await using server = await listening();
    const accepted = server.next();
    const socket = stranger(server.listener.port, { ALPNProtocols: [] });
    assert.deepEqual(Buffer.from((await accepted).device), Buffer.from(theirs.device));
    socket.destroy();
  });
});

describe('what a listener refuses that lets strangers in to pair', () => {
  const refused: [rule: string, options: ConnectionOptions][] = [
    ['C29 a stranger without a certificate', { key: undefined, cert: undefined }],
    ['C29 a stranger with two certificates', { cert: theirs.certificatePem + third.certificatePem }],
    ['C29 our own identity', { key: ours.keyPem, cert: ours.certificatePem }],
    ['C29 pairing the other way round, which only meetings know', { ALPNProtocols: [PAIRING_REVERSED] }],
    ['C29 a stranger that cannot TLS 1.3', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
  ];
  const nobody = (): void => assert.fail('somebody got a stream');

  for (const [rule, options] of refused) {
    test(rule, async () => {
      await using server = await listening({}, { pairing: { isOpen: () => true, onStream: nobody }, onStream: nobody });
      const socket = stranger(server.listener.port, { ALPNProtocols: [PAIRING], ...options });
      let bytes = 0;
      socket.on('data', (chunk) => (bytes += chunk.length));
      await closed(socket);
      assert.equal(bytes, 0);
    });
  }

  test('C29 while it is closed, pairing is a protocol that nobody speaks', async () => {
    await using server = await listening({}, { pairing: { isOpen: () => false, onStream: nobody }, onStream: nobody });
    const [error] = (await once(stranger(server.listener.port, { ALPNProtocols: [PAIRING] }), 'error')) as [Error];
    assert.match(error.message, /no application protocol/);
  });

  test('C29 closed between the first packet and the last, nobody gets in', async () => {
    let asked = 0;
    const pairing = { isOpen: () => ++asked === 1, onStream: nobody };
    await using server = await listening({}, { pairing });
    await closed(stranger(server.listener.port, { ALPNProtocols: [PAIRING] }));
    assert.equal(asked, 2);
  });

  test('C34 who offers both comes to pair; who names nothing comes as a peer', async () => {
    const paired = Promise.withResolvers<PairingStream>();
    await using server = await listening({}, { pairing: { isOpen: () => true, onStream: paired.resolve } });
    const peer = server.next();
    const [both, nothing] = [[BEP, PAIRING], []].map((protocols) =>
      stranger(server.listener.port, { ALPNProtocols: protocols }),
    );
    assert.equal((await paired.promise).binding.length, 32);
    assert.ok(!('binding' in (await peer)));
    assert.equal(both?.alpnProtocol, PAIRING);
    assert.equal(nothing?.alpnProtocol, false);
    (await paired.promise).destroy('the test is over');
  });
});

describe('what a dialler refuses', () => {
  const asTheirs = { key: theirs.keyPem, cert: theirs.certificatePem, ALPNProtocols: ['bep/1.0'] };
  const refused: [rule: string, code: string, options: object][] = [
    [
      'C22 two certificates',
      'E_PEER_WRONG_DEVICE',
      { ...asTheirs, cert: theirs.certificatePem + third.certificatePem },
    ],
    ['C22 another protocol', 'E_PEER_UNREACHABLE', { ...asTheirs, ALPNProtocols: ['h2'] }],
    ['C22 TLS 1.2', 'E_PEER_UNREACHABLE', { ...asTheirs, maxVersion: 'TLSv1.2' }],
  ];
  for (const [rule, code, options] of refused) {
    test(`${rule} (dialled)`, async (context) => {
      const port = await strangeServer(context, options);
      const dial = new TlsNetwork(ours).dial({ host: HOST, port }, theirs.device, NEVER);
      await assert.rejects(dial, (error) => error instanceof LanfoldError && error.code === code);
    });
  }

  const knocks: [rule: string, outcome: string, options: object][] = [
    ['C29 who answers without a protocol', 'present', { ...asTheirs, ALPNProtocols: undefined }],
    ['C29 who speaks BEP alone', 'present', asTheirs],
    ['C29 who waits', 'waiting', { ...asTheirs, ALPNProtocols: [PAIRING] }],
    ['C29 who speaks neither', 'E_PEER_UNREACHABLE', { ...asTheirs, ALPNProtocols: ['h2'] }],
    [
      'C29 who waits with two certificates',
      'E_PEER_WRONG_DEVICE',
      { ...asTheirs, cert: theirs.certificatePem + third.certificatePem, ALPNProtocols: [PAIRING] },
    ],
    ['C29 who cannot TLS 1.3', 'E_PEER_UNREACHABLE', { ...asTheirs, maxVersion: 'TLSv1.2' }],
  ];
  for (const [rule, outcome, options] of knocks) {
    test(`${rule} (knocked: ${outcome})`, async (context) => {
      const port = await strangeServer(context, options);
      const knocked = await new TlsNetwork(ours)
        .knock({ host: HOST, port }, NEVER)
        .catch((error: unknown) => error as LanfoldError);
      assert.equal('is' in knocked ? knocked.is : knocked.code, outcome);
      if ('is' in knocked && knocked.is === 'waiting') knocked.stream.destroy('the test is over');
    });
  }

  test('C22 a listener that names no protocol is taken, as Syncthing does', async (context) => {
    const port = await strangeServer(context, { ...asTheirs, ALPNProtocols: undefined });
    const stream = await new TlsNetwork(ours).dial({ host: HOST, port }, theirs.device, NEVER);
    stream.destroy('the test is over');
  });
});

describe('sessions', () => {
  /** Connects twice, the second time with the session of the first. @returns whether it was resumed */
  async function isResumed(port: number): Promise<boolean> {
    const first = stranger(port);
    const sessions: Buffer[] = [];
    first.on('session', (session) => sessions.push(session));
    // Tickets come on their own, after the handshake: two round trips later they are here.
    for (let trip = 0; trip < 2; trip++) {
      first.write('?');
      await once(first, 'data');
    }
    first.destroy();
    const session = sessions.at(-1);
    const second = stranger(port, session === undefined ? {} : { session });
    await once(second, 'secureConnect');
    const resumed = second.isSessionReused();
    second.destroy();
    return resumed;
  }

  test('C23 case J07: nothing that we give away lets anybody resume a session', async (context) => {
    await using server = await listening(
      {},
      {
        onStream: (stream) => {
          stream.receive({ data: () => void stream.send([Buffer.from('!')]), closed: () => {} });
        },
      },
    );
    assert.equal(await isResumed(server.listener.port), false);
    const careless = createTlsServer({ key: ours.keyPem, cert: ours.certificatePem }, (socket) => {
      socket.on('error', () => {}).on('data', () => socket.write('!'));
    });
    context.after(() => void careless.close());
    assert.equal(await isResumed(await listenOn(careless)), true, 'the check itself works');
  });
});

describe('ciphers', () => {
  const cases: [rule: string, ciphers: string, expected: string][] = [
    [
      'C25 AES-128 is taken, whatever comes first',
      'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256',
      'TLS_AES_128_GCM_SHA256',
    ],
    [
      'C25 ChaCha20 is taken for a far end that puts it first',
      'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
      'TLS_CHACHA20_POLY1305_SHA256',
    ],
  ];
  for (const [rule, ciphers, expected] of cases) {
    test(rule, async () => {
      await using server = await listening();
      const socket = stranger(server.listener.port, { ciphers });
      await once(socket, 'secureConnect');
      assert.equal(socket.getCipher().name, expected);
      socket.destroy();
    });
  }
});
