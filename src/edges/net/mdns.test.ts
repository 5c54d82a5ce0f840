import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import type { InterfaceAddress } from '../../core/discovery/prefix.ts';
import type { Service, ServiceVoice } from '../../ports/discovery.ts';
import { MdnsServices } from './mdns.ts';

const LOOPBACK: InterfaceAddress = { interfaceName: 'lo', address: '127.0.0.1', prefixLength: 8 };
const GROUP = '224.0.0.251';
const ANNA: Service = { tag: 'ANNAAAA', port: 1111, isWaiting: false };
const BERT: Service = { tag: 'BERTAAA', port: 1114, isWaiting: true };
const onLoopback = { skip: process.platform === 'linux' ? false : 'loopback has no multicast here', timeout: 20_000 };

/** A UDP port that nobody uses: no packet of these tests is one of real multicast DNS. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** What a voice has heard, and whoever waits for more of it. */
class Ear {
  readonly heard: string[] = [];
  #wake = (): void => {};

  readonly hear = ({ tag, port, isWaiting }: Service, host: string): void => {
    this.heard.push(`${tag} ${host}:${port}${isWaiting ? ' waits' : ''}`);
    this.#wake();
  };

  async until(line: string): Promise<void> {
    while (!this.heard.includes(line)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

function open(port: number, own: Service, ear = new Ear(), links = [LOOPBACK]): Promise<ServiceVoice> {
  return new MdnsServices({ interfaces: { list: () => links }, port }).open(() => own, ear.hear);
}

async function member(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(port);
  await once(socket, 'listening');
  socket.addMembership(GROUP, '127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  return socket;
}

describe('multicast DNS', () => {
  test('F24 who tells is heard with its port and whether it waits; who is asked answers', onLoopback, async () => {
    const port = await freePort();
    const ear = new Ear();
    const anna = await open(port, ANNA, ear);
    const bert = await open(port, BERT);
    bert.tell();
    await ear.until('BERTAAA 127.0.0.1:1114 waits');
    ear.heard.length = 0;
    anna.ask();
    await ear.until('BERTAAA 127.0.0.1:1114 waits');
    bert.tell(); // on its way while it closes
    await anna.close();
    await bert.close();
    anna.tell();
    anna.ask();
    await new Promise(setImmediate);
  });

  test('F24 a link that comes up later is told, too', onLoopback, async () => {
    const port = await freePort();
    const ear = new Ear();
    const anna = await open(port, ANNA, ear);
    const links: InterfaceAddress[] = [];
    const bert = await open(port, BERT, new Ear(), links);
    bert.tell();
    links.push(LOOPBACK);
    bert.tell();
    await ear.until('BERTAAA 127.0.0.1:1114 waits');
    await Promise.all([anna.close(), bert.close()]);
  });

  test(
    'F24 the packet names seven characters of the device ID, a port, and nothing else of the device',
    onLoopback,
    async () => {
      const port = await freePort();
      const socket = await member(port);
      const anna = await open(port, ANNA);
      anna.tell();
      const [packet] = (await once(socket, 'message')) as [Buffer];
      const readable = packet.toString('latin1').match(/[\x20-\x7e]{3,}/g) ?? [];
      for (const word of readable.filter((text) => text !== '')) {
        assert.match(word, /^(_lanfold|_tcp|local|.?ANNAAAA|.?id=ANNAAAA|v=1|.?lanfold-ANNAAAA)/, readable.join(' | '));
      }
      assert.equal(packet.readUInt16BE(0), 0, 'the ID of a multicast response is zero');
      await anna.close();
      socket.close();
    },
  );

  test(
    'F24 case J04: garbage, foreign services, port 0, tags that are none and a flood do no harm',
    onLoopback,
    async () => {
      const port = await freePort();
      const ear = new Ear();
      const anna = await open(port, ANNA, ear);
      const socket = await member(port);
      const send = (packet: Uint8Array): Promise<unknown> =>
        new Promise((resolve) => socket.send(packet, port, GROUP, resolve));
      const liars: Service[] = [
        { ...BERT, port: 0 },
        { ...BERT, tag: '../../x' },
        { ...BERT, tag: 'BERT' },
      ];
      for (const liar of liars) {
        const voice = await open(port, liar, new Ear());
        const told = once(socket, 'message');
        voice.tell();
        await told;
        await voice.close();
      }
      for (const bytes of [[], [0], Array<number>(12).fill(255), Array<number>(2_000).fill(0xc0)])
        await send(Uint8Array.from(bytes));
      for (let count = 0; count < 1_000; count++)
        await send(Uint8Array.of(0, 0, 0x84, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0xc0, 12));
      // A second later it hears again.
      const bert = await open(port, BERT);
      const again = setInterval(() => bert.tell(), 200);
      await ear.until('BERTAAA 127.0.0.1:1114 waits');
      clearInterval(again);
      assert.ok(
        ear.heard.every((line) => line.startsWith('ANNAAAA ') || line.startsWith('BERTAAA 127.0.0.1:1114')),
        ear.heard.join(),
      );
      socket.close();
      await Promise.all([anna.close(), bert.close()]);
    },
  );

  test(
    'F24 a port that another program keeps to itself, and links without multicast, only mean that nothing is heard',
    onLoopback,
    async () => {
      const port = await freePort();
      const holder = createSocket('udp4');
      holder.bind(port);
      await once(holder, 'listening');
      const alone = await open(port, ANNA);
      alone.tell();
      alone.ask();
      await alone.close();
      holder.close();
      const gone = await open(port, ANNA, new Ear(), [
        { interfaceName: 'gone0', address: '203.0.113.1', prefixLength: 24 },
      ]);
      gone.tell();
      await gone.close();
      await gone.close();
    },
  );
});
