/**
 * What ends an attempt to meet, and what it checks of whoever is there. On loopback two ends never meet in the middle (a SYN
 * arrives before the other is sent), so the far end listens here; meetings are in test/nodes/meeting.test.ts.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { freePort } from '../../../test/harness/ports.ts';
import { until } from '../../../test/harness/process.ts';
import { HOST, listening, ours, theirs, third } from '../../../test/harness/tls.ts';
import { LanfoldError } from '../../core/errors.ts';
import { PAIRING, PAIRING_REVERSED } from '../../core/session/protocol-names.ts';
import type { Expected, Met, PairingStream } from '../../ports/network.ts';
import { TlsNetwork, type NetworkLimits } from './tls-network.ts';

const NEVER = new AbortController().signal;
/** Which of them depends on what was under way. */
const HUNG_UP = /closed|disconnected|ECONNRESET|EPIPE/;

describe('an attempt to meet ends', () => {
  type Prepare = (context: TestContext, low: number, high: number) => Promise<{ far: number; from: number }>;
  const rows: [why: string, cause: RegExp, prepare: Prepare][] = [
    ['nobody is there', /ECONNREFUSED/, (_context, low, high) => Promise.resolve({ far: low, from: high })],
    ['it meets itself', /itself/, (_context, low) => Promise.resolve({ far: low, from: low })],
    [
      'somebody listens on the port to meet from',
      /EADDRINUSE/,
      async (context, low, high) => {
        await serve(context, low, () => {});
        return { far: high, from: low };
      },
    ],
    ...(['client', 'server'] as const).flatMap((role): [why: string, cause: RegExp, prepare: Prepare][] => {
      const served =
        (act: (socket: Socket) => void): Prepare =>
        async (context, low, high) => {
          const [far, from] = role === 'client' ? [low, high] : [high, low];
          await serve(context, far, act);
          return { far, from };
        };
      return [
        [`the far end says nothing to the ${role}`, /No answer within 50 ms/, served(() => {})],
        [`the far end hangs up on the ${role}`, HUNG_UP, served((socket) => void socket.destroy())],
        [`the far end resets the ${role}`, HUNG_UP, served((socket) => void socket.resetAndDestroy())],
        [`the far end talks no TLS to the ${role}`, /SSL/, served((socket) => void socket.write('GET / HTTP/1.1\r\n'))],
      ];
    }),
  ];
  for (const [why, cause, prepare] of rows) {
    test(`C36 when ${why}`, async (context) => {
      const { far, from } = await prepare(context, ...(await twoPorts()));
      const before = openSockets();
      const error = await meet({ far, from, expects: theirs.device, limits: { meetingMs: 50 } }).catch(
        (error: unknown) => error,
      );
      assert.ok(error instanceof LanfoldError, String(error));
      assert.equal(error.code, 'E_PEER_UNREACHABLE');
      assert.match(String(error.cause), cause);
      await untilSocketsAre(before);
    });
  }

  for (const role of ['client', 'server'] as const) {
    test(`C36 when it is aborted while it shakes hands as ${role}`, async (context) => {
      const [low, high] = await twoPorts();
      const [far, from] = role === 'client' ? [low, high] : [high, low];
      const server = await serve(context, far, () => {});
      const before = openSockets();
      const abort = new AbortController();
      const meeting = assert.rejects(meet({ far, from, expects: theirs.device, signal: abort.signal }), /enough/);
      await once(server, 'connection');
      await new Promise(setImmediate); // the near end has heard of it, too
      abort.abort(new Error('enough'));
      await meeting;
      await untilSocketsAre(before);
    });
  }
});

describe('at a meeting, the TLS client', () => {
  test('C37 finds who waits, who is present, and the device that it expects', async () => {
    const [far] = await twoPorts();
    let open = true;
    const pairing = { isOpen: () => open, onStream: (stream: PairingStream) => stream.destroy('test') };
    await using server = await listening({}, { ports: [far], pairing });
    // From other ports, since an end that is still closing cannot meet anew; the highest are nobody's.
    let from = 65_535;
    const met = (expects: Expected): Promise<Met> => meet({ far, from: --from, expects, as: theirs });
    const waiting = await met('waiting');
    assert.ok(waiting.is === 'waiting' && waiting.stream.dialled && waiting.stream.binding.length === 32);
    waiting.stream.destroy('the test goes on');
    open = false;
    assert.deepEqual(await met('waiting'), { is: 'present', device: Buffer.from(ours.device) });
    const accepted = server.next();
    const connected = await met(ours.device);
    assert.ok(connected.is === 'connected' && connected.stream.dialled);
    assert.deepEqual((await accepted).remote, { host: HOST, port: from });
    connected.stream.destroy('the test goes on');
    await assert.rejects(met(third.device), { code: 'E_PEER_WRONG_DEVICE' });
    await assert.rejects(met('joining'), { code: 'E_PEER_UNREACHABLE' });
  });
});

describe('at a meeting, the TLS server', () => {
  const [certificate, bep] = [{ key: theirs.keyPem, cert: theirs.certificatePem }, { ALPNProtocols: ['bep/1.0'] }];
  const asTheirs = { ...certificate, ...bep };
  const rows: [what: string, expects: Expected, client: ConnectionOptions, outcome: string][] = [
    ['takes the expected device', theirs.device, asTheirs, 'connected'],
    ['takes a device that names no protocol, as Syncthing does', theirs.device, certificate, 'connected'],
    ['takes who wants to join', 'joining', { ...certificate, ALPNProtocols: [PAIRING, 'bep/1.0'] }, 'joining'],
    ['takes who waits', 'waiting', { ...certificate, ALPNProtocols: [PAIRING_REVERSED] }, 'waiting'],
    ['tells of a device that does not wait', 'waiting', asTheirs, 'present'],
    ['tells of who wants to join, too', 'waiting', { ...certificate, ALPNProtocols: [PAIRING, 'bep/1.0'] }, 'present'],
    ['refuses another device', third.device, asTheirs, 'E_PEER_WRONG_DEVICE'],
    ['refuses itself', ours.device, { key: ours.keyPem, cert: ours.certificatePem, ...bep }, 'E_PEER_WRONG_DEVICE'],
    [
      'refuses two certificates',
      theirs.device,
      { ...asTheirs, cert: theirs.certificatePem + third.certificatePem },
      'E_PEER_WRONG_DEVICE',
    ],
    ['refuses who has no certificate', 'joining', { ALPNProtocols: [PAIRING] }, 'E_PEER_WRONG_DEVICE'],
    ['refuses who names no protocol when its code is open', 'joining', certificate, 'E_PEER_WRONG_DEVICE'],
    ['refuses a device when its code is open', 'joining', asTheirs, 'E_PEER_UNREACHABLE'],
    ['refuses pairing', theirs.device, { ...certificate, ALPNProtocols: [PAIRING] }, 'E_PEER_UNREACHABLE'],
    ['refuses TLS 1.2', theirs.device, { ...asTheirs, maxVersion: 'TLSv1.2' }, 'E_PEER_UNREACHABLE'],
  ];
  for (const [what, expects, client, outcome] of rows) {
    test(`C37 ${what}`, async (context) => {
      const [from, far] = await twoPorts();
      await serve(context, far, (raw) => {
        const socket = connectTls({ socket: raw, rejectUnauthorized: false, minVersion: 'TLSv1.2', ...client });
        socket.on('error', () => {}).resume();
      });
      const before = openSockets();
      try {
        const met = await meet({ far, from, expects });
        assert.equal(met.is, outcome);
        if (met.is !== 'present') {
          assert.equal(met.stream.dialled, false);
          assert.deepEqual(Buffer.from(met.stream.device), Buffer.from(theirs.device));
          met.stream.destroy('the test is over');
        }
      } catch (error) {
        assert.ok(error instanceof LanfoldError, String(error));
        assert.equal(error.code, outcome);
      }
      await untilSocketsAre(before);
    });
  }
});

/** The lower one first: of two ends on one host, it is the TLS server's. */
async function twoPorts(): Promise<[low: number, high: number]> {
  const [one, other] = [await freePort(), await freePort()];
  if (one === other) return twoPorts();
  return one < other ? [one, other] : [other, one];
}

async function serve(context: TestContext, port: number, act: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    act(socket.resume());
  });
  context.after(() => void server.close());
  server.listen(port, HOST);
  await once(server, 'listening');
  return server;
}

interface Attempted {
  readonly far: number;
  readonly from: number;
  readonly expects: Expected;
  readonly as?: typeof ours;
  readonly limits?: Partial<NetworkLimits>;
  readonly signal?: AbortSignal;
}

function meet({ far, from, expects, as = ours, limits = {}, signal = NEVER }: Attempted): Promise<Met> {
  return new TlsNetwork(as, limits).meet({ host: HOST, port: far }, { host: HOST, port: from }, expects, signal);
}

/** Both ends' sockets: all are in this process. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

async function untilSocketsAre(count: number): Promise<void> {
  await until('no socket is left', () => openSockets() <= count || undefined, { timeoutMs: 5_000, everyMs: 5 });
}
