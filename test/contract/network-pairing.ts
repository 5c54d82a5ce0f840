/**
 * What every Network promises about pairing and meeting, real or in memory (rules C29, C34–C37). Real meetings, which need
 * two firewalls, are in test/nodes/meeting.test.ts.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OtherDevice } from '../../src/core/discovery/try-result.ts';
import { LanfoldError } from '../../src/core/errors.ts';
import { PAIRING_STREAMS_MAX } from '../../src/core/limits.ts';
import type { Address, Knocked, Network, PairingStream, Stream } from '../../src/ports/network.ts';
import { closing, failure, NEVER, type NetworkWorld } from './network.ts';
import { Received } from './received.ts';

export function pairingContract(name: string, openWorld: () => Promise<NetworkWorld>): void {
  describe(`pairing over the network: ${name}`, () => {
    test('C29 who waits is found by whoever knocks, and both have the same binding, which no other connection has', async () => {
      await using host = await waiting(await openWorld());
      const { world, network, device } = await host.stranger();
      const first = await waitingStream(world, network.knock(host.address, NEVER));
      const second = await waitingStream(world, network.knock(host.address, NEVER));
      const [atHost, atHostToo] = [await host.stream(0), await host.stream(1)];
      assert.deepEqual(Buffer.from(first.device), Buffer.from(host.device));
      assert.deepEqual(Buffer.from(atHost.device), Buffer.from(device));
      assert.deepEqual([first.dialled, atHost.dialled], [true, false]);
      assert.equal(first.binding.length, 32);
      assert.deepEqual(Buffer.from(first.binding), Buffer.from(atHost.binding));
      assert.deepEqual(Buffer.from(second.binding), Buffer.from(atHostToo.binding));
      assert.notDeepEqual(Buffer.from(first.binding), Buffer.from(second.binding));

      const received = [Received.of(atHost), Received.of(first)] as const;
      first.send([Buffer.from('from the stranger')]);
      atHost.send([Buffer.from('from the host')]);
      assert.equal((await world.until(received[0].bytes(17))).toString(), 'from the stranger');
      assert.equal((await world.until(received[1].bytes(13))).toString(), 'from the host');
    });

    test('C29 who does not wait is present, and keeps no connection', async () => {
      await using host = await waiting(await openWorld(), { open: false });
      const { world, network } = await host.stranger();
      for (const open of [false, true, false]) {
        host.open = open;
        const knocked = await world.until(network.knock(host.address, NEVER));
        assert.equal(knocked.is, open ? 'waiting' : 'present');
        if (knocked.is === 'present') assert.deepEqual(Buffer.from(knocked.device), Buffer.from(host.device));
        else (await host.stream(0)).destroy('the test goes on');
      }
      for (const stream of host.ordinary) await world.until(Received.of(stream).closed);
      assert.equal(host.pairing.length, 1);
    });

    test('C29 where nobody listens, nobody is found; an aborted knock fails with the reason of its signal', async () => {
      await using host = await waiting(await openWorld());
      const { world, network } = await host.stranger();
      const aborted = network.knock(host.address, AbortSignal.abort(new Error('before')));
      assert.match(String(await world.until(failure(aborted))), /before/);
      const during = new AbortController();
      const knock = failure(network.knock(host.address, during.signal));
      during.abort(new Error('during'));
      assert.match(String(await world.until(knock)), /during/);
      await host.close();
      assertCode(await world.until(failure(network.knock(host.address, NEVER))), 'E_PEER_UNREACHABLE');
    });

    test('C29 a device does not pair with itself', async () => {
      await using host = await waiting(await openWorld());
      const error = await host.world.until(failure(host.network.knock(host.address, NEVER)));
      assertCode(error, 'E_PEER_WRONG_DEVICE');
      assert.ok((error as LanfoldError).cause instanceof OtherDevice);
    });

    test('C34 an ordinary stream is none to pair over, and one to pair over is no ordinary stream', async () => {
      const trusted: Uint8Array[] = [];
      await using host = await waiting(await openWorld(), {
        accepts: (device) => trusted.some((id) => same(id, device)),
      });
      const { world, network, device } = await host.stranger();
      await waitingStream(world, network.knock(host.address, NEVER)); // asks nobody's trust
      trusted.push(device);
      const dialled = await world.until(network.dial(host.address, host.device, NEVER));
      const received = Received.of(dialled);
      await host.stream(0);
      const [ordinary] = await world.until(host.untilOrdinary(1));
      ordinary?.send([Buffer.from('in trust')]);
      await world.until(received.bytes(8));
      assert.equal('binding' in dialled, false);
      assert.equal(host.pairing.length, 1);
    });

    test(`C35 ${PAIRING_STREAMS_MAX} may be pairing at once; one more is closed; when one has gone there is room`, async () => {
      await using host = await waiting(await openWorld());
      const { world, network } = await host.stranger();
      const knock = (): Promise<PairingStream> => waitingStream(world, network.knock(host.address, NEVER));
      const inside: PairingStream[] = [];
      for (let count = 0; count < PAIRING_STREAMS_MAX; count++) inside.push(await knock());
      const gone = await host.stream(PAIRING_STREAMS_MAX - 1);
      await world.until(Received.of(await knock()).closed);
      assert.equal(host.pairing.length, PAIRING_STREAMS_MAX);
      const left = Received.of(gone).closed;
      inside.at(-1)?.destroy('the test makes room');
      await world.until(left);
      const late = await knock();
      late.send([Buffer.from('!')]);
      await world.until(Received.of(await host.stream(PAIRING_STREAMS_MAX)).bytes(1));
    });

    test('C36 a meeting where nobody is fails; an aborted one with the reason of its signal', async () => {
      await using host = await waiting(await openWorld());
      const { world, network } = await host.stranger();
      await host.close();
      // A port that nobody has just now, as the far end's was a moment ago.
      const from = { host: world.host, port: host.address.port === 65_535 ? 65_534 : host.address.port + 1 };
      assertCode(
        await world.until(failure(network.meet(host.address, from, host.device, NEVER))),
        'E_PEER_UNREACHABLE',
      );
      assertCode(await world.until(failure(network.meet(host.address, from, 'waiting', NEVER))), 'E_PEER_UNREACHABLE');
      const aborted = network.meet(host.address, from, 'joining', AbortSignal.abort(new Error('before')));
      assert.match(String(await world.until(failure(aborted))), /before/);
      const during = new AbortController();
      const meeting = failure(network.meet(host.address, from, 'joining', during.signal));
      during.abort(new Error('during'));
      assert.match(String(await world.until(meeting)), /during/);
    });
  });
}

interface WaitingHost extends AsyncDisposable {
  readonly world: NetworkWorld;
  readonly network: Network;
  readonly device: Uint8Array;
  readonly address: Address;
  /** Whether its pairing is open. */
  open: boolean;
  readonly pairing: readonly PairingStream[];
  readonly ordinary: readonly Stream[];
  /** Somebody new. */
  stranger(): Promise<{ world: NetworkWorld; network: Network; device: Uint8Array }>;
  /** The stream to pair over that came in as number `index`. */
  stream(index: number): Promise<PairingStream>;
  untilOrdinary(count: number): Promise<readonly Stream[]>;
  close(): Promise<void>;
}

async function waiting(
  world: NetworkWorld,
  { open = true, accepts = () => true }: { open?: boolean; accepts?: (device: Uint8Array) => boolean } = {},
): Promise<WaitingHost> {
  const { network, device } = await world.join();
  const [pairing, ordinary] = [new Arrivals<PairingStream>(), new Arrivals<Stream>()];
  const listener = await world.until(
    network.listen({
      host: world.host,
      ports: [0],
      accepts,
      onStream: (stream) => ordinary.add(stream),
      pairing: { isOpen: () => host.open, onStream: (stream) => pairing.add(stream) },
    }),
  );
  const host: WaitingHost = {
    ...closing(listener),
    world,
    network,
    device,
    address: { host: world.host, port: listener.port },
    open,
    pairing: pairing.all,
    ordinary: ordinary.all,
    stranger: async () => ({ world, ...(await world.join()) }),
    stream: async (index) => (await world.until(pairing.until(index + 1)))[index] ?? assert.fail(),
    untilOrdinary: (count) => ordinary.until(count),
    async [Symbol.asyncDispose]() {
      for (const stream of [...pairing.all, ...ordinary.all]) stream.destroy('the test is over');
      await listener.close();
    },
  };
  return host;
}

class Arrivals<Item> {
  readonly all: Item[] = [];
  #wake = Promise.withResolvers<void>();

  add(item: Item): void {
    this.all.push(item);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  /** All, when there are `count`. */
  async until(count: number): Promise<readonly Item[]> {
    while (this.all.length < count) await this.#wake.promise;
    return this.all;
  }
}

async function waitingStream(world: NetworkWorld, knock: Promise<Knocked>): Promise<PairingStream> {
  const knocked = await world.until(knock);
  assert.ok(knocked.is === 'waiting');
  return knocked.stream;
}

function assertCode(error: unknown, code: string): void {
  assert.ok(error instanceof LanfoldError, String(error));
  assert.equal(error.code, code);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
