/**
 * What every Network promises, real or in memory (rules C1–C16).
 * @module
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OtherDevice } from '../../src/core/discovery/try-result.ts';
import { LanfoldError } from '../../src/core/errors.ts';
import type { Address, Listener, Network, Stream } from '../../src/ports/network.ts';
import { Received } from './received.ts';

export interface NetworkWorld {
  /** Where a listener can be reached by the others. */
  readonly host: string;
  /** A new device of this world, with its own way to the others. */
  join(): Promise<{ readonly network: Network; readonly device: Uint8Array }>;
  /** Lets the world go on until the promise is settled. */
  until<T>(promise: Promise<T>): Promise<T>;
}

export const NEVER: AbortSignal = new AbortController().signal;
const SLOW_BYTES = 4 * 1024 * 1024;
const PART = new Uint8Array(64 * 1024).fill(7);

export function networkContract(name: string, openWorld: () => Promise<NetworkWorld>): void {
  describe(`network: ${name}`, () => {
    test('C1 both ends of a stream have proven who they are', async () => {
      await using pair = await connected(await openWorld());
      assert.deepEqual(Buffer.from(pair.dialled.device), Buffer.from(pair.listening.device));
      assert.deepEqual(Buffer.from(pair.accepted.device), Buffer.from(pair.dialling.device));
      assert.equal(pair.dialled.dialled, true);
      assert.equal(pair.accepted.dialled, false);
      assert.deepEqual(pair.dialled.remote, { host: pair.world.host, port: pair.listener.port });
      assert.equal(pair.accepted.remote.host, pair.world.host);
    });

    test('C2 bytes arrive whole and in order, both ways at once', async () => {
      await using pair = await connected(await openWorld());
      const texts = Array.from({ length: 200 }, (_, index) => `${index},`.repeat(1 + (index % 50)));
      const received = [Received.of(pair.accepted), Received.of(pair.dialled)] as const;
      for (const text of texts) {
        pair.dialled.send([Buffer.from(text), Buffer.from('|')]);
        pair.accepted.send([Buffer.from(text.toUpperCase()), new Uint8Array(0), Buffer.from('|')]);
      }
      const whole = texts.map((text) => `${text}|`).join('');
      for (const side of received) assert.equal((await pair.world.until(side.bytes(whole.length))).toString(), whole);
    });

    test('C3 who is not accepted gets a closed connection and not one byte', async () => {
      const world = await openWorld();
      const [host, stranger] = [await world.join(), await world.join()];
      const turnedAway = Promise.withResolvers<{ device: Uint8Array; from: Address }>();
      await using listener = closing(
        await host.network.listen({
          host: world.host,
          ports: [0],
          accepts: () => false,
          onStream: () => assert.fail('a stranger got a stream'),
          onStranger: (device, from) => turnedAway.resolve({ device, from }),
        }),
      );
      const address = { host: world.host, port: listener.port };
      // The dialling side may believe for a moment that it is connected: it has proven the listener, not the other way round.
      const stream = await world.until(stranger.network.dial(address, host.device, NEVER).catch(() => undefined));
      if (stream !== undefined) {
        const received = Received.of(stream);
        stream.send([Buffer.from('hello')]);
        await world.until(received.closed);
        assert.equal(received.length, 0);
      }
      const { device, from } = await world.until(turnedAway.promise);
      assert.deepEqual(Buffer.from(device), Buffer.from(stranger.device));
      assert.equal(from.host, world.host);
    });

    test('C4 case J01 J05 J08: a dial that finds another device fails, and says whom it found', async () => {
      const world = await openWorld();
      const [host, dialling, expected] = [await world.join(), await world.join(), await world.join()];
      await using listener = closing(await listen(world, host.network, () => {}));
      const dial = dialling.network.dial({ host: world.host, port: listener.port }, expected.device, NEVER);
      const error = await world.until(failure(dial));
      assert.ok(error instanceof LanfoldError);
      assert.equal(error.code, 'E_PEER_WRONG_DEVICE');
      assert.ok(error.cause instanceof OtherDevice);
      assert.deepEqual(Buffer.from(error.cause.device), Buffer.from(host.device));
    });

    test('C5 a dial to where nobody listens fails', async () => {
      const world = await openWorld();
      const [host, dialling] = [await world.join(), await world.join()];
      const listener = await listen(world, host.network, () => {});
      await listener.close();
      const dial = dialling.network.dial({ host: world.host, port: listener.port }, host.device, NEVER);
      const error = await world.until(failure(dial));
      assert.ok(error instanceof LanfoldError);
      assert.equal(error.code, 'E_PEER_UNREACHABLE');
    });

    test('C6 an aborted dial fails with the reason of its signal', async () => {
      const world = await openWorld();
      const [host, dialling] = [await world.join(), await world.join()];
      await using listener = closing(await listen(world, host.network, (stream) => stream.destroy('test')));
      const address = { host: world.host, port: listener.port };
      const before = AbortSignal.abort(new Error('before'));
      assert.match(String(await world.until(failure(dialling.network.dial(address, host.device, before)))), /before/);
      const during = new AbortController();
      const dial = failure(dialling.network.dial(address, host.device, during.signal));
      during.abort(new Error('during'));
      assert.match(String(await world.until(dial)), /during/);
    });

    test('C7 a slow far end is noticed, and noticed again when it goes on', async () => {
      await using pair = await connected(await openWorld());
      pair.accepted.pause();
      let sent = 0;
      do sent += PART.length;
      while (pair.dialled.send([PART]) && sent < 16 * SLOW_BYTES);
      assert.ok(sent > SLOW_BYTES && sent < 16 * SLOW_BYTES, `${sent} bytes`);
      let isDrained = false;
      const drained = pair.dialled.drained().then(() => (isDrained = true));
      await Promise.resolve();
      assert.equal(isDrained, false);
      const received = Received.of(pair.accepted);
      pair.accepted.resume();
      await pair.world.until(drained);
      await pair.world.until(received.bytes(sent));
      assert.equal(pair.dialled.send([PART]), true);
    });

    for (const side of ['accepted', 'dialled'] as const) {
      test(`C8 a paused stream delivers nothing until it is resumed (${side})`, async () => {
        await using pair = await connected(await openWorld());
        const [here, there] = side === 'accepted' ? [pair.accepted, pair.dialled] : [pair.dialled, pair.accepted];
        const received = Received.of(here, (length) => {
          if (length === 1) here.pause();
        });
        const back = Received.of(there);
        there.send([Buffer.from('1')]);
        await pair.world.until(received.bytes(1));
        there.send([PART]);
        here.send([Buffer.from('round trip')]);
        await pair.world.until(back.bytes(10));
        assert.equal(received.length, 1);
        here.resume();
        await pair.world.until(received.bytes(1 + PART.length));
      });
    }

    for (const side of ['accepted', 'dialled'] as const) {
      test(`C9 end sends what is buffered, then closes both ends, each told once (${side})`, async () => {
        await using pair = await connected(await openWorld());
        const [here, there] = side === 'accepted' ? [pair.accepted, pair.dialled] : [pair.dialled, pair.accepted];
        const [received, own] = [Received.of(there), Received.of(here)];
        for (let count = 0; count < 32; count++) here.send([PART]);
        here.end();
        here.end();
        await pair.world.until(Promise.all([received.closed, own.closed]));
        assert.equal(received.length, 32 * PART.length);
        assert.equal(received.closedCount + own.closedCount, 2);
      });
    }

    test('C10 destroy closes at once, with its reason on this side', async () => {
      await using pair = await connected(await openWorld());
      const [received, own] = [Received.of(pair.accepted), Received.of(pair.dialled)];
      pair.accepted.send([PART]);
      pair.dialled.destroy('because of a test');
      pair.dialled.destroy('again');
      assert.equal(await pair.world.until(own.closed), 'because of a test');
      await pair.world.until(received.closed);
      assert.equal(own.length, 0);
      assert.equal(received.closedCount + own.closedCount, 2);
    });

    test('C11 a closed stream takes every call and does nothing', async () => {
      await using pair = await connected(await openWorld());
      const own = Received.of(pair.dialled);
      pair.dialled.destroy('test');
      await pair.world.until(own.closed);
      assert.equal(pair.dialled.send([PART]), false);
      await pair.world.until(pair.dialled.drained());
      pair.dialled.pause();
      pair.dialled.resume();
      pair.dialled.end();
      pair.dialled.destroy('again');
      assert.equal(own.closedCount, 1);
    });

    test('C12 who waits for a slow far end is let go when the stream is closed', async () => {
      await using pair = await connected(await openWorld());
      pair.accepted.pause();
      while (pair.dialled.send([PART]));
      const drained = pair.dialled.drained();
      pair.dialled.destroy('test');
      await pair.world.until(drained);
    });

    test('C13 a stream that was closed before it was received says so', async () => {
      await using pair = await connected(await openWorld());
      const other = Received.of(pair.accepted);
      pair.dialled.destroy('early');
      await pair.world.until(other.closed);
      assert.equal(await pair.world.until(Received.of(pair.dialled).closed), 'early');
    });

    test('C14 ports are tried in order; when all are taken the error names them', async () => {
      const world = await openWorld();
      const { network } = await world.join();
      await using first = closing(await listen(world, network, () => {}));
      await using second = closing(await listen(world, network, () => {}, [first.port, 0]));
      assert.notEqual(second.port, first.port);
      const error = await world.until(failure(listen(world, network, () => {}, [first.port, second.port])));
      assert.ok(error instanceof LanfoldError);
      assert.equal(error.code, 'E_PORT_IN_USE');
      assert.ok(error.message.includes(`${first.port}, ${second.port}`), error.message);
    });

    test('C15 a closed listener frees its port, and its streams live on', async () => {
      await using pair = await connected(await openWorld());
      await pair.listener.close();
      await using again = closing(await listen(pair.world, pair.listening.network, () => {}, [pair.listener.port]));
      assert.equal(again.port, pair.listener.port);
      const received = Received.of(pair.accepted);
      pair.dialled.send([Buffer.from('still here')]);
      await pair.world.until(received.bytes(10));
    });

    test('C16 a device does not talk to itself', async () => {
      const world = await openWorld();
      const { network, device } = await world.join();
      await using listener = closing(await listen(world, network, () => assert.fail('it talks to itself')));
      const dial = network.dial({ host: world.host, port: listener.port }, device, NEVER);
      assert.ok((await world.until(failure(dial))) instanceof LanfoldError);
    });
  });
}

interface Pair extends AsyncDisposable {
  readonly world: NetworkWorld;
  readonly listening: { readonly network: Network; readonly device: Uint8Array };
  readonly dialling: { readonly network: Network; readonly device: Uint8Array };
  readonly listener: Listener;
  readonly accepted: Stream;
  readonly dialled: Stream;
}

async function connected(world: NetworkWorld): Promise<Pair> {
  const [listening, dialling] = [await world.join(), await world.join()];
  const acceptedLater = Promise.withResolvers<Stream>();
  const listener = await listen(world, listening.network, acceptedLater.resolve);
  const dial = dialling.network.dial({ host: world.host, port: listener.port }, listening.device, NEVER);
  const dialled = await world.until(dial);
  const accepted = await world.until(acceptedLater.promise);
  return {
    world,
    listening,
    dialling,
    listener,
    accepted,
    dialled,
    async [Symbol.asyncDispose]() {
      accepted.destroy('the test is over');
      dialled.destroy('the test is over');
      await listener.close();
    },
  };
}

function listen(
  world: NetworkWorld,
  network: Network,
  onStream: (stream: Stream) => void,
  ports: readonly number[] = [0],
): Promise<Listener> {
  return world.until(network.listen({ host: world.host, ports, accepts: () => true, onStream }));
}

export function closing(listener: Listener): Listener & AsyncDisposable {
  return { ...listener, [Symbol.asyncDispose]: () => listener.close() };
}

/** The error with which a promise ends. */
export function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error,
  );
}
