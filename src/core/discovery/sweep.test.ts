import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InterfaceAddress } from './prefix.ts';
import { sweepBatches } from './sweep.ts';

const NO_HINTS = { remembered: [], neighbours: [] };

function own(address: string, prefixLength: number): InterfaceAddress {
  return { interfaceName: 'eth0', address, prefixLength };
}

function blocks(hosts: readonly string[]): string[] {
  return [...new Set(hosts.map((host) => host.slice(0, host.lastIndexOf('.'))))];
}

describe('whom a sweep resolves', () => {
  test('F18 of a real prefix every host but the node itself and those that are resolved already, at once', () => {
    const rows: [prefixLength: number, hosts: number][] = [
      [24, 253],
      [25, 125],
      [28, 13],
      [30, 1],
    ];
    for (const [prefixLength, count] of rows) {
      const [batch, ...others] = sweepBatches([own('10.0.0.2', prefixLength)], NO_HINTS);
      assert.equal(batch?.afterMs, 0);
      assert.equal(batch?.hosts.length, count, `/${prefixLength}`);
      assert.deepEqual(others, []);
      assert.ok(!batch?.hosts.includes('10.0.0.2') && !batch?.hosts.includes('10.0.0.0'));
    }
    const [batch] = sweepBatches([own('10.0.0.2', 28)], { remembered: [], neighbours: ['10.0.0.1', '10.0.0.5'] });
    assert.equal(batch?.hosts.length, 11);
    assert.deepEqual(sweepBatches([own('10.0.0.66', 26)], NO_HINTS)[0]?.hosts.slice(0, 2), ['10.0.0.65', '10.0.0.67']);
  });

  test('F18 up to a /22 all hosts, the own /24 first, at most 256 a second after it', () => {
    const batches = sweepBatches([own('10.0.5.9', 22)], NO_HINTS);
    assert.deepEqual(blocks(batches[0]?.hosts.slice(0, 253) ?? []), ['10.0.5']);
    const hosts = batches.flatMap((batch) => batch.hosts);
    assert.deepEqual(blocks(hosts).sort(), ['10.0.4', '10.0.5', '10.0.6', '10.0.7']);
    assert.equal(new Set(hosts).size, hosts.length);
    assert.ok(hosts.length > 1_000 && hosts.length <= 1_022, `${hosts.length}`);
    for (const { afterMs } of batches) {
      // Unresolved entries live for 3 s.
      const unresolved = batches.filter((other) => other.afterMs <= afterMs && other.afterMs > afterMs - 3_000);
      assert.ok(unresolved.flatMap((batch) => batch.hosts).length <= 768);
    }
  });

  test('F18 of a larger prefix only the own /24 and those of remembered peers and neighbours', () => {
    const hints = { remembered: ['10.0.77.3', '192.168.1.1', 'fe80::1'], neighbours: ['10.0.9.4'] };
    const hosts = sweepBatches([own('10.0.3.1', 16)], hints).flatMap((batch) => batch.hosts);
    assert.deepEqual(blocks(hosts), ['10.0.3', '10.0.77', '10.0.9']);
    const many = Array.from({ length: 200 }, (_, index) => `10.0.${index + 4}.1`);
    const crowd = sweepBatches([own('10.0.3.1', 16)], { remembered: [], neighbours: many });
    assert.ok(crowd.flatMap((batch) => batch.hosts).length <= 1_022, 'whoever forges neighbours gains nothing');
  });

  test('F18 nobody is swept over IPv6 or on point-to-point links', () => {
    const links = [own('fe80::1', 64), own('10.0.0.1', 31), own('10.0.0.1', 32)];
    assert.deepEqual(sweepBatches(links, NO_HINTS), []);
  });

  test('F18 two links share one pace', () => {
    const batches = sweepBatches([own('10.0.0.1', 24), { ...own('10.9.0.1', 24), interfaceName: 'eth1' }], NO_HINTS);
    assert.equal(batches[0]?.hosts.length, 254);
    assert.deepEqual(
      batches.slice(1).map(({ afterMs }) => afterMs),
      [1_000, 1_250, 1_500, 1_750],
    );
  });
});
