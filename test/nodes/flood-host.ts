/**
 * A nuisance on the link, for flood.test.ts: sends what it can to one host, says "sent", and holds its connections until its
 * standard input ends.
 *
 *   node flood-host.ts VICTIM DEVICE     DEVICE: text form of the ID of somebody whom the victim looks for
 * @module
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv4, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { parseDeviceId, deviceIdText } from '../../src/core/model/device-id.ts';
import { encodeAnnouncement } from '../../src/core/wire/announcement.ts';
import { MdnsServices } from '../../src/edges/net/mdns.ts';
import { systemInterfaces } from '../../src/edges/net/interfaces.ts';

const [victim = '', wantedText = ''] = process.argv.slice(2);
const ANNOUNCEMENTS = 10_000;
const HALF_OPEN = 1_000;
/** Sent in a row before the victim gets a turn: a burst that no socket has room for is lost before anybody reads it. */
const BURST = 250;
const PAUSE_MS = 10;
const LARGEST_DATAGRAM = 65_507;

const parsed = parseDeviceId(wantedText);
if (!parsed.ok) throw new Error('No device ID');
const wanted = parsed.device;
const own = systemInterfaces.list().filter(({ address }) => isIPv4(address));

/** Places that must never be dialled, beside some on the link where nobody is. */
function addressesOf(number: number): string[] {
  return [
    'tcp://203.0.113.9:1111',
    `tcp://198.51.${number % 100}.${number % 250}:22000`,
    'tcp://[2001:db8::9]:1111',
    'tcp://0.0.0.0:0',
    'tcp://0.0.0.0:99999',
    `tcp://0.0.0.0:${1 + ((number * 7) % 65_535)}`,
    `tcp://10.77.9.${1 + (number % 250)}:${1 + ((number * 13) % 65_535)}`,
  ];
}

async function announce(): Promise<void> {
  const socket = createSocket('udp4');
  for (let number = 0; number < ANNOUNCEMENTS; number++) {
    const id = number % 4 === 0 ? wanted : randomBytes(32);
    const instanceId = randomBytes(8).readBigInt64BE() & 0x7fff_ffff_ffff_ffffn;
    const packet =
      number % 100 === 1
        ? randomBytes(LARGEST_DATAGRAM)
        : encodeAnnouncement({ id, addresses: addressesOf(number), instanceId });
    socket.send(packet, 21_027, victim, () => {});
    if (number % BURST === 0) await delay(PAUSE_MS);
  }
  socket.close();
}

async function speakMdns(): Promise<void> {
  let tag = '';
  let port = 1;
  const voice = await new MdnsServices({ interfaces: { list: () => own.slice(0, 1) } }).open(
    () => ({ tag, port, isWaiting: port % 2 === 0 }),
    () => {},
  );
  for (let number = 0; number < ANNOUNCEMENTS; number++) {
    tag = deviceIdText(number % 4 === 0 ? wanted : randomBytes(32)).slice(0, 7);
    port = 1 + ((number * 7) % 65_535);
    voice.tell();
    if (number % BURST === 0) await delay(PAUSE_MS);
  }
  await voice.close();
}

async function openHalf(): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let number = 0; number < HALF_OPEN; number++) {
    const localAddress = own[number % own.length]?.address;
    const socket = connect({ host: victim, port: 1111, ...(localAddress === undefined ? {} : { localAddress }) });
    socket.on('error', () => {}).on('connect', () => number % 2 === 0 && socket.write(HELLO_BEGINS));
    sockets.push(socket.resume());
    if (number % BURST === 0) await turn();
  }
  return sockets;
}

/** The first bytes of a TLS hello that never goes on. */
const HELLO_BEGINS = Buffer.from('1603010200', 'hex');

const [sockets] = await Promise.all([openHalf(), announce(), speakMdns()]);
process.stdout.write('sent\n');
process.stdin.resume();
await once(process.stdin, 'end');
for (const socket of sockets) socket.destroy();
