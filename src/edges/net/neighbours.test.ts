import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '../../core/discovery/ip-address.ts';
import { systemInterfaces } from './interfaces.ts';
import { SystemNeighbourTable } from './neighbours.ts';

test('F5 the table of this machine is read, and never throws', async () => {
  const table = new SystemNeighbourTable();
  for (const { address } of [...(await table.read()), ...(await table.read())]) {
    assert.ok(parseIpAddress(address) !== undefined, address);
  }
});

test('F5 where the commands of a system are missing, the table is what can be read', async () => {
  for (const platform of ['aix', 'darwin', 'win32'] as const) {
    assert.ok(Array.isArray(await new SystemNeighbourTable(platform).read()));
  }
});

test('F3 the own addresses have real prefixes, and loopback is not among them', () => {
  for (const { address, prefixLength, interfaceName } of systemInterfaces.list()) {
    const bytes = parseIpAddress(address);
    assert.ok(
      bytes !== undefined && prefixLength >= 0 && prefixLength <= bytes.length * 8,
      `${interfaceName} ${address}`,
    );
    assert.ok(!address.startsWith('127.') && address !== '::1');
  }
});
