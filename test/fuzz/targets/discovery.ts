/**
 * What anybody on the link can send, and what the system prints of its neighbours.
 * @module
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import fc from 'fast-check';
import makeMdns from 'multicast-dns';
import { parseIpAddress, plainHost } from '../../../src/core/discovery/ip-address.ts';
import {
  parseArpAn,
  parseIpNeigh,
  parseNdpAn,
  parseProcNetArp,
  parseWindowsArp,
  type Neighbour,
} from '../../../src/core/discovery/neighbour-table.ts';
import { isOnLink, staysOnLink } from '../../../src/core/discovery/prefix.ts';
import { Remembered } from '../../../src/core/discovery/remembered.ts';
import { announcedAddresses, decodeAnnouncement, encodeAnnouncement } from '../../../src/core/wire/announcement.ts';
import { WireError } from '../../../src/core/wire/wire-error.ts';
import { concernsUs, isQuestionForUs, QUESTION, recordsOf, servicesIn } from '../../../src/edges/net/mdns-packet.ts';
import type { Service } from '../../../src/ports/discovery.ts';
import { ANNOUNCEMENT } from '../../golden/captured.ts';
import { asText, hold, holdSame, unless, utf8, type Target } from '../engine/target.ts';
import { joined, message } from './protobuf.ts';

const KIB = 1024;
const OWN = [{ interfaceName: 'eth0', address: '10.0.0.1', prefixLength: 24 }];
const MAGIC = ANNOUNCEMENT.subarray(0, 4);

const announcement: Target = {
  name: 'announcement',
  title:
    'W19 W51 W57 F19 case J04: whatever datagram comes, it is dropped, or names a device and at most sixteen places that can be dialled',
  run(bytes) {
    const read = unless(WireError, () => decodeAnnouncement(bytes));
    if (read === undefined) return;
    hold(read.id.length === 32, 'it names a device');
    holdSame(decodeAnnouncement(encodeAnnouncement(read)), read, 'what was written is read as it was meant');
    for (const source of ['10.0.0.7', 'fe80::7%eth0']) {
      const places = announcedAddresses(read, source);
      hold(places.length <= 16, 'few places');
      for (const { host, port } of places) {
        hold(port > 0 && port <= 65_535, 'a port is one');
        staysOnLink(host, OWN);
      }
    }
  },
  seeds: () => [
    ANNOUNCEMENT,
    encodeAnnouncement({
      id: ANNOUNCEMENT.subarray(6, 38),
      addresses: ['tcp6://[fe80::1%eth0]:1111/?x=1#y', 'quic://:1'],
      instanceId: -1n,
    }),
  ],
  shaped: message(1).map((body) => joined(MAGIC, body)),
  words: ['tcp://', 'tcp4://', '[', ']', '::', '%', ':65535', '255.255.255.255', '?', '\n', '\u2028'],
  rooms: ['/src/core/wire/', '/src/core/discovery/'],
  bytesMax: 65_507,
};

class QuietSocket extends EventEmitter {
  readonly sent: Buffer[] = [];
  send(packet: Buffer): void {
    this.sent.push(packet);
  }
}

/** The package as the product has it, on a socket that goes nowhere. */
const wire = new QuietSocket();
const mdns = makeMdns({
  socket: wire as unknown as Socket,
  bind: false,
  multicast: false,
  ip: '224.0.0.251',
  port: 5353,
});
let heard: Service[] = [];
mdns.on('warning', () => {});
mdns.on('query', (query) => void isQuestionForUs(query));
mdns.on('response', (response) => heard.push(...servicesIn(response)));

const TAG = 'ABCDEF2';
function packets(): Uint8Array[] {
  wire.sent.length = 0;
  mdns.query({ questions: [QUESTION] });
  mdns.respond({ answers: recordsOf({ tag: TAG, port: 1111, isWaiting: true }) });
  mdns.respond({
    answers: [
      { type: 'A', name: 'x._lanfold._tcp.local', data: '10.0.0.1' },
      { type: 'TXT', name: 'x', data: [] },
      { type: 'HINFO', name: 'x', data: { cpu: 'a', os: 'b' } },
    ],
    additionals: recordsOf({ tag: TAG, port: 1, isWaiting: false }),
  });
  return wire.sent.map((packet) => Uint8Array.from(packet));
}

/** A head that counts, and records whose names are labels and pointers to anywhere. */
const records = fc
  .tuple(
    fc.constantFrom(0, 0x8400),
    fc.array(
      fc.tuple(
        fc.oneof(
          fc.constantFrom(
            '085f6c616e666f6c64045f746370056c6f63616c00',
            '07414243444546320c5f',
            '00',
            'c00c',
            'c00d',
            'c01a',
          ),
          fc.integer({ min: 0, max: 0x3fff }).map((to) => (0xc000 | to).toString(16)),
        ),
        fc.constantFrom(1, 2, 5, 12, 13, 16, 28, 33, 41, 46, 47, 50, 255),
        fc.uint8Array({ maxLength: 30 }),
      ),
      { minLength: 1, maxLength: 70 },
    ),
  )
  .map(([flags, rows]) => {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(flags, 2);
    head.writeUInt16BE(rows.length, 6);
    const body = rows.map(([name, type, data]) => {
      const tail = Buffer.alloc(10);
      tail.writeUInt16BE(type, 0);
      tail.writeUInt16BE(1, 2);
      tail.writeUInt32BE(120, 4);
      tail.writeUInt16BE(data.length, 8);
      return Buffer.concat([Buffer.from(name, 'hex'), tail, data]);
    });
    return joined(head, ...body, Buffer.from('085f6c616e666f6c64', 'hex'));
  });

const multicastDns: Target = {
  name: 'mdns-packet',
  title:
    'F24 case J04: whatever packet of multicast DNS comes, it is dropped, or tells of services with a tag and a port',
  run(bytes) {
    heard = [];
    const packet = Buffer.from(bytes);
    if (concernsUs(packet)) wire.emit('message', packet, { address: '10.0.0.7', port: 5353 });
    for (const { tag, port } of heard)
      hold(/^[A-Z2-7]{7}$/.test(tag) && port > 0 && port <= 65_535, 'a service is one');
  },
  seeds: packets,
  shaped: records,
  words: ['_lanfold', '_tcp', 'local', `id=${TAG}`, 'p=1', '\u00c0\u000c'],
  rooms: ['/src/edges/net/mdns-packet.ts', '/dns-packet/', '/multicast-dns/'],
  bytesMax: 9_000,
};

const TABLES: Readonly<Record<string, { read: (text: string) => Neighbour[]; good: string }>> = {
  'proc-net-arp': {
    read: parseProcNetArp,
    good: `IP address       HW type     Flags       HW address            Mask     Device
192.168.1.20     0x1         0x2         aa:bb:cc:dd:ee:0f     *        wlan0
192.168.1.21     0x1         0x0         00:00:00:00:00:00     *        wlan0
`,
  },
  'ip-neigh': {
    read: parseIpNeigh,
    good: '[{"dst":"fe80::1","dev":"eth0","lladdr":"02:42:ac:11:00:02","router":null,"state":["REACHABLE"]},{"dst":"10.0.0.9","dev":"eth0","state":["FAILED"]}]',
  },
  'arp-an': {
    read: parseArpAn,
    good: '? (192.168.1.20) at aa:bb:cc:dd:ee:f on en0 ifscope [ethernet]\n? (10.0.0.3) at (incomplete) on en0\n',
  },
  'ndp-an': {
    read: parseNdpAn,
    good: 'Neighbor Linklayer Address Netif Expire\nfe80::1%en0 aa:bb:cc:dd:ee:f en0 23h S R\n',
  },
  'windows-arp': {
    read: parseWindowsArp,
    good: 'Interface: 10.0.0.1 --- 0x5\n  10.0.0.20   aa-bb-cc-dd-ee-0f   dynamic\n',
  },
};

const tables = Object.entries(TABLES).map(([name, { read, good }]): Target => ({
  name: `neighbours-${name}`,
  title: `F5 F13 whatever stands in the table of ${name}, what is read of it are addresses`,
  run(bytes) {
    for (const { address, interfaceName } of read(asText(bytes))) {
      hold(isIP(address) !== 0, 'an address is what Node thinks it is');
      isOnLink(address, OWN, interfaceName);
    }
  },
  seeds: () => [utf8(good)],
  words: ['0x2', '::', '%', '%eth0', '10.0.0.2', 'ff:ff:ff:ff:ff:ff', '\\n', '\n', '(', ')', ' at ', ' on ', '[', '{'],
  rooms: ['/src/core/discovery/'],
  bytesMax: 64 * KIB,
}));

const address: Target = {
  name: 'ip-address',
  title: 'F1 whatever text comes, what is an address is what Node thinks it is',
  run(bytes) {
    const text = asText(bytes);
    const read = parseIpAddress(text);
    const [bare = ''] = text.split('%');
    holdSame(read !== undefined, isIP(bare) !== 0, 'Node thinks the same');
    if (read !== undefined) holdSame(parseIpAddress(plainHost(bare)), read, 'the plain form is the same address');
  },
  seeds: () => ['10.0.0.1', '::ffff:10.0.0.1', 'fe80::1%eth0', '1:2:3:4:5:6:7:8', '::', '1::8'].map(utf8),
  shaped: fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended()).map(utf8),
  words: [':', '::', '0', 'ffff', '.', '%', '255'],
  rooms: ['/src/core/discovery/ip-address.ts'],
  bytesMax: 16 * KIB,
};

const remembered: Target = {
  name: 'remembered-places',
  title: 'F17 whatever stands in the file of remembered places, what is read of it is printed and read alike',
  run(bytes) {
    const read = Remembered.parse(asText(bytes)).print();
    holdSame(Remembered.parse(read).print(), read, 'what was printed is read as it was meant');
  },
  seeds: () =>
    ['{"ABC":[{"host":"10.0.0.1","port":1111},{"host":"fe80::1%eth0","port":22000}],"__proto__":[]}'].map(utf8),
  shaped: fc.json().map(utf8),
  words: ['"__proto__"', '{"host":"10.0.0.2","port":1}', '[', ']', '{', '}', ',', '1e999'],
  rooms: ['/src/core/discovery/remembered.ts', '/src/core/discovery/ip-address.ts'],
  bytesMax: 64 * KIB,
};

export const DISCOVERY_TARGETS: readonly Target[] = [announcement, multicastDns, ...tables, address, remembered];
