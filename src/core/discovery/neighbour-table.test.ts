import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseArpAn, parseIpNeigh, parseNdpAn, parseProcNetArp, parseWindowsArp } from './neighbour-table.ts';

test('F5 Linux, IPv4: only complete entries count', () => {
  const text = `IP address       HW type     Flags       HW address            Mask     Device
10.77.0.2        0x1         0x2         52:54:00:12:35:02     *        eth0
10.77.0.9        0x1         0x0         00:00:00:00:00:00     *        eth0
10.77.0.7        0x1         0x6         52:54:00:12:35:07     *        wlan0
10.77.0.8        0x1         0x2         00:00:00:00:00:00     *        eth0
`;
  assert.deepEqual(parseProcNetArp(text), [
    { address: '10.77.0.2', interfaceName: 'eth0' },
    { address: '10.77.0.7', interfaceName: 'wlan0' },
  ]);
});

test('F5 Linux, both families: states in which an address is known', () => {
  const entry = (dst: string, state: string, lladdr = '52:54:00:12:35:02'): object => ({
    dst,
    dev: 'eth0',
    lladdr,
    state: [state],
  });
  const json = JSON.stringify([
    entry('fe80::2', 'REACHABLE'),
    entry('fe80::3', 'STALE'),
    entry('10.77.0.2', 'DELAY'),
    entry('fe80::4', 'PROBE'),
    entry('fe80::5', 'PERMANENT'),
    entry('fe80::6', 'FAILED'),
    entry('fe80::7', 'INCOMPLETE'),
    entry('ff02::16', 'NOARP', '33:33:00:00:00:16'),
    { dst: 'fe80::8', dev: 'eth0', state: ['STALE'] },
    { dst: 5 },
    null,
    7,
  ]);
  const addresses = parseIpNeigh(json).map((neighbour) => neighbour.address);
  assert.deepEqual(addresses, ['fe80::2', 'fe80::3', '10.77.0.2', 'fe80::4', 'fe80::5']);
  assert.equal(parseIpNeigh(json)[0]?.interfaceName, 'eth0');
  for (const broken of ['', '{', 'null', '{}', '[[]]']) assert.deepEqual(parseIpNeigh(broken), [], broken);
});

test('F5 macOS, IPv4', () => {
  const text = `? (192.168.1.1) at 0:1c:42:0:0:18 on en0 ifscope [ethernet]
? (192.168.1.7) at (incomplete) on en0 ifscope [ethernet]
? (192.168.1.255) at ff:ff:ff:ff:ff:ff on en0 ifscope [ethernet]
? (224.0.0.251) at 1:0:5e:0:0:fb on en0 ifscope permanent [ethernet]
box.local (10.0.0.5) at 52:54:0:12:35:2 on bridge100 permanent [bridge]
? (10.0.0.6) at 52:54:00:12:35:06 [ether] on eth0
`;
  assert.deepEqual(parseArpAn(text), [
    { address: '192.168.1.1', interfaceName: 'en0' },
    { address: '10.0.0.5', interfaceName: 'bridge100' },
    { address: '10.0.0.6', interfaceName: 'eth0' },
  ]);
});

test('F5 macOS, IPv6', () => {
  const text = `Neighbor                                Linklayer Address  Netif Expire    1s St Flgs Prbs
fe80::1%lo0                             (incomplete)         lo0 permanent R
fe80::10d8:7dff:fe4a:1%en0              12:d8:7d:4a:0:1      en0 23h59m58s S  R
2001:db8::5                             12:d8:7d:4a:0:2      en0 3s        R
`;
  assert.deepEqual(parseNdpAn(text), [
    { address: 'fe80::10d8:7dff:fe4a:1', interfaceName: 'en0' },
    { address: '2001:db8::5', interfaceName: 'en0' },
  ]);
});

test('F5 Windows, in any language', () => {
  const text = `\r
Schnittstelle: 192.168.1.5 --- 0xb\r
  Internetadresse       Physische Adresse     Typ\r
  192.168.1.1           00-1c-42-00-00-18     dynamisch\r
  192.168.1.255         ff-ff-ff-ff-ff-ff     statisch\r
  224.0.0.22            01-00-5e-00-00-16     statisch\r
`;
  assert.deepEqual(parseWindowsArp(text), [{ address: '192.168.1.1', interfaceName: undefined }]);
});

test('F5 no text makes a parser throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const parse of [parseProcNetArp, parseIpNeigh, parseArpAn, parseNdpAn, parseWindowsArp]) parse(text);
    }),
  );
});
