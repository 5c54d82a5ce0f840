import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InterfaceAddress } from './prefix.ts';
import { Vigil } from './vigil.ts';

const eth = (address: string, prefixLength = 24): InterfaceAddress => ({
  interfaceName: 'eth0',
  address,
  prefixLength,
});

test('F12 another own address, another prefix and one less are a new network; the same in another order is not', () => {
  const rows: [before: InterfaceAddress[], now: InterfaceAddress[], isNew: boolean, gone: string[]][] = [
    [[eth('10.0.0.1')], [eth('10.0.0.1')], false, []],
    [[eth('10.0.0.1'), eth('10.9.0.1')], [eth('10.9.0.1'), eth('10.0.0.1')], false, []],
    [[eth('10.0.0.1')], [eth('10.0.0.2')], true, ['10.0.0.1']],
    [[eth('10.0.0.1')], [eth('10.0.0.1', 16)], true, []],
    [[eth('10.0.0.1'), eth('10.9.0.1')], [eth('10.0.0.1')], true, ['10.9.0.1']],
    [[], [eth('10.0.0.1')], true, []],
  ];
  for (const [before, now, isNew, gone] of rows) {
    assert.deepEqual(new Vigil(before, 0).look(now, 2_000), { isNew, gone });
  }
});

test('F12 a look that comes much too late means that the machine has slept', () => {
  const vigil = new Vigil([], 0);
  const isNew = [2_000, 4_100, 11_000, 18_100, 20_000, 3_000].map((nowMs) => vigil.look([], nowMs).isNew);
  assert.deepEqual(isNew, [false, false, false, true, false, false]);
});
