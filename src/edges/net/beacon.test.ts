import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { InterfaceAddress } from '../../core/discovery/prefix.ts';
import { UdpBeacons, type BeaconOptions } from './beacon.ts';

/** Loopback has a broadcast address on Linux: 127.255.255.255. */
const LOOPBACK: InterfaceAddress = { interfaceName: 'lo', address: '127.0.0.1', prefixLength: 8 };
const onLoopback = { skip: process.platform === 'linux' ? false : 'loopback has no broadcast here' };

/** A UDP port that nobody uses. */
async function freePort(): Promise<number> {
  const socket = await boundSocket(0);
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

async function boundSocket(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(port);
  await once(socket, 'listening');
  return socket;
}

async function options(more: Partial<BeaconOptions> = {}): Promise<BeaconOptions & { port: number }> {
  return { interfaces: { list: () => [LOOPBACK] }, ...more, port: await freePort() };
}

/** Sends datagrams to `port` in order, each on its way before the next. */
async function sendAll(port: number, packets: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const packet of packets) {
    await new Promise((resolve) => socket.send(packet, port, '127.0.0.1', resolve));
  }
  await new Promise<void>((resolve) => socket.close(resolve));
}

describe('the beacon', () => {
  test('F15 a packet comes to everyone who listens, also to several programs on one machine', onLoopback, async () => {
    const settings = await options();
    const heard = [Promise.withResolvers<string>(), Promise.withResolvers<string>()] as const;
    const beacons = [];
    for (const { resolve } of heard) {
      beacons.push(
        await new UdpBeacons(settings).open((packet, from) =>
          resolve(`${Buffer.from(packet).toString()} ${from.host}`),
        ),
      );
    }
    beacons[0]?.send(Buffer.from('hello'));
    for (const { promise } of heard) assert.equal(await promise, 'hello 127.0.0.1');
    for (const beacon of beacons) await beacon.close();
  });

  test(
    'F15 a port that another program keeps to itself costs hearing over IPv4 and nothing else',
    onLoopback,
    async () => {
      const settings = await options();
      const other = await boundSocket(settings.port); // without reuseAddr, as Syncthing does
      const message = once(other, 'message') as Promise<[Buffer]>;
      const beacon = await new UdpBeacons(settings).open(() => assert.fail('nothing can be heard'));
      beacon.send(Buffer.from('hello'));
      assert.equal((await message)[0].toString(), 'hello');
      await beacon.close();
      other.close();
    },
  );

  test('F15 case J04: packets are taken up to a rate and a size; the rest is dropped unread', async () => {
    const settings = await options({ packetsPerSecondMax: 3 });
    const heard: string[] = [];
    const third = Promise.withResolvers<undefined>();
    const beacon = await new UdpBeacons(settings).open((packet) => {
      if (heard.push(Buffer.from(packet).toString()) === 3) third.resolve(undefined);
    });
    await sendAll(settings.port, [Buffer.alloc(8193), ...['a', 'b', 'c', 'd', 'e'].map((text) => Buffer.from(text))]);
    await third.promise;
    // What was sent before is delivered before this: it comes back to a socket that is bound later.
    const echo = createSocket('udp4');
    echo.bind(0, '127.0.0.1');
    await once(echo, 'listening');
    const echoed = once(echo, 'message');
    await sendAll(echo.address().port, [Buffer.from('over')]);
    await echoed;
    echo.close();
    assert.deepEqual(heard, ['a', 'b', 'c']);
    await beacon.close();
  });

  test('F15 links that do not exist and calls after the end do no harm', async () => {
    const gone: InterfaceAddress[] = [
      { interfaceName: 'gone0', address: '203.0.113.1', prefixLength: 24 },
      { interfaceName: 'gone0', address: 'fe80::1', prefixLength: 64 },
    ];
    const beacon = await new UdpBeacons(await options({ interfaces: { list: () => gone } })).open(() => {});
    beacon.send(Buffer.from('hello'));
    await new Promise(setImmediate);
    await beacon.close();
    beacon.send(Buffer.from('hello'));
    await beacon.close();
  });

  test('F4 virtual links are left out, unless they are asked for', onLoopback, async () => {
    const virtual = { ...LOOPBACK, interfaceName: 'docker0' };
    const settings = await options({ interfaces: { list: () => [virtual] } });
    const heard: string[] = [];
    const last = Promise.withResolvers<undefined>();
    const hearing = await new UdpBeacons(settings).open((packet) => {
      heard.push(Buffer.from(packet).toString());
      last.resolve(undefined);
    });
    hearing.send(Buffer.from('not sent'));
    const asked = await new UdpBeacons({ ...settings, virtualToo: true }).open(() => {});
    asked.send(Buffer.from('sent'));
    await last.promise;
    assert.deepEqual(heard, ['sent']);
    await hearing.close();
    await asked.close();
  });
});
