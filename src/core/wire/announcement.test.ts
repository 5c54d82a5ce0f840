import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { announcedAddresses, decodeAnnouncement, encodeAnnouncement } from './announcement.ts';

const ID = new Uint8Array(32).fill(3);
const announced = (addresses: readonly string[], source: string): string[] =>
  announcedAddresses({ id: ID, addresses, instanceId: 1n }, source).map(({ host, port }) => `${host} ${port}`);

test('W50 an announcement is written and read, and its ID does not hold the packet', () => {
  const announcement = { id: ID, addresses: ['tcp://:22000'], instanceId: (1n << 63n) - 1n };
  const packet = encodeAnnouncement(announcement);
  const read = decodeAnnouncement(packet);
  packet.fill(0);
  deepEqual(read, announcement);
});

test('W51 what is no announcement is refused', () => {
  const packet = encodeAnnouncement({ id: ID, addresses: [], instanceId: 0n });
  throws(() => decodeAnnouncement(new Uint8Array(0)), { code: 'bad-magic' });
  throws(() => decodeAnnouncement(packet.subarray(0, 3)), { code: 'bad-magic' });
  throws(() => decodeAnnouncement(packet.with(0, 0x7d)), { code: 'bad-magic' });
  throws(() => decodeAnnouncement(packet.subarray(0, 4)), { code: 'bad-field' });
  throws(() => decodeAnnouncement(packet.subarray(0, 30)), { code: 'truncated' });
  throws(() => decodeAnnouncement(new Uint8Array(70_000)), { code: 'too-large' });
  const short = encodeAnnouncement({ id: ID.subarray(1), addresses: [], instanceId: 0n });
  throws(() => decodeAnnouncement(short), { code: 'bad-field' });
  const many = Array.from({ length: 257 }, (_, i) => `tcp://10.0.0.1:${i + 1}`);
  throws(() => decodeAnnouncement(encodeAnnouncement({ id: ID, addresses: many, instanceId: 0n })), {
    code: 'too-large',
  });
  const long = [`tcp://10.0.0.1/${'x'.repeat(2_100)}`];
  throws(() => decodeAnnouncement(encodeAnnouncement({ id: ID, addresses: long, instanceId: 0n })), {
    code: 'too-large',
  });
});

const rows: [rule: string, url: string, source: string, want: string | undefined][] = [
  ['W52 an address is dialled as it is', 'tcp://10.0.0.1:1111', '10.0.0.9', '10.0.0.1 1111'],
  ['W52 an IPv6 address loses its brackets', 'tcp://[fd00::1]:1111', '10.0.0.9', 'fd00::1 1111'],
  ['W52 a path and a query say nothing', 'tcp://10.0.0.1:1111/?x=y', '10.0.0.9', '10.0.0.1 1111'],
  ['W52 without a port it is 22000', 'tcp://10.0.0.1', '10.0.0.9', '10.0.0.1 22000'],
  ['W53 no host is the sender', 'tcp://:1111', '10.0.0.9', '10.0.0.9 1111'],
  ['W53 host 0.0.0.0 is the sender', 'tcp://0.0.0.0:1111', 'fe80::1%eth0', 'fe80::1%eth0 1111'],
  ['W53 host :: is the sender', 'tcp://[::]:1111', '10.0.0.9', '10.0.0.9 1111'],
  ['W53 a tcp4 heard over IPv4 is the sender', 'tcp4://0.0.0.0:1111', '10.0.0.9', '10.0.0.9 1111'],
  ['W53 a tcp4 heard over IPv6 is nobody', 'tcp4://0.0.0.0:1111', 'fe80::1%eth0', undefined],
  ['W53 a tcp6 heard over IPv4 is nobody', 'tcp6://[::]:1111', '10.0.0.9', undefined],
  ['W53 a tcp6 heard over IPv6 is the sender', 'tcp6://[::]:1111', 'fe80::1%eth0', 'fe80::1%eth0 1111'],
  ['W54 port 0 is nobody', 'tcp://0.0.0.0:0', '10.0.0.9', undefined],
  ['W54 port 65536 is nobody', 'tcp://10.0.0.1:65536', '10.0.0.9', undefined],
  ['W55 other protocols are left out', 'quic://10.0.0.1:22000', '10.0.0.9', undefined],
  ['W55 what is no URL is left out', '10.0.0.1:22000', '10.0.0.9', undefined],
  ['W55 an open bracket is left out', 'tcp://[fd00::1:22000', '10.0.0.9', undefined],
  ['W55 nonsense for a port is left out', 'tcp://10.0.0.1:x', '10.0.0.9', undefined],
  ['W56 host names are left out', 'tcp://example.net:22000', '10.0.0.9', undefined],
  ['W56 host names in brackets are left out', 'tcp://[a:example.net]:22000', '10.0.0.9', undefined],
  ['W56 what is no address is left out', 'tcp://[fd00::[1]:22000', '10.0.0.9', undefined],
  ['W56 what is no zone is left out', 'tcp://[fe80::1%[x]:22000', '10.0.0.9', undefined],
  ['W56 an address with a zone is left in', 'tcp://[fe80::1%eth0.7]:22000', '10.0.0.9', 'fe80::1%eth0.7 22000'],
  ['W56 groups are left out', 'tcp://239.1.2.3:22000', '10.0.0.9', undefined],
  ['W56 the address of all is left out', 'tcp://255.255.255.255:22000', '10.0.0.9', undefined],
  ['W56 IPv6 groups are left out', 'tcp://[ff02::1]:22000', '10.0.0.9', undefined],
  ['W56 this machine is left out', 'tcp://127.0.0.1:22', '10.0.0.9', undefined],
  ['W56 this machine is left out, in IPv6', 'tcp://[::1]:22', '10.0.0.9', undefined],
  ['W56 this machine may name itself', 'tcp://127.0.0.1:22000', '127.0.0.1', '127.0.0.1 22000'],
];
for (const [rule, url, source, want] of rows) {
  test(rule, () => deepEqual(announced([url], source), want === undefined ? [] : [want]));
}

test('W57 at most 16 addresses are tried, none twice', () => {
  const many = Array.from({ length: 60 }, (_, i) => `tcp://10.0.0.1:${(i >> 1) + 1}`);
  const found = announced(many, '10.0.0.9');
  equal(found.length, 16);
  equal(new Set(found).size, 16);
});
