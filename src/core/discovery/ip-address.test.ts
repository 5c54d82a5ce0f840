import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIpAddress } from './ip-address.ts';

const rows: [text: string, bytes: number[] | undefined][] = [
  ['10.0.0.255', [10, 0, 0, 255]],
  ['10.0.0.256', undefined],
  ['10.0.0', undefined],
  ['010.0.0.1', undefined],
  ['10.0.0.1.1', undefined],
  ['', undefined],
  ['example', undefined],
  ['::', Array(16).fill(0)],
  ['fe80::1%eth0', [0xfe, 0x80, ...Array(13).fill(0), 1]],
  ['::ffff:10.0.0.1', [10, 0, 0, 1]],
  ['::ffff:a00:1', [10, 0, 0, 1]],
  ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ['1:2:3:4:5:6:7::', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]],
  ['1:2:3:4:5:6:7:8::', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1::2::3', undefined],
  [':::', undefined],
  ['12345::', undefined],
  ['g::', undefined],
  ['1.2.3.4::', undefined],
];

test('F1 addresses are read as bytes, and nothing else is', () => {
  for (const [text, bytes] of rows) {
    const parsed = parseIpAddress(text);
    assert.deepEqual(parsed === undefined ? undefined : [...parsed], bytes, text);
  }
});

test('F1 what is an address is what Node thinks it is', () => {
  const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[\da-f:.]{0,20}$/));
  fc.assert(
    fc.property(texts, (text) => {
      fc.pre(!text.includes('%'));
      assert.equal(parseIpAddress(text) !== undefined, isIP(text) !== 0);
    }),
  );
});
