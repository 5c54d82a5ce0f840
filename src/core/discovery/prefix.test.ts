import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directedBroadcast, isOnLink, isVirtualInterface, type InterfaceAddress } from './prefix.ts';

const own: InterfaceAddress[] = [
  { interfaceName: 'eth0', address: '10.20.33.7', prefixLength: 20 },
  { interfaceName: 'eth0', address: 'fe80::a', prefixLength: 64 },
  { interfaceName: 'wlan0', address: '192.168.1.5', prefixLength: 24 },
  { interfaceName: 'wlan0', address: '2001:db8:0:8::5', prefixLength: 61 },
  { interfaceName: 'ppp0', address: '10.99.0.1', prefixLength: 32 },
];

const rows: [address: string, onLink: boolean, interfaceName?: string][] = [
  ['10.20.32.1', true],
  ['10.20.47.254', true],
  ['10.20.48.1', false],
  ['10.20.31.255', false],
  ['10.20.47.255', false], // the broadcast address
  ['10.20.33.7', false], // the node itself
  ['10.99.0.1', false],
  ['10.99.0.2', false],
  ['192.168.1.77', true, 'wlan0'],
  ['192.168.1.77', false, 'eth0'],
  ['192.168.2.1', false],
  ['fe80::b%eth0', true, 'eth0'],
  ['fe80::b', false, 'wlan0'],
  ['2001:db8:0:f::1', true],
  ['2001:db8:0:10::1', false],
  ['::ffff:192.168.1.77', true],
  ['ff02::1', false],
  ['224.0.0.251', false],
  ['0.0.0.0', false],
  ['::', false],
  ['host.example', false],
];

test('F3 on the own link is what lies within a real prefix, not within an assumed /24', () => {
  for (const [address, onLink, interfaceName] of rows) {
    assert.equal(isOnLink(address, own, interfaceName), onLink, `${address} ${interfaceName ?? ''}`);
  }
});

test('F3 a prefix of no bits holds everyone', () => {
  const all = [{ interfaceName: 'eth0', address: '10.0.0.1', prefixLength: 0 }];
  assert.equal(isOnLink('203.0.113.9', all), true);
});

test('F3 everyone on a network is reached by the broadcast address of its real prefix', () => {
  const expected: [address: string, prefixLength: number, broadcast: string | undefined][] = [
    ['10.77.0.3', 24, '10.77.0.255'],
    ['10.77.0.3', 16, '10.77.255.255'],
    ['10.77.33.3', 20, '10.77.47.255'],
    ['10.77.0.3', 30, '10.77.0.3'],
    ['10.77.0.3', 31, undefined],
    ['10.77.0.3', 32, undefined],
    ['10.77.0.3', 0, '255.255.255.255'],
    ['fe80::1', 64, undefined],
  ];
  for (const [address, prefixLength, broadcast] of expected) {
    assert.equal(
      directedBroadcast({ interfaceName: 'eth0', address, prefixLength }),
      broadcast,
      `${address}/${prefixLength}`,
    );
  }
});

test('F4 interfaces of containers and tunnels are known by their names', () => {
  for (const name of [
    'docker0',
    'br-1a2b3c',
    'veth12',
    'virbr0',
    'vEthernet (WSL)',
    'utun3',
    'tun0',
    'wg0',
    'tailscale0',
    'zt5u4y',
  ]) {
    assert.equal(isVirtualInterface(name), true, name);
  }
  for (const name of ['eth0', 'en0', 'wlp3s0', 'br0', 'bond0', 'Ethernet', 'Wi-Fi', 'lan0']) {
    assert.equal(isVirtualInterface(name), false, name);
  }
});
